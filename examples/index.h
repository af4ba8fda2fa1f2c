/* The inverted index: for each word, the documents that have it. */
#ifndef DOCINDEX_INDEX_H
#define DOCINDEX_INDEX_H

#include "examples/corpus.h"
#include <stddef.h>
#include <stdint.h>

struct posting {
    uint32_t document; /* ascending within a term */
    uint32_t times;    /* how often the word occurs there */
    uint32_t first;    /* byte offset of its first occurrence */
};

struct term {
    char *word; /* lower case */
    struct posting *postings;
    uint32_t count, capacity;
};

struct index {
    struct term **slots; /* open addressing, a power of two */
    size_t slot_count, terms;
};

struct index *index_build(const struct corpus *corpus);
void index_free(struct index *index);

/* NULL if no document has the word. */
const struct term *index_find(const struct index *index, const char *word);

/* Documents that have both words, the best first. */
#define HITS_MAX 10
struct hit {
    uint32_t document, first;
    uint64_t score;
};
size_t index_search(const struct term *a, const struct term *b, struct hit hits[HITS_MAX]);

#endif

/* The documents: text files below a directory, held in memory. */
#ifndef DOCINDEX_CORPUS_H
#define DOCINDEX_CORPUS_H

#include <stddef.h>

struct document {
    char *name;   /* path */
    char *text;   /* NUL-terminated */
    size_t bytes; /* without the NUL */
};

struct corpus {
    struct document *documents;
    size_t count, capacity;
    size_t bytes, most_bytes; /* stop reading at most_bytes */
};

/* Adds the text files below `directory`; links, binary and compressed files are skipped,
 * and so is what cannot be read. */
void corpus_add_directory(struct corpus *corpus, const char *directory);

/* Adds one document from memory. */
void corpus_add_text(struct corpus *corpus, const char *name, const char *text);

void corpus_free(struct corpus *corpus);

#endif

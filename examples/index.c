#include "examples/index.h"
#include "examples/memory.h"
#include <ctype.h>
#include <stdbool.h>

#define WORD_MIN 3
#define WORD_MAX 24

static uint64_t hash_word(const char *word, size_t bytes) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ (unsigned char)word[i]) * 0x100000001b3u;
    return hash ^ (hash >> 32);
}

/* The slot that holds the word, or the empty one where it belongs. */
static struct term **find_slot(const struct index *index, const char *word, size_t bytes) {
    size_t at = hash_word(word, bytes) & (index->slot_count - 1);
    for (;; at = (at + 1) & (index->slot_count - 1)) {
        struct term *term = index->slots[at];
        if (term == NULL ||
            (strncmp(term->word, word, bytes) == 0 && term->word[bytes] == '\0'))
            return &index->slots[at];
    }
}

static struct term **allocate_slots(size_t count) {
    return must_have(calloc(count, sizeof(struct term *)));
}

static void grow_table(struct index *index) {
    struct index larger = {.slot_count = index->slot_count * 2, .terms = index->terms};
    larger.slots = allocate_slots(larger.slot_count);
    for (size_t i = 0; i < index->slot_count; i++) {
        struct term *term = index->slots[i];
        if (term != NULL)
            *find_slot(&larger, term->word, strlen(term->word)) = term;
    }
    free(index->slots);
    *index = larger;
}

static struct term *intern_term(struct index *index, const char *word, size_t bytes) {
    if (index->terms * 2 >= index->slot_count)
        grow_table(index);
    struct term **slot = find_slot(index, word, bytes);
    if (*slot == NULL) {
        struct term *term = must_allocate(sizeof *term);
        *term = (struct term){.word = must_copy(word, bytes)};
        *slot = term;
        index->terms++;
    }
    return *slot;
}

static void add_posting(struct term *term, uint32_t document, uint32_t offset) {
    if (term->count != 0 && term->postings[term->count - 1].document == document) {
        term->postings[term->count - 1].times++;
        return;
    }
    if (term->count == term->capacity) {
        term->capacity = term->capacity != 0 ? term->capacity * 2 : 2;
        term->postings =
            must_resize(term->postings, term->capacity * sizeof *term->postings);
    }
    term->postings[term->count++] =
        (struct posting){.document = document, .times = 1, .first = offset};
}

static void index_document(struct index *index, const struct document *document,
                           uint32_t number) {
    const char *text = document->text;
    char word[WORD_MAX + 1];
    size_t length = 0;
    for (size_t i = 0; i <= document->bytes; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (isalpha(byte)) {
            if (length < WORD_MAX)
                word[length] = (char)tolower(byte);
            length++;
            continue;
        }
        if (length >= WORD_MIN && length <= WORD_MAX)
            add_posting(intern_term(index, word, length), number, (uint32_t)(i - length));
        length = 0;
    }
}

struct index *index_build(const struct corpus *corpus) {
    struct index *index = must_allocate(sizeof *index);
    *index = (struct index){.slot_count = 1024};
    index->slots = allocate_slots(index->slot_count);
    for (size_t i = 0; i < corpus->count; i++)
        index_document(index, &corpus->documents[i], (uint32_t)i);
    return index;
}

void index_free(struct index *index) {
    for (size_t i = 0; i < index->slot_count; i++) {
        struct term *term = index->slots[i];
        if (term != NULL) {
            free(term->postings);
            free(term->word);
            free(term);
        }
    }
    free(index->slots);
    free(index);
}

const struct term *index_find(const struct index *index, const char *word) {
    return *find_slot(index, word, strlen(word));
}

static size_t insert_hit(struct hit hits[HITS_MAX], size_t count, struct hit hit) {
    size_t at = count;
    while (at > 0 && hits[at - 1].score < hit.score)
        at--;
    if (at == HITS_MAX)
        return count;
    size_t kept = count < HITS_MAX ? count : HITS_MAX - 1;
    memmove(&hits[at + 1], &hits[at], (kept - at) * sizeof *hits);
    hits[at] = hit;
    return kept + 1;
}

size_t index_search(const struct term *a, const struct term *b, struct hit hits[HITS_MAX]) {
    size_t count = 0;
    for (uint32_t i = 0, j = 0; i < a->count && j < b->count;) {
        const struct posting *left = &a->postings[i], *right = &b->postings[j];
        if (left->document < right->document) {
            i++;
        } else if (left->document > right->document) {
            j++;
        } else {
            struct hit hit = {.document = left->document,
                              .first = left->first,
                              .score = (uint64_t)left->times * right->times};
            count = insert_hit(hits, count, hit);
            i++;
            j++;
        }
    }
    return count;
}

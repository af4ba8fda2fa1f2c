/*
 * docindex: searches the text files of a machine's documentation.
 *
 *     docindex [DIRECTORY …]
 *
 * It builds an inverted index and answers a long series of two-word queries, as a search
 * service would, with a cache in front. It is here to have its memory looked at: the cache
 * has a slow leak (examples/cache.c), small beside the index and growing with every query.
 */
#include "examples/cache.h"
#include "examples/corpus.h"
#include "examples/index.h"
#include "examples/memory.h"
#include <stdio.h>

#define MOST_BYTES      (12u * 1024 * 1024)
#define QUERIES         400000u
#define CACHED_ANSWERS  800u
#define POPULAR_WORDS   120u
#define LONGEST_SNIPPET 160u

static const char *const usual_places[] = {"/usr/share/common-licenses", "/usr/share/doc",
                                           "/usr/share/man", "/usr/include"};

static const char sample_text[] =
    "A search index maps every word to the documents that have it. The cache in front "
    "keeps the latest answers, and an answer that is dropped has to give back all of its "
    "memory, or a service that answers many queries a day grows until somebody looks.\n";

/* The same series in every run. */
static uint32_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static void gather_documents(struct corpus *corpus, int count, char **directories) {
    for (int i = 0; i < count; i++)
        corpus_add_directory(corpus, directories[i]);
    for (size_t i = 0; count == 0 && i < sizeof usual_places / sizeof *usual_places; i++)
        corpus_add_directory(corpus, usual_places[i]);
    if (corpus->count == 0)
        corpus_add_text(corpus, "the built-in sample", sample_text);
}

static int by_documents(const void *left, const void *right) {
    const struct term *a = *(const struct term *const *)left;
    const struct term *b = *(const struct term *const *)right;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return strcmp(a->word, b->word);
}

/* The words that most documents have; the caller frees the list. */
static const struct term **popular_terms(const struct index *index, size_t *count) {
    const struct term **terms = must_allocate((index->terms + 1) * sizeof *terms);
    size_t used = 0;
    for (size_t i = 0; i < index->slot_count; i++)
        if (index->slots[i] != NULL)
            terms[used++] = index->slots[i];
    qsort(terms, used, sizeof *terms, by_documents);
    *count = used < POPULAR_WORDS ? used : POPULAR_WORDS;
    return terms;
}

static size_t line_length(const char *line) {
    size_t length = strcspn(line, "\n");
    return length < LONGEST_SNIPPET ? length : LONGEST_SNIPPET;
}

static const struct answer *answer_query(struct cache *cache, const struct index *index,
                                         const struct corpus *corpus, const char *first,
                                         const char *second) {
    struct hit hits[HITS_MAX];
    char *query;
    if (asprintf(&query, "%s %s", first, second) < 0)
        abort();
    const struct answer *answer = cache_get(cache, query);
    if (answer == NULL) {
        size_t count =
            index_search(index_find(index, first), index_find(index, second), hits);
        const char *line =
            count != 0 ? corpus->documents[hits[0].document].text + hits[0].first : "";
        answer = cache_put(cache, query, hits, count, line, line_length(line));
    }
    free(query);
    return answer;
}

/* The least of three draws: some words are asked for far more often than others. */
static const struct term *draw_term(const struct term **terms, size_t count,
                                    uint64_t *random) {
    size_t least = count - 1;
    for (int draw = 0; draw < 3; draw++) {
        size_t at = next_random(random) % count;
        least = at < least ? at : least;
    }
    return terms[least];
}

/* Returns how many queries had an answer. */
static size_t run_queries(struct cache *cache, const struct index *index,
                          const struct corpus *corpus) {
    size_t count, answered = 0;
    const struct term **terms = popular_terms(index, &count);
    uint64_t random = 42;
    for (unsigned i = 0; count != 0 && i < QUERIES; i++) {
        const char *first = draw_term(terms, count, &random)->word;
        const char *second = draw_term(terms, count, &random)->word;
        const struct answer *answer = answer_query(cache, index, corpus, first, second);
        answered += answer->hit_count != 0;
    }
    free(terms);
    return answered;
}

int main(int argc, char **argv) {
    struct corpus corpus = {.most_bytes = MOST_BYTES};
    gather_documents(&corpus, argc - 1, argv + 1);
    struct index *index = index_build(&corpus);
    printf("docindex: %zu documents, %zu KiB of text, %zu words\n", corpus.count,
           corpus.bytes / 1024, index->terms);

    struct cache *cache = cache_new(CACHED_ANSWERS);
    size_t answered = run_queries(cache, index, &corpus);
    printf("docindex: %u queries, %zu answered, %zu answers left the cache\n", QUERIES,
           answered, cache->evictions);

    cache_free(cache);
    index_free(index);
    corpus_free(&corpus);
    return 0;
}

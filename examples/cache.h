/* Answers to the latest queries, least recently used out first. */
#ifndef DOCINDEX_CACHE_H
#define DOCINDEX_CACHE_H

#include "examples/index.h"
#include <stddef.h>

struct answer {
    char *query;
    char *snippet; /* the line that the best document has the word in; NULL: no hit */
    struct hit *hits;
    size_t hit_count;
    struct answer *next_in_bucket, *newer, *older;
};

struct cache {
    struct answer **buckets;
    size_t bucket_count; /* a power of two */
    size_t count, most;
    struct answer *newest, *oldest;
    size_t evictions;
};

struct cache *cache_new(size_t most);
void cache_free(struct cache *cache);

/* The answer to the query, now the most recently used, or NULL. */
const struct answer *cache_get(struct cache *cache, const char *query);

/* Takes a copy of everything; makes room first. */
const struct answer *cache_put(struct cache *cache, const char *query,
                               const struct hit *hits, size_t hit_count, const char *line,
                               size_t line_bytes);

#endif

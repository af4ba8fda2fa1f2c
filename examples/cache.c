#include "examples/cache.h"
#include "examples/memory.h"

static struct answer **bucket_of(const struct cache *cache, const char *query) {
    size_t hash = 5381;
    for (const char *at = query; *at != '\0'; at++)
        hash = hash * 33 + (unsigned char)*at;
    return &cache->buckets[hash & (cache->bucket_count - 1)];
}

struct cache *cache_new(size_t most) {
    struct cache *cache = must_allocate(sizeof *cache);
    *cache = (struct cache){.most = most, .bucket_count = 4096};
    cache->buckets = must_have(calloc(cache->bucket_count, sizeof(struct answer *)));
    return cache;
}

static void unlink_by_age(struct cache *cache, struct answer *answer) {
    *(answer->newer != NULL ? &answer->newer->older : &cache->newest) = answer->older;
    *(answer->older != NULL ? &answer->older->newer : &cache->oldest) = answer->newer;
}

static void link_newest(struct cache *cache, struct answer *answer) {
    answer->newer = NULL;
    answer->older = cache->newest;
    *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = answer;
    cache->newest = answer;
}

static void unlink_from_bucket(struct cache *cache, struct answer *answer) {
    struct answer **at = bucket_of(cache, answer->query);
    while (*at != answer)
        at = &(*at)->next_in_bucket;
    *at = answer->next_in_bucket;
}

/* The planted leak: the snippet stays behind. `mtalloc report` shows where it came from,
 * copy_snippet() below; the line missing here is free(oldest->snippet). */
static void evict_oldest(struct cache *cache) {
    struct answer *oldest = cache->oldest;
    unlink_by_age(cache, oldest);
    unlink_from_bucket(cache, oldest);
    free(oldest->query);
    free(oldest->hits);
    free(oldest);
    cache->count--;
    cache->evictions++;
}

const struct answer *cache_get(struct cache *cache, const char *query) {
    struct answer *answer = *bucket_of(cache, query);
    while (answer != NULL && strcmp(answer->query, query) != 0)
        answer = answer->next_in_bucket;
    if (answer != NULL && answer != cache->newest) {
        unlink_by_age(cache, answer);
        link_newest(cache, answer);
    }
    return answer;
}

static char *copy_snippet(const char *line, size_t bytes) {
    char *snippet = malloc(bytes + 1);
    must_have(snippet);
    memcpy(snippet, line, bytes);
    snippet[bytes] = '\0';
    return snippet;
}

const struct answer *cache_put(struct cache *cache, const char *query,
                               const struct hit *hits, size_t hit_count, const char *line,
                               size_t line_bytes) {
    if (cache->count == cache->most)
        evict_oldest(cache);
    struct answer *answer = must_allocate(sizeof *answer);
    *answer = (struct answer){.query = must_copy(query, strlen(query))};
    if (hit_count > 0) {
        answer->snippet = copy_snippet(line, line_bytes);
        answer->hits = must_allocate(hit_count * sizeof *hits);
        memcpy(answer->hits, hits, hit_count * sizeof *hits);
        answer->hit_count = hit_count;
    }
    struct answer **bucket = bucket_of(cache, query);
    answer->next_in_bucket = *bucket;
    *bucket = answer;
    link_newest(cache, answer);
    cache->count++;
    return answer;
}

void cache_free(struct cache *cache) {
    struct answer *answer = cache->newest;
    while (answer != NULL) {
        struct answer *older = answer->older;
        free(answer->query);
        free(answer->snippet);
        free(answer->hits);
        free(answer);
        answer = older;
    }
    free(cache->buckets);
    free(cache);
}

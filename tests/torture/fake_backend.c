/*
 * An allocator in jemalloc's place that fails the call it is told to: blocks of powers of
 * two from one array, filled when they end, so that stale contents are seen.
 */
#include "torture/fake_backend.h"

#include "alloc/backend.h"
#include <stdint.h>
#include <string.h>

#define ARENA_BYTES ((size_t)64 << 20)
#define CLASSES     26

static _Alignas(1 << 16) char arena[ARENA_BYTES];
static size_t used;
static struct free_block { struct free_block *next; } * unused_blocks[CLASSES];

unsigned long fake_calls, fake_fail_at, fake_live, fake_live_bytes, fake_wrong;

static unsigned class_of(size_t bytes, int flags) {
    unsigned log2 = 4, alignment = (unsigned)flags & MT_BACKEND_ALIGNMENT;
    if (log2 < alignment)
        log2 = alignment;
    while (((size_t)1 << log2) < bytes)
        log2++;
    return log2;
}

static void *take(size_t bytes, int flags) {
    if (++fake_calls == fake_fail_at || bytes > ARENA_BYTES / 4)
        return NULL;
    unsigned log2 = class_of(bytes, flags);
    size_t size = (size_t)1 << log2;
    char *at = (char *)unused_blocks[log2];
    if (at) {
        unused_blocks[log2] = unused_blocks[log2]->next;
    } else {
        size_t from = (used + size - 1) & ~(size - 1);
        if (size > ARENA_BYTES - from)
            return NULL;
        at = arena + from;
        used = from + size;
    }
    memset(at, flags & MT_BACKEND_ZERO ? 0 : 0xd7, size);
    fake_live++;
    fake_live_bytes += size;
    return at;
}

static void give(void *at, size_t bytes, int flags) {
    unsigned log2 = class_of(bytes, flags);
    if (!at || (uintptr_t)at & ((((size_t)1 << log2) - 1) & 0xffff))
        fake_wrong++;
    memset(at, 0xdd, (size_t)1 << log2);
    ((struct free_block *)at)->next = unused_blocks[log2];
    unused_blocks[log2] = at;
    fake_live--;
    fake_live_bytes -= (size_t)1 << log2;
}

void mt_backend_start(const char *conf) {
    (void)conf;
}
void *mt_je_malloc(size_t bytes) {
    return take(bytes, 0);
}
void *mt_je_calloc(size_t count, size_t bytes) {
    return take(count * bytes, MT_BACKEND_ZERO);
}
void mt_je_sdallocx(void *at, size_t bytes, int flags) {
    give(at, bytes, flags);
}
void *mt_backend_allocate(size_t bytes, int flags) {
    return take(bytes, flags);
}
bool mt_backend_resize(void *at, size_t old, size_t bytes, int flags) {
    (void)at;
    return class_of(old, flags) == class_of(bytes, flags);
}
size_t mt_backend_class(size_t bytes, int flags) {
    return (size_t)1 << class_of(bytes, flags);
}
void mt_backend_refresh_figures(void) {}

/* What only `off` and jemalloc's own interface call: none of it is used here. */
#define NEVER(declaration)                                                                 \
    declaration;                                                                           \
    declaration {                                                                          \
        __builtin_trap();                                                                  \
    }
#pragma GCC diagnostic ignored "-Wunused-parameter"
NEVER(void *mt_plain_malloc(size_t bytes))
NEVER(void *mt_plain_calloc(size_t count, size_t bytes))
NEVER(void *mt_plain_realloc(void *at, size_t bytes))
NEVER(void *mt_plain_memalign(size_t alignment, size_t bytes))
NEVER(void mt_plain_free(void *at))
NEVER(void mt_plain_sized_free(void *at, size_t bytes, int flags))
NEVER(size_t mt_plain_usable(const void *at))
NEVER(void *mt_plain_mallocx(size_t bytes, int flags))
NEVER(void *mt_plain_rallocx(void *at, size_t bytes, int flags))
NEVER(size_t mt_plain_xallocx(void *at, size_t bytes, size_t extra, int flags))
NEVER(size_t mt_plain_nallocx(size_t bytes, int flags))
NEVER(int mt_je_mallctl(const char *name, void *old, size_t *length, void *value, size_t n))
NEVER(int mt_je_mallctlbymib(const size_t *mib, size_t depth, void *old, size_t *length,
                             void *value, size_t n))
NEVER(int mt_je_mallctlnametomib(const char *name, size_t *mib, size_t *depth))
NEVER(void mt_je_malloc_stats_print(void (*write)(void *, const char *), void *context,
                                    const char *options))

/*
 * jemalloc's non-standard API, so that programs linked against jemalloc reach our blocks.
 * Its header (jemalloc.h, version 5.3) documents each call; sizes are requested bytes, so
 * that nallocx(n) == sallocx(mallocx(n)) == n.
 */
#include "alloc/block.h"

#include <errno.h>

#define LOG2_ALIGNMENT(flags) ((unsigned)(flags)&MT_BACKEND_ALIGNMENT)
#define OTHER(flags)          ((flags) & ~MT_BACKEND_ALIGNMENT)

int mt_je_mallctl(const char *, void *, size_t *, void *, size_t);
int mt_je_mallctlbymib(const size_t *, size_t, void *, size_t *, void *, size_t);
int mt_je_mallctlnametomib(const char *, size_t *, size_t *);
void mt_je_malloc_stats_print(void (*)(void *, const char *), void *, const char *);

MT_EXPORT void *mallocx(size_t size, int flags);
MT_EXPORT void *rallocx(void *user, size_t size, int flags);
MT_EXPORT size_t xallocx(void *user, size_t size, size_t extra, int flags);
MT_EXPORT size_t sallocx(const void *user, int flags);
MT_EXPORT void dallocx(void *user, int flags);
MT_EXPORT void sdallocx(void *user, size_t size, int flags);
MT_EXPORT size_t nallocx(size_t size, int flags);
MT_EXPORT int mallctl(const char *name, void *old, size_t *old_length, void *value,
                      size_t length);
MT_EXPORT int mallctlbymib(const size_t *mib, size_t depth, void *old, size_t *old_length,
                           void *value, size_t length);
MT_EXPORT int mallctlnametomib(const char *name, size_t *mib, size_t *depth);
MT_EXPORT void malloc_stats_print(void (*write)(void *, const char *), void *context,
                                  const char *options);

static struct mt_request request_of(size_t size, int flags) {
    return (struct mt_request){.size = size,
                               .log2_alignment = LOG2_ALIGNMENT(flags),
                               .flags = OTHER(flags),
                               .kind = MT_KIND_MALLOCX};
}

MT_EXPORT void *mallocx(size_t size, int flags) {
    struct mt_thread *thread = mt_enter();
    if (mt_off)
        return mt_plain_mallocx(size, flags);
    struct mt_request request = request_of(size, flags);
    return MT_STAY_FOR(mt_allocate(thread, &request, MT_ENTRY()));
}

MT_EXPORT void *rallocx(void *user, size_t size, int flags) {
    struct mt_thread *thread = mt_enter();
    if (mt_off)
        return mt_plain_rallocx(user, size, flags);
    struct mt_request request = request_of(size, flags);
    request.from_realloc = true;
    return MT_STAY_FOR(mt_reallocate(thread, user, &request, MT_ENTRY()));
}

/* In place or not at all: the size the block then has. */
MT_EXPORT size_t xallocx(void *user, size_t size, size_t extra, int flags) {
    struct mt_block block;
    struct mt_thread *thread = mt_enter();
    if (mt_off)
        return mt_plain_xallocx(user, size, extra, flags);
    if (mt_block_open(user, &block) != MT_BLOCK_GOOD)
        return 0;
    size_t most = size > SIZE_MAX - extra ? SIZE_MAX : size + extra;
    struct mt_request request = request_of(most, flags);
    if (mt_resize(thread, &block, &request, MT_ENTRY()))
        return most;
    request.size = size;
    return extra && mt_resize(thread, &block, &request, MT_ENTRY()) ? size : block.size;
}

MT_EXPORT size_t sallocx(const void *user, int flags) {
    struct mt_block block;
    (void)flags;
    (void)mt_enter();
    if (mt_off)
        return mt_plain_usable(user);
    return mt_block_open((void *)(uintptr_t)user, &block) == MT_BLOCK_GOOD ? block.size : 0;
}

MT_EXPORT void dallocx(void *user, int flags) {
    struct mt_thread *thread = mt_enter();
    if (mt_off)
        mt_plain_free(user);
    else
        MT_STAY(mt_release_block(
            thread, user,
            (&(struct mt_release){.kind = MT_KIND_MALLOC, .flags = OTHER(flags)}),
            MT_ENTRY()));
}

MT_EXPORT void sdallocx(void *user, size_t size, int flags) {
    struct mt_thread *thread = mt_enter();
    if (mt_off) {
        mt_plain_sized_free(user, size, flags);
        return;
    }
    struct mt_release how = {.kind = MT_KIND_MALLOC,
                             .sized = true,
                             .size = size,
                             .aligned = LOG2_ALIGNMENT(flags) > 0,
                             .alignment = (size_t)1 << LOG2_ALIGNMENT(flags),
                             .flags = OTHER(flags)};
    MT_STAY(mt_release_block(thread, user, &how, MT_ENTRY()));
}

MT_EXPORT size_t nallocx(size_t size, int flags) {
    (void)mt_enter();
    if (mt_off)
        return mt_plain_nallocx(size, flags);
    return size <= PTRDIFF_MAX && mt_backend_class(size, flags) ? size : 0;
}

MT_EXPORT int mallctl(const char *name, void *old, size_t *old_length, void *value,
                      size_t length) {
    (void)mt_enter();
    return mt_je_mallctl(name, old, old_length, value, length);
}

MT_EXPORT int mallctlbymib(const size_t *mib, size_t depth, void *old, size_t *old_length,
                           void *value, size_t length) {
    (void)mt_enter();
    return mt_je_mallctlbymib(mib, depth, old, old_length, value, length);
}

MT_EXPORT int mallctlnametomib(const char *name, size_t *mib, size_t *depth) {
    (void)mt_enter();
    return mt_je_mallctlnametomib(name, mib, depth);
}

MT_EXPORT void malloc_stats_print(void (*write)(void *, const char *), void *context,
                                  const char *options) {
    (void)mt_enter();
    mt_je_malloc_stats_print(write, context, options);
}

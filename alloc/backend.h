/*
 * The allocator underneath. backend_jemalloc.c is the only file that names jemalloc; tests
 * put another implementation of these functions in its place.
 */
#ifndef MT_ALLOC_BACKEND_H
#define MT_ALLOC_BACKEND_H

#include <stdbool.h>
#include <stddef.h>

/* jemalloc's flags: log2 of the alignment in bits 0-5, MALLOCX_ZERO, cache and arena. */
#define MT_BACKEND_ZERO      0x40
#define MT_BACKEND_ALIGNMENT 0x3f

/* Up to here classes are small ones: cut from slabs that begin a page, and multiples of
 * every power of two that divides the request. Such a request needs no alignment flag,
 * which would cost the short way, up to a page's alignment (jemalloc does the same:
 * sz_sa2u(), arena_palloc()). Beyond, they are extents, which can grow in place. */
#define MT_BACKEND_SMALL      14336u
#define MT_BACKEND_SMALL_LOG2 12u

/* Before the first call; `conf` is a program's own malloc_conf, or NULL. */
void mt_backend_start(const char *conf);

void *mt_je_malloc(size_t bytes);
void *mt_je_calloc(size_t count, size_t bytes);
void mt_je_sdallocx(void *at, size_t bytes, int flags);

/* The three on the hot path are jemalloc's own entry points, called directly. */
#define mt_backend_malloc(bytes)      mt_je_malloc(bytes)
#define mt_backend_calloc(bytes)      mt_je_calloc(1, bytes)
#define mt_backend_free(at, bytes, f) mt_je_sdallocx(at, bytes, f)

/* With flags; bytes > 0. NULL when there is no memory. */
void *mt_backend_allocate(size_t bytes, int flags);

/* Makes a block of `old` bytes hold `bytes` where it lies. True only if it then has just
 * the class that a new block of `bytes` would have. */
bool mt_backend_resize(void *at, size_t old, size_t bytes, int flags);

/* The class of a request: what it really takes. 0: too large. */
size_t mt_backend_class(size_t bytes, int flags);

/* Refreshes the region's figures. Takes the allocator's locks. */
void mt_backend_refresh_figures(void);

/* Under `off` the program talks to jemalloc directly. */
void *mt_plain_malloc(size_t bytes);
void *mt_plain_calloc(size_t count, size_t bytes);
void *mt_plain_realloc(void *at, size_t bytes);
void *mt_plain_memalign(size_t alignment, size_t bytes);
void mt_plain_free(void *at);
void mt_plain_sized_free(void *at, size_t bytes, int flags);
size_t mt_plain_usable(const void *at);
void *mt_plain_mallocx(size_t bytes, int flags);
void *mt_plain_rallocx(void *at, size_t bytes, int flags);
size_t mt_plain_xallocx(void *at, size_t bytes, size_t extra, int flags);
size_t mt_plain_nallocx(size_t bytes, int flags);

#endif

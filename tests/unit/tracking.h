/* Tracking below interposition: what init does for the library, in a test. */
#ifndef MT_TESTS_TRACKING_H
#define MT_TESTS_TRACKING_H

#include "track/modules.h"
#include "track/region_make.h"
#include "track/thread.h"
#include "track/tree.h"
#include <pthread.h>
#include <stdlib.h>

#define TRACKING_BYTES (UINT64_C(64) << 20)
#define TRACKING_LEAST (UINT64_C(1) << 20) /* the smallest region there is */

/* The tree's links survive a region: at most one per process, so tests that need another
 * one run in a child. */
static inline struct mt_region *tracking_region(uint64_t bytes, int fd) {
    return mt_region_create(&(struct mt_region_setup){
        .bytes = bytes, .fd = fd, .program = "unit", .stack_mode = 2, .frames = 64});
}

static inline int tracking_start(void **state) {
    (void)state;
    if (!tracking_region(TRACKING_BYTES, -1))
        return -1;
    mt_module_start();
    mt_tree_start();
    mt_thread_init();
    return mt_thread_start() ? 0 : -1;
}

/* Code addresses without end: every byte of libc behind qsort() serves as one. */
static inline uintptr_t tracking_pc(uint32_t i) {
    return (uintptr_t)&qsort + 1 + i;
}

/* Runs `body` in `count` threads at once, argument: the thread's number. */
static inline void tracking_threads(unsigned count, void *(*body)(void *)) {
    pthread_t thread[256];
    for (unsigned i = 0; i < count; i++)
        if (pthread_create(&thread[i], NULL, body, (void *)(uintptr_t)i) != 0)
            abort();
    for (unsigned i = 0; i < count; i++)
        pthread_join(thread[i], NULL);
}

#endif

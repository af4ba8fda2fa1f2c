/*
 * A watch is a limit and what to do when it is crossed: those of the options and those of
 * mtalloc_add_limit(). They lie in one table, which is read without a lock, within malloc
 * and free; a watch that is taken away meanwhile is read as it was, or as none.
 */
#ifndef MT_ALLOC_WATCH_H
#define MT_ALLOC_WATCH_H

#include "alloc/block.h"
#include "mtalloc/mtalloc.h"

#define MT_WATCHES 16

enum mt_watch_kind {
    MT_WATCH_NONE,
    MT_WATCH_LIVE = MTALLOC_LIMIT_LIVE,
    MT_WATCH_SITE = MTALLOC_LIMIT_SITE,
    MT_WATCH_RATE = MTALLOC_LIMIT_RATE,
    MT_WATCH_ALLOC = MTALLOC_LIMIT_ALLOC,
};

struct mt_watch {
    uint32_t kind;
    uint32_t actions; /* MT_LIMIT_LOG … */
    uint64_t bytes;
    uint32_t held_s; /* of a rate */
    int32_t signal;  /* or 0 */
    uint64_t option; /* 1: an option's */
    mtalloc_limit_callback call;
    void *context;
};

/* Adds one. Returns its number, from 1; 0: there is no room. MT_SIGNAL_SAFE. */
int mt_watch_add(const struct mt_watch *watch);

/* Takes away one of the program's; false: there is none. MT_SIGNAL_SAFE. */
bool mt_watch_remove(int number);

/* The watch of that number, if it is of this kind. *version differs from that of any other
 * that had the number before. MT_SIGNAL_SAFE. */
bool mt_watch_read(int number, enum mt_watch_kind kind, struct mt_watch *watch,
                   uint32_t *version);

/* What the program gave along with its limits, or 0. MT_SIGNAL_SAFE. */
void mt_watch_each_context(void (*each)(uintptr_t context));

/* Bit k: there are, or were, watches of kind k. */
extern MT_HIDDEN _Atomic uint32_t mt_watch_kinds;
MT_INLINE bool mt_watch_has(enum mt_watch_kind kind) {
    return atomic_load_explicit(&mt_watch_kinds, memory_order_relaxed) >> kind & 1;
}

/* The highest number that was ever given out. */
extern MT_HIDDEN _Atomic int mt_watch_most;
MT_INLINE int mt_watch_end(void) {
    return atomic_load_explicit(&mt_watch_most, memory_order_relaxed);
}

/* Below this, a limit that was crossed is armed again. */
MT_INLINE bool mt_watch_rearms(uint64_t value, uint64_t limit) {
    return value < limit - limit / 10;
}

/* True in a callback of this thread: what crosses a limit there is seen after it. */
bool mt_watch_calling(void);

/* Does what the watch says. `site` is the one that crossed, or 0; `block` the single
 * allocation, or NULL. Holds nothing meanwhile. */
void mt_watch_act(int number, const struct mt_watch *watch, uint32_t site, uint64_t value,
                  const struct mt_block *block);

/* ---- the kinds; each is cheap where nothing is due ---- */

/* Bytes allocated by all threads, exactly. */
uint64_t mt_watch_allocated(void);

void mt_watch_sites(void);
void mt_watch_sites_after_change(void);

void mt_watch_rate(void);
void mt_watch_rate_after_change(bool fork);

/* A new block. */
void mt_watch_alloc(void *user);

#endif

/*
 * Looked at when a shard's bytes have moved by a step (track/counters.c), not per operation
 * and not by a clock. A limit that was crossed is armed again below nine tenths of it, so
 * that going to and fro at the limit is one event.
 *
 * What is done here may be done inside malloc and free, and in a signal handler's.
 */
#include "alloc/thresholds.h"

#include "alloc/periodic.h"
#include "alloc/watch.h"
#include "base/option_values.h"
#include "base/options.h"
#include "track/counters.h"
#include "track/region_make.h"

#include <string.h>

#define WORDS (sizeof(struct mt_watch) / sizeof(uint64_t))
_Static_assert(sizeof(struct mt_watch) % sizeof(uint64_t) == 0, "copied by words");

static struct {
    _Atomic uint32_t version; /* odd while it is being written */
    _Atomic uint32_t kind;    /* beside `word`, to pass over others without reading it */
    atomic_bool over;         /* of a limit on the program's live bytes */
    _Atomic uint64_t word[WORDS];
} place[MT_WATCHES];

_Atomic uint32_t mt_watch_kinds;
_Atomic int mt_watch_most;

/* ---- the table ---- */

/* Under an odd version. Release: who reads a new word sees that the version has changed. */
static void write(int index, const struct mt_watch *watch) {
    uint64_t word[WORDS];
    memcpy(word, watch, sizeof word);
    for (unsigned i = 0; i < WORDS; i++)
        atomic_store_explicit(&place[index].word[i], word[i], memory_order_release);
    atomic_store(&place[index].over, false);
    atomic_store_explicit(&place[index].kind, watch->kind, memory_order_relaxed);
}

static uint32_t read(int index, struct mt_watch *watch) {
    uint64_t word[WORDS] = {0};
    uint32_t before = atomic_load_explicit(&place[index].version, memory_order_acquire);
    for (unsigned i = 0; i < WORDS; i++)
        word[i] = atomic_load_explicit(&place[index].word[i], memory_order_acquire);
    uint32_t after = atomic_load_explicit(&place[index].version, memory_order_relaxed);
    memcpy(watch, word, sizeof *watch);
    if (before != after || before & 1)
        watch->kind = MT_WATCH_NONE;
    return before;
}

static void on_step(void);

static void changed(void) {
    mt_watch_sites_after_change();
    mt_watch_rate_after_change(false);
}

static void raise_most(int number) {
    int most = atomic_load(&mt_watch_most);
    while (most < number && !atomic_compare_exchange_weak(&mt_watch_most, &most, number))
        ;
}

int mt_watch_add(const struct mt_watch *watch) {
    struct mt_watch there;
    for (int i = 0; i < MT_WATCHES; i++) {
        uint32_t version = read(i, &there);
        if (there.kind != MT_WATCH_NONE || version & 1 ||
            !atomic_compare_exchange_strong(&place[i].version, &version, version + 1))
            continue;
        write(i, watch);
        atomic_store(&place[i].version, version + 2);
        raise_most(i + 1);
        atomic_fetch_or(&mt_watch_kinds, 1u << watch->kind);
        if (watch->kind != MT_WATCH_ALLOC)
            atomic_store(&mt_counters_on_step, on_step);
        changed();
        return i + 1;
    }
    return 0;
}

bool mt_watch_remove(int number) {
    static const struct mt_watch none;
    struct mt_watch there;
    if (number < 1 || number > MT_WATCHES)
        return false;
    uint32_t version = read(number - 1, &there);
    if (there.kind == MT_WATCH_NONE || there.option ||
        !atomic_compare_exchange_strong(&place[number - 1].version, &version, version + 1))
        return false;
    write(number - 1, &none);
    atomic_store(&place[number - 1].version, version + 2);
    changed();
    return true;
}

bool mt_watch_read(int number, enum mt_watch_kind kind, struct mt_watch *watch,
                   uint32_t *version) {
    *version = atomic_load_explicit(&place[number - 1].version, memory_order_relaxed);
    if (atomic_load_explicit(&place[number - 1].kind, memory_order_relaxed) != kind)
        return false;
    *version = read(number - 1, watch);
    return watch->kind == kind;
}

void mt_watch_each_context(void (*each)(uintptr_t context)) {
    _Static_assert(offsetof(struct mt_watch, context) % sizeof(uint64_t) == 0, "a word");
    for (int i = 0; i < mt_watch_end(); i++)
        each(atomic_load(&place[i].word[offsetof(struct mt_watch, context) / 8]));
}

/* ---- looking ---- */

uint64_t mt_watch_allocated(void) {
    uint64_t bytes = 0;
    uint32_t shards = mt_region_count(mt_region_own, MT_TABLE_SHARDS);
    for (uint32_t i = 0; i < shards; i++)
        bytes += atomic_load_explicit(&mt_shards[i].alloc_bytes, memory_order_relaxed);
    return bytes;
}

static uint64_t live_bytes(void) {
    int64_t now = atomic_load(&mt_region_own->live_bytes);
    return now > 0 ? (uint64_t)now : 0;
}

/* The bytes are read after `over`: older ones, from before another thread saw the crossing,
 * would arm the limit again and make a second event of it. */
static void look_at_live(void) {
    for (int number = 1, end = mt_watch_end(); number <= end; number++) {
        struct mt_watch watch;
        uint32_t version;
        if (!mt_watch_read(number, MT_WATCH_LIVE, &watch, &version))
            continue;
        atomic_bool *over = &place[number - 1].over;
        bool before = atomic_load(over);
        uint64_t live = live_bytes();
        if (live > watch.bytes && !before && !atomic_exchange(over, true))
            mt_watch_act(number, &watch, 0, live, NULL);
        else if (before && mt_watch_rearms(live, watch.bytes))
            atomic_store(over, false);
    }
}

static void on_step(void) {
    mt_periodic_peak();
    if (mt_watch_calling())
        return;
    if (mt_watch_has(MT_WATCH_LIVE))
        look_at_live();
    if (mt_watch_has(MT_WATCH_SITE))
        mt_watch_sites();
    if (mt_watch_has(MT_WATCH_RATE))
        mt_watch_rate();
}

/* ---- options ---- */

static void add_option(enum mt_watch_kind kind, uint64_t bytes) {
    const char *text = mt_options->limit_action;
    unsigned actions = MT_LIMIT_LOG;
    if (!bytes)
        return;
    (void)mt_option_read_actions(text, strlen(text), &actions);
    struct mt_watch watch = {
        .kind = kind,
        .actions = actions & ((1u << MT_LIMIT_SIGNAL_SHIFT) - 1),
        .bytes = bytes,
        .held_s = kind == MT_WATCH_RATE ? (uint32_t)mt_options->limit_rate_s : 0,
        .signal = (int32_t)(actions >> MT_LIMIT_SIGNAL_SHIFT),
        .option = 1};
    (void)mt_watch_add(&watch);
}

void mt_thresholds_boot(void) {
    add_option(MT_WATCH_ALLOC, mt_options->limit_alloc);
}

void mt_thresholds_start(void) {
    add_option(MT_WATCH_LIVE, mt_options->limit_live);
    add_option(MT_WATCH_SITE, mt_options->limit_site);
    add_option(MT_WATCH_RATE, mt_options->limit_rate);
    if (mt_options->on_peak)
        atomic_store(&mt_counters_on_step, on_step);
}

void mt_thresholds_after_fork(void) {
    /* What another thread of the parent was writing is lost. */
    for (int i = 0; i < MT_WATCHES; i++) {
        static const struct mt_watch none;
        if (!(atomic_load(&place[i].version) & 1))
            continue;
        write(i, &none);
        atomic_fetch_add(&place[i].version, 1);
    }
    mt_watch_sites_after_change();
    mt_watch_rate_after_change(true);
}

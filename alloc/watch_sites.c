/* Limits on the live bytes of a site. */
#include "alloc/watch.h"
#include "base/alone.h"
#include "base/quiet.h"

#define SITES_OVER 64 /* of one limit, at the same time; of more nothing is said */
#define FOUND_MOST 8  /* in one look; the others in the next */
#define LOOK_LEAST (256u << 10) /* bytes allocated between two looks at the sites */
#define LOOK_EACH  64u          /* and so much for each site that is looked at */

struct found {
    int number;
    uint32_t site;
    uint64_t live;
    struct mt_watch watch;
};

static _Atomic uint64_t due; /* the next look, when so many bytes were allocated in all */
static _Atomic unsigned changes; /* of the table */

/* Whoever is alone at MT_ALONE_SITES has this. */
static struct look {
    uint64_t most; /* live bytes of the fullest site that is not above it */
    struct mt_watch watch;
    uint32_t version;
    unsigned over_count;
    uint32_t over[SITES_OVER];
    bool used;
} looks[MT_WATCHES];
static int looks_end; /* none is used from there on */

static void begin(void) {
    looks_end = 0;
    for (int i = 0; i < MT_WATCHES; i++) {
        uint32_t before = looks[i].version;
        looks[i].used =
            mt_watch_read(i + 1, MT_WATCH_SITE, &looks[i].watch, &looks[i].version);
        looks[i].most = 0;
        if (looks[i].used)
            looks_end = i + 1;
        if (looks[i].version != before) /* another one */
            looks[i].over_count = 0;
    }
}

/* Keeps whether the site is over the limit. True if it has just crossed it. */
static bool crosses(struct look *look, uint32_t site, uint64_t live, bool room) {
    uint64_t limit = look->watch.bytes;
    unsigned at = 0;
    if (live <= limit && live > look->most)
        look->most = live;
    while (at < look->over_count && look->over[at] != site)
        at++;
    if (at < look->over_count) {
        if (mt_watch_rearms(live, limit))
            look->over[at] = look->over[--look->over_count];
        return false;
    }
    if (live <= limit || !room || look->over_count == SITES_OVER)
        return false;
    look->over[look->over_count++] = site;
    return true;
}

/* No site can cross before so much more was allocated. While one is over the limit, often
 * enough to see it fall below nine tenths and come back. */
static uint64_t room(const struct look *look, uint32_t sites) {
    uint64_t limit = look->watch.bytes, bytes = limit - look->most;
    uint64_t least = limit / 128 > LOOK_LEAST ? limit / 128 : LOOK_LEAST;
    if (look->over_count && bytes > limit / 32)
        bytes = limit / 32;
    if (least < (uint64_t)sites * LOOK_EACH)
        least = (uint64_t)sites * LOOK_EACH;
    return bytes > least ? bytes : least;
}

static unsigned walk(uint64_t now, struct found *found) {
    uint32_t sites = mt_region_count(mt_region_own, MT_TABLE_SITES);
    uint64_t next = UINT64_MAX;
    unsigned count = 0, before = atomic_load(&changes);
    begin();
    /* Bytes that were not told apart, [untracked] for instance, belong to no site. */
    for (uint32_t site = MT_PSEUDO_COUNT + 1; site < sites; site++) {
        struct mt_site_sums sums;
        mt_region_sum_site(mt_region_own, site, &sums);
        uint64_t live = sums.alloc_bytes - sums.free_bytes;
        for (int i = 0; i < looks_end; i++)
            if (looks[i].used && crosses(&looks[i], site, live, count < FOUND_MOST))
                found[count++] = (struct found){i + 1, site, live, looks[i].watch};
    }
    for (int i = 0; i < looks_end; i++)
        if (looks[i].used && room(&looks[i], sites) < next)
            next = room(&looks[i], sites);
    if (count == FOUND_MOST)
        next = 0;
    if (next != UINT64_MAX)
        next += now;
    atomic_store(&due, next);
    if (atomic_load(&changes) != before) /* so that what came after begin() is looked at */
        atomic_store(&due, 0);
    return count;
}

/* With signals blocked: a handler that jumped out of here would leave the flag set. */
static unsigned look(uint64_t now, struct found *found) {
    struct mt_quiet quiet;
    unsigned count = 0;
    mt_quiet_begin(&quiet, MT_QUIET_MOST);
    if (mt_alone_begin(MT_ALONE_SITES)) {
        count = walk(now, found);
        mt_alone_end(MT_ALONE_SITES);
    }
    mt_quiet_end(&quiet);
    return count;
}

static MT_COLD void look_and_act(uint64_t now) {
    struct found found[FOUND_MOST];
    unsigned count = look(now, found);
    for (unsigned i = 0; i < count; i++)
        mt_watch_act(found[i].number, &found[i].watch, found[i].site, found[i].live, NULL);
}

void mt_watch_sites(void) {
    uint64_t now = mt_watch_allocated();
    if (now >= atomic_load_explicit(&due, memory_order_relaxed))
        look_and_act(now);
}

void mt_watch_sites_after_change(void) {
    atomic_fetch_add(&changes, 1);
    atomic_store(&due, 0);
}

/*
 * truth THREADS [caller]: a program that knows what it allocates reads it from the library:
 * in total, per site, since the start and since marks, while all threads stand still, and
 * while they go on what must hold then.
 */
#include "api/api.h"
#include <pthread.h>
#include <stdatomic.h>

#define ROUNDS 200
#define SMALL  24
#define LARGE  4000

static pthread_barrier_t all_there;
static atomic_bool going = true;
static int threads = 1;
static int stacks = 2; /* that lead to make_small(), or its call alone */

__attribute__((noinline)) static void *make_small(void) {
    return malloc(SMALL);
}
__attribute__((noinline)) static void *make_large(void) {
    return malloc(LARGE);
}
__attribute__((noinline)) static void *grow(void *block, size_t size) {
    return realloc(block, size);
}

/* Each round: two small blocks, one of which is freed at once; a large one, kept; one that
 * grows once and is freed at the end. */
static void *work(void *unused) {
    void *small[ROUNDS], *large[ROUNDS];
    for (int part = 0; part < 2; part++) {
        for (int i = 0; i < ROUNDS; i++) {
            small[i] = make_small();
            free(make_small());
            large[i] = make_large();
            free(grow(malloc(100), 200));
        }
        pthread_barrier_wait(&all_there); /* counts are looked at */
        pthread_barrier_wait(&all_there);
        for (int i = 0; i < ROUNDS; i++) {
            free(small[i]);
            free(large[i]);
        }
        pthread_barrier_wait(&all_there); /* and here */
        pthread_barrier_wait(&all_there);
    }
    return unused;
}

/* What the sites of this size counted. A site's size is its bytes by its allocations. */
struct wanted {
    uint64_t size;
    struct mtalloc_site sum;
    int sites;
};

static int add(const struct mtalloc_site *site, void *context) {
    struct wanted *wanted = context;
    EQUAL(sizeof *site, site->size);
    EQUAL((int64_t)(site->allocs - site->frees), site->live);
    EQUAL((int64_t)(site->alloc_bytes - site->free_bytes), site->live_bytes);
    CHECK(site->allocs || site->frees);
    if ((site->allocs ? site->alloc_bytes / site->allocs
                      : site->free_bytes / site->frees) != wanted->size)
        return 0;
    wanted->sites++;
    wanted->sum.allocs += site->allocs;
    wanted->sum.frees += site->frees;
    wanted->sum.live += site->live;
    wanted->sum.temporary += site->temporary;
    wanted->sum.reallocs += site->reallocs;
    return 0;
}

static struct wanted sites_of(int mark, uint64_t size) {
    struct wanted wanted = {.size = size};
    EQUAL(0, mtalloc_visit_sites(mark, add, &wanted));
    return wanted;
}

/* All sites add up to the totals. */
static int add_all(const struct mtalloc_site *site, void *context) {
    struct mtalloc_totals *sum = context;
    sum->allocs += site->allocs;
    sum->alloc_bytes += site->alloc_bytes;
    sum->frees += site->frees;
    sum->free_bytes += site->free_bytes;
    return 0;
}
static void sites_add_up(int mark) {
    struct mtalloc_totals sum = {0};
    EQUAL(0, mtalloc_visit_sites(mark, add_all, &sum));
    struct mtalloc_totals totals = totals_since(mark);
    EQUAL(sum.allocs, totals.allocs);
    EQUAL(sum.alloc_bytes, totals.alloc_bytes);
    EQUAL(sum.frees, totals.frees);
    EQUAL(sum.free_bytes, totals.free_bytes);
}

/* `kept` blocks of each kind are live in each thread, that were not at the mark. */
static void look(int mark, int64_t rounds, int64_t kept) {
    int64_t all = rounds * threads, live = kept * threads;
    struct mtalloc_totals totals = totals_since(mark);
    EQUAL(all * 5, totals.allocs);
    EQUAL(all * 5 - live * 2, totals.frees);
    EQUAL(all * (2 * SMALL + LARGE + 300), totals.alloc_bytes);
    EQUAL(live * 2, totals.live);
    EQUAL(live * (SMALL + LARGE), totals.live_bytes);
    sites_add_up(mark);
    struct wanted small = sites_of(mark, SMALL);
    EQUAL(all * 2, small.sum.allocs);
    EQUAL(live, small.sum.live);
    EQUAL(all, small.sum.temporary);
    EQUAL(rounds ? stacks : 0, small.sites);
    EQUAL(all, sites_of(mark, LARGE).sum.allocs);
    struct wanted grown = sites_of(mark, 200);
    EQUAL(all, grown.sum.allocs);
    EQUAL(all, grown.sum.frees);
    EQUAL(all, grown.sum.reallocs);
    EQUAL(rounds ? 1 : 0, grown.sites);
}

/* While all go on: what is read is no mixture that cannot be. */
static void *read_on(void *unused) {
    struct mtalloc_totals last = {0};
    while (atomic_load(&going)) {
        struct mtalloc_totals now = totals_since(MTALLOC_START);
        CHECK(now.live >= 0 && now.live_bytes >= 0);
        CHECK(now.allocs >= last.allocs && now.frees >= last.frees);
        CHECK(now.peak_bytes + now.peak_error_bytes >= (uint64_t)now.live_bytes);
        CHECK(sites_of(MTALLOC_START, SMALL).sum.live >= 0);
        int mark = mtalloc_mark();
        CHECK(mark > 0);
        CHECK((int64_t)totals_since(mark).allocs >= 0);
        EQUAL(0, mtalloc_move_mark(mark));
        EQUAL(0, mtalloc_drop_mark(mark));
        last = now;
    }
    return unused;
}

static void meet(void) {
    pthread_barrier_wait(&all_there);
}

int main(int argc, char **argv) {
    pthread_t thread[16], reader;
    threads = argc > 1 ? atoi(argv[1]) : 1;
    if (argc > 2 && strcmp(argv[2], "caller") == 0)
        stacks = 1;
    pthread_barrier_init(&all_there, NULL, (unsigned)threads + 1);
    for (int i = 0; i < threads; i++)
        EQUAL(0, pthread_create(&thread[i], NULL, work, NULL));
    EQUAL(0, pthread_create(&reader, NULL, read_on, NULL));
    int mark = mtalloc_mark(); /* others may have begun: moved below */
    CHECK(mark > 0);
    meet();
    /* Since the start there is more: threads have stacks of their own, and so on. */
    struct wanted large = sites_of(MTALLOC_START, LARGE);
    EQUAL(ROUNDS * threads, large.sum.allocs);
    EQUAL(ROUNDS * threads, large.sum.live);
    EQUAL(1, large.sites);
    sites_add_up(MTALLOC_START);
    EQUAL(0, mtalloc_move_mark(mark));
    look(mark, 0, 0);
    meet();
    meet();
    /* Everything that was freed was allocated before the mark. */
    struct mtalloc_totals since = totals_since(mark);
    EQUAL(0, since.allocs);
    EQUAL(-2LL * ROUNDS * threads, since.live);
    EQUAL(-ROUNDS * threads, sites_of(mark, LARGE).sum.live);
    int second = mtalloc_mark();
    CHECK(second > 0 && second != mark);
    meet();
    meet();
    look(second, ROUNDS, ROUNDS);
    EQUAL(ROUNDS * threads, (int64_t)totals_since(mark).allocs / 5);
    EQUAL(2 * ROUNDS * threads, sites_of(MTALLOC_START, LARGE).sum.allocs);
    struct mtalloc_totals whole = totals_since(MTALLOC_START);
    CHECK(whole.threads >= (uint32_t)threads + 1 && whole.threads < (uint32_t)threads + 3);
    CHECK(whole.sites >= 5 && whole.sites < 1000 && whole.metadata_bytes > 0);
    CHECK(whole.peak_bytes >= (uint64_t)whole.live_bytes);
    meet();
    meet();
    look(second, ROUNDS, 0);
    meet();
    atomic_store(&going, false);
    pthread_join(reader, NULL);
    for (int i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    EQUAL(0, mtalloc_drop_mark(mark));
    EQUAL(0, mtalloc_drop_mark(second));
    return 0;
}

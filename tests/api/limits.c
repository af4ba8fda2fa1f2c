/* limits WHAT: limits that the program sets itself, against what it knows of its bytes. */
#include "api/api.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

#define MIB    ((uint64_t)1 << 20)
#define BLOCK  1000
#define BLOCKS 25000 /* of each of four threads: together 95 MiB */

static void *held[4][BLOCKS];
static atomic_int calls, other_calls;
static atomic_bool done;
static struct mtalloc_crossing last;

__attribute__((noinline)) static void *grow(void) {
    return malloc(BLOCK);
}
__attribute__((noinline)) static void *large(size_t bytes) {
    return malloc(bytes);
}

static void note(const struct mtalloc_crossing *crossing, void *context) {
    EQUAL(sizeof *crossing, crossing->size);
    last = *crossing;
    atomic_fetch_add((atomic_int *)context, 1);
    errno = EDOM;
    /* What a callback may do. A large block would be live bytes too. */
    size_t bytes = crossing->kind == MTALLOC_LIMIT_ALLOC ? 3 * MIB : 3000;
    free(realloc(malloc(bytes), bytes * 2));
    (void)totals_since(MTALLOC_START);
}

/* One that takes itself away, and brings another. */
static void once(const struct mtalloc_crossing *crossing, void *context) {
    note(crossing, context);
    EQUAL(0, mtalloc_remove_limit(crossing->limit));
    EQUAL(-EINVAL, mtalloc_remove_limit(crossing->limit));
}

static int limit(uint32_t kind, uint64_t bytes, mtalloc_limit_callback call,
                 atomic_int *count) {
    struct mtalloc_limit limit = {.size = sizeof limit,
                                  .kind = kind,
                                  .bytes = bytes,
                                  .seconds = kind == MTALLOC_LIMIT_RATE,
                                  .call = call,
                                  .context = count};
    int number = mtalloc_add_limit(&limit);
    CHECK(number > 0);
    return number;
}

static size_t goal;

static void *to_goal(void *mine) {
    void **block = mine;
    size_t count = 0;
    errno = 77;
    while (count < BLOCKS && block[count])
        count++;
    for (; count < goal; count++)
        block[count] = grow();
    while (count > goal) {
        free(block[--count]);
        block[count] = NULL;
    }
    EQUAL(77, errno); /* whatever a callback made of it */
    return NULL;
}

/* Four threads, together, bring what grow() holds to so many MiB. */
static void hold(size_t mib) {
    pthread_t thread[4];
    goal = mib * MIB / BLOCK / 4;
    for (int i = 0; i < 4; i++)
        EQUAL(0, pthread_create(&thread[i], NULL, to_goal, held[i]));
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
}

static void within(uint64_t mib) {
    EQUAL(mib * MIB, last.bytes);
    CHECK(last.value > mib * MIB && last.value <= (mib + 1) * MIB);
}

static void live_bytes(void) {
    int first = limit(MTALLOC_LIMIT_LIVE, 20 * MIB, note, &calls);
    int second = limit(MTALLOC_LIMIT_LIVE, 40 * MIB, note, &other_calls);
    hold(19);
    EQUAL(0, calls);
    hold(30);
    EQUAL(1, calls);
    EQUAL(first, last.limit);
    EQUAL(MTALLOC_LIMIT_LIVE, last.kind);
    EQUAL(0, last.frame);
    EQUAL(0, last.signature);
    within(20);
    hold(50);
    EQUAL(1, other_calls);
    EQUAL(second, last.limit);
    within(40);
    hold(37); /* not yet below nine tenths */
    hold(50);
    EQUAL(1, other_calls);
    hold(10);
    hold(50);
    EQUAL(2, calls);
    EQUAL(2, other_calls);
    EQUAL(0, mtalloc_remove_limit(first));
    hold(10);
    hold(50);
    EQUAL(2, calls);
    EQUAL(3, other_calls);
    /* What is above it already crosses it, at the next look. */
    (void)limit(MTALLOC_LIMIT_LIVE, 20 * MIB, once, &calls);
    hold(52);
    hold(10);
    hold(30);
    EQUAL(3, calls);
}

static int find(const struct mtalloc_site *site, void *context) {
    struct mtalloc_site *wanted = context;
    if (site->signature != wanted->signature)
        return 0;
    *wanted = *site;
    return 1;
}

static void sites(void) {
    (void)limit(MTALLOC_LIMIT_SITE, 20 * MIB, note, &calls);
    (void)limit(MTALLOC_LIMIT_SITE, 40 * MIB, once, &other_calls);
    void *others[30];
    for (int i = 0; i < 30; i++) /* no site of these is above it */
        others[i] = large(MIB / 2);
    hold(19);
    EQUAL(0, calls);
    hold(30);
    EQUAL(1, calls);
    EQUAL(MTALLOC_LIMIT_SITE, last.kind);
    within(20);
    struct mtalloc_site site = {.signature = last.signature};
    EQUAL(1, mtalloc_visit_sites(MTALLOC_START, find, &site));
    EQUAL(last.frame, site.frame);
    EQUAL(30 * MIB / BLOCK / 4 * 4 * BLOCK, site.live_bytes);
    EQUAL(BLOCK, site.alloc_bytes / site.allocs);
    hold(50);
    EQUAL(1, other_calls);
    within(40);
    hold(19); /* not below nine tenths */
    hold(50);
    EQUAL(1, calls);
    hold(10);
    hold(50);
    EQUAL(2, calls);
    EQUAL(1, other_calls);
    for (int i = 0; i < 30; i++)
        free(others[i]);
}

static void single(void) {
    int number = limit(MTALLOC_LIMIT_ALLOC, 2 * MIB, note, &calls);
    int exact = limit(MTALLOC_LIMIT_ALLOC, 3 * MIB - 1, once, &other_calls);
    void *block = large(2 * MIB);
    EQUAL(0, calls);
    for (int i = 0; i < 3; i++) { /* one site, once */
        free(block);
        block = large(3 * MIB);
    }
    EQUAL(1, calls);
    EQUAL(1, other_calls);
    EQUAL(exact, last.limit);
    EQUAL(3 * MIB, last.value);
    EQUAL(3 * MIB - 1, last.bytes);
    CHECK(last.signature && last.frame);
    block = realloc(block, 4 * MIB); /* another site, in place or not */
    EQUAL(2, calls);
    EQUAL(number, last.limit);
    EQUAL(4 * MIB, last.value);
    EQUAL(1, other_calls);
    free(block);
    struct mtalloc_limit small = {.size = sizeof small,
                                  .kind = MTALLOC_LIMIT_ALLOC,
                                  .bytes = 100000,
                                  .call = note,
                                  .context = &calls};
    EQUAL(-ENOTSUP, mtalloc_add_limit(&small));
}

/* Limits that come and go use up nothing; one that stays is crossed once. */
static void single_often(void) {
    int stays = limit(MTALLOC_LIMIT_ALLOC, 2 * MIB, note, &other_calls);
    for (int i = 1; i <= 600; i++) {
        int number = limit(MTALLOC_LIMIT_ALLOC, 2 * MIB + 1, note, &calls);
        for (volatile int times = 0; times < 2; times++) /* one site */
            free(large(4 * MIB));
        EQUAL(i, calls);
        EQUAL(1, other_calls);
        EQUAL(0, mtalloc_remove_limit(number));
    }
    EQUAL(0, mtalloc_remove_limit(stays));
}

/* Under option limit_alloc, which looks at every size. */
static void single_small(void) {
    (void)limit(MTALLOC_LIMIT_ALLOC, 99, note, &calls);
    free(large(99));
    EQUAL(0, calls);
    free(large(100));
    EQUAL(1, calls);
    EQUAL(100, last.value);
}

/* ---- a rate ---- */

static void rest(void) {
    (void)nanosleep(&(struct timespec){0, 400000000}, NULL);
}

static int64_t now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void burst(uint64_t bytes) {
    for (uint64_t done = 0; done < bytes; done += MIB)
        free(large(MIB));
}

/* As fast as it goes, until there were so many calls. */
static void until(int wanted) {
    while (atomic_load(&calls) < wanted)
        burst(16 * MIB);
}

static void rate(void) {
    int number = limit(MTALLOC_LIMIT_RATE, 100 * MIB, note, &calls);
    /* Never more than the limit held for a second, so that it is no event. */
    for (int i = 0; i < 3; i++) {
        burst(90 * MIB);
        rest(), rest(), rest();
    }
    EQUAL(0, calls);
    uint64_t before = totals_since(MTALLOC_START).alloc_bytes;
    until(1);
    uint64_t most = totals_since(MTALLOC_START).alloc_bytes - before;
    EQUAL(number, last.limit);
    EQUAL(MTALLOC_LIMIT_RATE, last.kind);
    EQUAL(100 * MIB, last.bytes);
    CHECK(last.value > last.bytes && last.value <= most); /* it took a second at least */
    /* The same crossing goes on: for several slices, and less than it takes for another. */
    for (int64_t end = now_ms() + 600; now_ms() < end;)
        burst(16 * MIB);
    EQUAL(1, calls);
    rest();
    until(2);
}

/* ---- actions ---- */

static void on_signal(int number) {
    (void)number;
    atomic_fetch_add(&other_calls, 1);
}

static void actions(void) {
    struct mtalloc_limit limit = {.size = sizeof limit,
                                  .kind = MTALLOC_LIMIT_LIVE,
                                  .bytes = 10 * MIB,
                                  .actions = MTALLOC_DO_LOG | MTALLOC_DO_DUMP,
                                  .signal = SIGUSR2,
                                  .call = note,
                                  .context = &calls};
    (void)signal(SIGUSR2, on_signal);
    CHECK(mtalloc_add_limit(&limit) > 0);
    hold(20);
    EQUAL(1, calls);
    EQUAL(1, other_calls);
}

/* What the options ask for: SIGUSR2, whatever it was that crossed. */
static void by_option(void) {
    for (int i = 1; i <= 16; i++) /* an option's is not the program's to remove */
        EQUAL(-EINVAL, mtalloc_remove_limit(i));
    (void)signal(SIGUSR2, on_signal);
    hold(20);
    EQUAL(1, other_calls);
    free(large(3 * MIB));
    EQUAL(2, other_calls);
}

static void end(void) {
    (void)limit(MTALLOC_LIMIT_LIVE, 10 * MIB, note, &calls);
    struct mtalloc_limit limit = {.size = sizeof limit,
                                  .kind = MTALLOC_LIMIT_LIVE,
                                  .bytes = 20 * MIB,
                                  .actions = MTALLOC_DO_ABORT};
    CHECK(mtalloc_add_limit(&limit) > 0);
    hold(30);
}

/* A limit of next to nothing is crossed by everything: adding and removing while others are
 * at it must neither mix two limits nor lose a place. */
static void pair(const struct mtalloc_crossing *crossing, void *context) {
    CHECK(context == (crossing->bytes == 1111 ? &calls : &other_calls));
    atomic_fetch_add((atomic_int *)context, 1);
}
static void *churn(void *unused) {
    while (!atomic_load(&done)) {
        void *block[64];
        for (int i = 0; i < 64; i++)
            block[i] = grow();
        for (int i = 0; i < 64; i++)
            free(block[i]);
    }
    return unused;
}
static void exchange_of(uint32_t kind) {
    pthread_t thread[3];
    calls = other_calls = 0;
    done = false;
    for (int i = 0; i < 3; i++)
        EQUAL(0, pthread_create(&thread[i], NULL, churn, NULL));
    while (atomic_load(&calls) < 100 || atomic_load(&other_calls) < 100) {
        int first = limit(kind, 1111, pair, &calls);
        EQUAL(0, mtalloc_remove_limit(first));
        int second = limit(kind, 2222, pair, &other_calls);
        EQUAL(0, mtalloc_remove_limit(second));
    }
    atomic_store(&done, true);
    for (int i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
}

static void exchange(void) {
    exchange_of(MTALLOC_LIMIT_LIVE);
    exchange_of(MTALLOC_LIMIT_SITE);
}

/* ---- in a child of a raw fork ---- */

/* 2^depth sites, so that a look at all takes a while. */
__attribute__((noinline)) static void spread(unsigned path, int depth) {
    if (!depth)
        free(grow());
    else if (path & 1) {
        spread(path >> 1, depth - 1);
        __asm__ volatile("# one");
    } else {
        spread(path >> 1, depth - 1);
        __asm__ volatile("# other");
    }
}
static void *look_always(void *unused) {
    while (!atomic_load(&done))
        free(large(MIB / 2));
    return unused;
}

/* Another thread is looking nearly always. A child that it left jemalloc's locks to says
 * nothing. */
static void forked(void) {
    pthread_t thread;
    int verdicts = 0;
    for (unsigned path = 0; path < 4096; path++)
        spread(path, 12);
    (void)limit(MTALLOC_LIMIT_SITE, 2 * MIB, note, &calls);
    EQUAL(0, pthread_create(&thread, NULL, look_always, NULL));
    for (int i = 0; i < 20; i++) {
        int status = 1;
        (void)usleep(2000);
        pid_t pid = _Fork();
        if (pid == 0) {
            (void)alarm(3);
            for (int block = 0; block < 5000; block++)
                held[0][block] = grow();
            _exit(calls == 1 ? 0 : 1);
        }
        EQUAL(pid, waitpid(pid, &status, 0));
        CHECK(status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM));
        verdicts += status == 0;
    }
    CHECK(verdicts > 0);
    atomic_store(&done, true);
    pthread_join(thread, NULL);
}

/* ---- wrong ---- */

static void refused(int error, struct mtalloc_limit limit) {
    EQUAL(error, mtalloc_add_limit(&limit));
}

static void wrong(void) {
    struct mtalloc_limit good = {.size = sizeof good,
                                 .kind = MTALLOC_LIMIT_LIVE,
                                 .bytes = (uint64_t)1 << 40,
                                 .call = note};
#define BUT(field, value)                                                                  \
    refused(-EINVAL, ({                                                                    \
        struct mtalloc_limit bad = good;                                                   \
        bad.field = value;                                                                 \
        bad;                                                                               \
    }))
    EQUAL(-EINVAL, mtalloc_add_limit(NULL));
    BUT(size, 0);
    BUT(size, sizeof good - 1);
    BUT(kind, 0);
    BUT(kind, 5);
    BUT(bytes, 0);
    BUT(bytes, ((uint64_t)1 << 40) + 1);
    BUT(seconds, 1);
    BUT(actions, 8);
    BUT(signal, -1);
    BUT(signal, SIGKILL);
    BUT(signal, SIGSEGV);
    BUT(signal, 65);
    BUT(zero, 1);
    BUT(call, NULL);
    good.kind = MTALLOC_LIMIT_RATE;
    BUT(seconds, 0);
    BUT(seconds, 3601);
    good.kind = MTALLOC_LIMIT_SITE;
    struct {
        struct mtalloc_limit limit;
        uint64_t later[2];
    } newer = {.limit = good};
    newer.limit.size = sizeof newer;
    int first = mtalloc_add_limit(&newer.limit);
    CHECK(first > 0);
    newer.later[1] = 1;
    EQUAL(-E2BIG, mtalloc_add_limit(&newer.limit));
    int count = 1;
    while (mtalloc_add_limit(&good) > 0)
        count++;
    EQUAL(16, count);
    EQUAL(-ENOSPC, mtalloc_add_limit(&good));
    EQUAL(0, mtalloc_remove_limit(first));
    EQUAL(first, mtalloc_add_limit(&good));
    for (int i = -1; i <= 18; i++)
        EQUAL(i >= 1 && i <= 16 ? 0 : -EINVAL, mtalloc_remove_limit(i));
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(void);
    } part[] = {{"live", live_bytes}, {"sites", sites},         {"single", single},
                {"rate", rate},       {"small", single_small},  {"actions", actions},
                {"end", end},         {"by_option", by_option}, {"exchange", exchange},
                {"wrong", wrong},     {"often", single_often},  {"forked", forked}};
    for (size_t i = 0; argc == 2 && i < sizeof part / sizeof *part; i++)
        if (strcmp(argv[1], part[i].name) == 0)
            return part[i].run(), 0;
    return 2;
}

/*
 * moments early|handler|child|held|recorded PATH|off: the functions before main and after
 * exit, in a handler that interrupts whatever four threads are at, in forked children, and
 * where the library does not count.
 */
#include "api/api.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <sys/wait.h>

#define HANDLERS 3000

static int early_mark = -1, late;

static int nothing(const struct mtalloc_site *site, void *context) {
    struct mtalloc_frame frame = {.size = sizeof frame};
    EQUAL(0, mtalloc_read_frame(site->frame, &frame));
    CHECK(memchr(frame.module, 0, sizeof frame.module));
    ++*(int *)context;
    return 0;
}

static void crossing(const struct mtalloc_crossing *crossing, void *context) {
    (void)crossing, (void)context;
}

/* All of it, wherever that is. */
static void use_all(void) {
    int sites = 0, mark, limit;
    struct mtalloc_limit wanted = {.size = sizeof wanted,
                                   .kind = MTALLOC_LIMIT_LIVE,
                                   .bytes = (uint64_t)1 << 40,
                                   .call = crossing};
    errno = 77;
    CHECK(totals_since(MTALLOC_START).live >= 0);
    CHECK((mark = mtalloc_mark()) > 0);
    EQUAL(0, mtalloc_move_mark(mark));
    EQUAL(0, mtalloc_visit_sites(MTALLOC_START, nothing, &sites));
    CHECK(sites > 0);
    EQUAL(0, mtalloc_drop_mark(mark));
    CHECK((limit = mtalloc_add_limit(&wanted)) > 0);
    EQUAL(0, mtalloc_remove_limit(limit));
    int named = mtalloc_name_thread("anywhere");
    CHECK(named == 0 || named == -EAGAIN);
    EQUAL(0, mtalloc_pause_thread());
    EQUAL(0, mtalloc_resume_thread());
    EQUAL(MTALLOC_VERSION_NUMBER, mtalloc_version_number());
    CHECK(strcmp(mtalloc_version(), "0.1.0") == 0);
    EQUAL(77, errno);
}

/* ---- before main, after exit ---- */

__attribute__((constructor)) static void before_main(void) {
    struct mtalloc_totals totals = {.size = sizeof totals};
    if (mtalloc_read_totals(MTALLOC_START, &totals) == -ENOTSUP)
        return;
    free(malloc(10));
    early_mark = mtalloc_mark();
    use_all();
}
__attribute__((destructor)) static void after_exit(void) {
    if (late) {
        free(malloc(10));
        use_all();
        (void)write(1, "late\n", 5);
    }
}
static pthread_key_t key;
static void at_thread_end(void *unused) {
    (void)unused;
    use_all();
}
static void *with_destructor(void *unused) {
    pthread_setspecific(key, &key);
    return unused;
}
static void early(void) {
    pthread_t thread;
    CHECK(early_mark > 0);
    CHECK((int64_t)totals_since(early_mark).allocs >= 0);
    free(malloc(10));
    CHECK(totals_since(early_mark).allocs >= 1);
    pthread_key_create(&key, at_thread_end);
    EQUAL(0, pthread_create(&thread, NULL, with_destructor, NULL));
    pthread_join(thread, NULL);
    late = 1;
}

/* ---- in handlers ---- */

static atomic_int handled;
static atomic_bool done;

static void handler(int number) {
    (void)number;
    int before = errno, count = atomic_fetch_add(&handled, 1);
    use_all();
    if (count % 500 == 0)
        (void)mtalloc_dump();
    errno = before;
}

static void *work(void *unused) {
    while (!atomic_load(&done)) {
        void *block[100];
        for (int i = 0; i < 100; i++)
            block[i] = malloc((size_t)i * 40);
        for (int i = 0; i < 100; i++)
            free(block[i]);
    }
    return unused;
}

static void handlers(void) {
    pthread_t thread[4];
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
    sigaction(SIGALRM, &action, NULL);
    for (int i = 0; i < 4; i++)
        EQUAL(0, pthread_create(&thread[i], NULL, work, NULL));
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm, NULL); /* for those that are in malloc */
    setitimer(ITIMER_REAL, &often, NULL);
    while (atomic_load(&handled) < HANDLERS)
        sched_yield();
    setitimer(ITIMER_REAL, &never, NULL);
    atomic_store(&done, true);
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    /* Nothing was lost or left behind. */
    for (int i = 1; i < 17 - (early_mark > 0); i++)
        CHECK(mtalloc_mark() > 0);
}

/* ---- in children ---- */

__attribute__((noinline)) static void *make(void) {
    return malloc(100);
}

static int add(const struct mtalloc_site *site, void *context) {
    *(uint64_t *)context += site->allocs;
    return 0;
}
static uint64_t allocs_of_sites(int mark) {
    uint64_t allocs = 0;
    EQUAL(0, mtalloc_visit_sites(mark, add, &allocs));
    return allocs;
}

/* With `path` the parent is recorded; a summary there is the child's first operation. */
static void in_child(int mark, const char *path) {
    if (path)
        EQUAL(0, mtalloc_dump_to(path));
    struct mtalloc_totals since = totals_since(mark), all = totals_since(MTALLOC_START);
    if (path) { /* counts from zero */
        EQUAL(0, since.allocs - all.allocs);
        CHECK(all.allocs < 100);
    } else {
        EQUAL(10, since.allocs);
        CHECK(all.allocs >= 1010);
    }
    EQUAL(since.allocs, allocs_of_sites(mark));
    free(make());
    EQUAL(since.allocs + 1, totals_since(mark).allocs);
    EQUAL(since.allocs + 1, allocs_of_sites(mark));
    use_all();
    EQUAL(0, mtalloc_drop_mark(mark));
    _exit(0);
}

static void children(const char *path) {
    int status = 1;
    for (int i = 0; i < 1000; i++)
        free(make());
    int mark = mtalloc_mark();
    for (int i = 0; i < 10; i++)
        free(make());
    pid_t pid = path ? _Fork() : fork(); /* without the library's fork handler */
    if (pid == 0)
        in_child(mark, path);
    waitpid(pid, &status, 0);
    EQUAL(0, status);
    EQUAL(10, totals_since(mark).allocs);
}

/* ---- in children: marks that are held ---- */

struct holding {
    int mark;
    pthread_barrier_t held, done;
};

/* Visitors run while the mark is held. */
static int wait_there(const struct mtalloc_site *site, void *context) {
    struct holding *holding = context;
    (void)site;
    pthread_barrier_wait(&holding->held);
    pthread_barrier_wait(&holding->done);
    return 1;
}
static void *holder(void *context) {
    struct holding *holding = context;
    EQUAL(1, mtalloc_visit_sites(holding->mark, wait_there, context));
    return NULL;
}

/* One visitor of this thread's is on its way, in the child too. */
static int fork_there(const struct mtalloc_site *site, void *context) {
    struct holding *holding = context;
    int status = 1;
    (void)site;
    pid_t pid = fork();
    if (pid == 0) {
        EQUAL(-EBUSY, mtalloc_move_mark(holding->mark));
        return 2;
    }
    waitpid(pid, &status, 0);
    EQUAL(0, status);
    return 1;
}

static void held_marks(void) {
    struct holding holding = {.mark = mtalloc_mark()};
    pthread_t thread[2];
    pthread_barrier_init(&holding.held, NULL, 3);
    pthread_barrier_init(&holding.done, NULL, 3);
    free(make());
    for (int i = 0; i < 2; i++)
        EQUAL(0, pthread_create(&thread[i], NULL, holder, &holding));
    pthread_barrier_wait(&holding.held);
    EQUAL(-EBUSY, mtalloc_move_mark(holding.mark));
    if (mtalloc_visit_sites(holding.mark, fork_there, &holding) == 2) {
        EQUAL(0, mtalloc_move_mark(holding.mark));
        EQUAL(0, mtalloc_drop_mark(holding.mark));
        EQUAL(-EINVAL, mtalloc_drop_mark(holding.mark));
        _exit(0);
    }
    pthread_barrier_wait(&holding.done);
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    EQUAL(0, mtalloc_drop_mark(holding.mark));
}

/* ---- where nothing is counted ---- */

static int none(const struct mtalloc_site *site, void *context) {
    (void)site, (void)context;
    return 1;
}

static void off(void) {
    struct mtalloc_totals totals = {.size = sizeof totals};
    struct mtalloc_frame frame = {.size = sizeof frame};
    struct mtalloc_limit limit = {
        .size = sizeof limit, .kind = MTALLOC_LIMIT_LIVE, .bytes = 1, .call = crossing};
    EQUAL(-ENOTSUP, mtalloc_read_totals(MTALLOC_START, &totals));
    EQUAL(-ENOTSUP, mtalloc_visit_sites(MTALLOC_START, none, NULL));
    EQUAL(-ENOTSUP, mtalloc_read_frame(1, &frame));
    EQUAL(-ENOTSUP, mtalloc_mark());
    EQUAL(-ENOTSUP, mtalloc_move_mark(1));
    EQUAL(-ENOTSUP, mtalloc_drop_mark(1));
    EQUAL(-ENOTSUP, mtalloc_add_limit(&limit));
    EQUAL(-ENOTSUP, mtalloc_remove_limit(1));
    EQUAL(-ENOTSUP, mtalloc_name_thread("off"));
    EQUAL(-ENOTSUP, mtalloc_pause_thread());
    EQUAL(-ENOTSUP, mtalloc_resume_thread());
    EQUAL(-ENOTSUP, mtalloc_dump_to("/tmp/mtalloc-off"));
    EQUAL(-ENOTSUP, mtalloc_dump());
    EQUAL(MTALLOC_VERSION_NUMBER, mtalloc_version_number());
}

int main(int argc, char **argv) {
    const char *what = argc >= 2 ? argv[1] : "";
    if (strcmp(what, "early") == 0)
        return early(), 0;
    if (strcmp(what, "handler") == 0)
        return handlers(), 0;
    if (strcmp(what, "child") == 0)
        return children(NULL), 0;
    if (strcmp(what, "held") == 0)
        return held_marks(), 0;
    if (strcmp(what, "recorded") == 0 && argc == 3)
        return children(argv[2]), 0;
    if (strcmp(what, "off") == 0)
        return off(), 0;
    return 2;
}

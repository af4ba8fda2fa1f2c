/* threads names|many|pause|fork: threads that have names, and threads that pause. */
#include "api/api.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define BLOCKS 100

static pthread_barrier_t all_there;

__attribute__((noinline)) static void *make(size_t bytes) {
    return malloc(bytes);
}

/* ---- names ---- */

static void *named(void *name) {
    (void)prctl(PR_SET_NAME, "kernel-name");
    EQUAL(0, mtalloc_name_thread("first"));
    EQUAL(0, mtalloc_name_thread(name));
    void *block = make(10);
    pthread_barrier_wait(&all_there);
    pthread_barrier_wait(&all_there);
    free(block);
    return NULL;
}
static void *unnamed(void *unused) {
    free(make(10));
    pthread_barrier_wait(&all_there);
    pthread_barrier_wait(&all_there);
    return unused;
}
static void *taken_back(void *unused) {
    EQUAL(0, mtalloc_name_thread("withdrawn"));
    EQUAL(0, mtalloc_name_thread(""));
    return unnamed(unused);
}

static void wrong_names(void) {
    static const char *const wrong[] = {
        "a b",  "a/b", "ä",   "a\nb",
        "a\"b", "a+b", "[a]", "12345678901234567890123456789012"};
    EQUAL(-EINVAL, mtalloc_name_thread(NULL));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        EQUAL(-EINVAL, mtalloc_name_thread(wrong[i]));
}

static void names(void) {
    static char longest[] = "1234567890123456789012345678901", plain[] = "Az_0.9-";
    pthread_t thread[4];
    pthread_t gone; /* its counters go to one of the others, its name does not */
    EQUAL(0, mtalloc_name_thread("main"));
    wrong_names();
    pthread_barrier_init(&all_there, NULL, 1);
    EQUAL(0, pthread_create(&gone, NULL, named, (char[]){"gone"}));
    pthread_join(gone, NULL);
    pthread_barrier_init(&all_there, NULL, 5);
    EQUAL(0, pthread_create(&thread[0], NULL, unnamed, NULL));
    EQUAL(0, pthread_create(&thread[1], NULL, named, longest));
    EQUAL(0, pthread_create(&thread[2], NULL, named, plain));
    EQUAL(0, pthread_create(&thread[3], NULL, taken_back, NULL));
    pthread_barrier_wait(&all_there);
    EQUAL(0, mtalloc_dump());
    pthread_barrier_wait(&all_there);
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
}

/* More than have counters of their own. */
static void *one_of_many(void *unused) {
    free(make(10));
    pthread_barrier_wait(&all_there);
    int result = mtalloc_name_thread("one");
    CHECK(result == 0 || result == -ENOSPC);
    static atomic_int refused;
    if (result != 0)
        atomic_fetch_add(&refused, 1);
    pthread_barrier_wait(&all_there);
    EQUAL(100 + 1 - 64, refused);
    return unused;
}
static void many(void) {
    pthread_t thread[100];
    pthread_barrier_init(&all_there, NULL, 100);
    free(make(10));
    for (int i = 0; i < 100; i++)
        EQUAL(0, pthread_create(&thread[i], NULL, one_of_many, NULL));
    for (int i = 0; i < 100; i++)
        pthread_join(thread[i], NULL);
}

/* ---- pauses ---- */

struct both {
    int64_t untracked, tracked; /* live blocks */
};

static int add(const struct mtalloc_site *site, void *context) {
    struct both *both = context;
    struct mtalloc_frame frame = {.size = sizeof frame};
    EQUAL(0, mtalloc_read_frame(site->frame, &frame));
    if (strcmp(frame.module, "[untracked]") == 0)
        both->untracked += site->live;
    else
        both->tracked += site->live;
    return 0;
}
static struct both live_since(int mark) {
    struct both both = {0, 0};
    EQUAL(0, mtalloc_visit_sites(mark, add, &both));
    return both;
}

static void make_all(void **block) {
    for (int i = 0; i < BLOCKS; i++)
        block[i] = make(50);
}
static void free_all(void **block) {
    for (int i = 0; i < BLOCKS; i++)
        free(block[i]);
}

static void *other(void *block) {
    make_all(block);
    return NULL;
}

static void expect(int mark, int64_t untracked, int64_t tracked) {
    struct both both = live_since(mark);
    EQUAL(untracked, both.untracked);
    EQUAL(tracked, both.tracked);
    EQUAL(50 * (untracked + tracked), totals_since(mark).live_bytes);
}

static void pauses(void) {
    void *first[BLOCKS], *second[BLOCKS], *third[BLOCKS];
    pthread_t thread;
    /* What a thread leaves behind is the C library's: once, and not since the mark. */
    EQUAL(0, pthread_create(&thread, NULL, other, first));
    pthread_join(thread, NULL);
    free_all(first);
    EQUAL(-EINVAL, mtalloc_resume_thread());
    make_all(first);
    int mark = mtalloc_mark();
    EQUAL(0, mtalloc_pause_thread());
    make_all(second);
    expect(mark, BLOCKS, 0);
    EQUAL(0, mtalloc_pause_thread());
    EQUAL(0, mtalloc_resume_thread());
    make_all(third);
    expect(mark, 2 * BLOCKS, 0);
    free_all(third);
    free_all(first); /* at their own site */
    expect(mark, BLOCKS, -BLOCKS);
    for (int i = 0; i < BLOCKS; i++)
        third[i] = realloc(make(20), 50);
    expect(mark, 2 * BLOCKS, -BLOCKS);
    EQUAL(0, pthread_create(&thread, NULL, other, first)); /* not paused */
    pthread_join(thread, NULL);
    expect(mark, 2 * BLOCKS, 0);
    EQUAL(0, mtalloc_resume_thread());
    EQUAL(-EINVAL, mtalloc_resume_thread());
    free_all(second);
    free_all(third);
    free_all(first);
    expect(mark, 0, -BLOCKS);
    make_all(first);
    expect(mark, 0, 0);
    free_all(first);
}

/* A child goes on as it was, whether it counts on or from zero. */
static void forked(void) {
    void *block[BLOCKS];
    EQUAL(0, mtalloc_pause_thread());
    pid_t pid = fork();
    if (pid == 0) {
        int mark = mtalloc_mark();
        make_all(block);
        expect(mark, BLOCKS, 0);
        EQUAL(0, mtalloc_resume_thread());
        EQUAL(-EINVAL, mtalloc_resume_thread());
        free_all(block);
        make_all(block);
        expect(mark, 0, BLOCKS);
        _exit(0);
    }
    int status = 1;
    waitpid(pid, &status, 0);
    EQUAL(0, status);
}

int main(int argc, char **argv) {
    const char *what = argc == 2 ? argv[1] : "";
    if (strcmp(what, "names") == 0)
        return names(), 0;
    if (strcmp(what, "many") == 0)
        return many(), 0;
    if (strcmp(what, "pause") == 0)
        return pauses(), 0;
    if (strcmp(what, "fork") == 0)
        return forked(), 0;
    return 2;
}

/* The family works before main, in destructors, atexit and at_quick_exit functions, in a
 * signal handler (raised outside malloc) and in destructors of thread-local data; calloc's
 * memory is zero after a purge too. */
#include "contract/check.h"
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static char *early;
static pthread_key_t key;
static volatile sig_atomic_t handled;

static int works(unsigned seed) {
    char *block = malloc(500), *zero = calloc(7, 9);
    fill(block, 500, seed);
    block = realloc(block, 70000);
    int good = is_filled(block, 500, seed) && is_zero(zero, 63);
    free(block), free(zero);
    return good;
}

__attribute__((constructor(102))) static void before_main(void) {
    early = strdup("early");
    CHECK(works(1));
}

__attribute__((destructor)) static void after_main(void) {
    if (!works(2) || strcmp(early, "early") != 0)
        _exit(50);
    free(early);
}

static void at_exit_function(void) {
    if (!works(3))
        _exit(51);
}

static void at_quick_exit_function(void) {
    _exit(works(4) ? 33 : 52);
}

static void handler(int signal) {
    handled = works((unsigned)signal);
}

static void of_thread_data(void *block) {
    free(block);
    if (!works(5))
        _exit(53);
}

static void *thread(void *unused) {
    pthread_setspecific(key, malloc(1000));
    return unused;
}

static void zero_after_purge(void) {
    for (size_t size = 100; size < 3 << 20; size *= 5) {
        char *dirty = memset(malloc(size), 0xff, size);
        free(dirty);
        malloc_trim(0);
        char *clean = calloc(1, size);
        CHECK_AT(is_zero(clean, size), size);
        free(clean);
    }
}

int main(void) {
    int status = 0;
    signal(SIGUSR2, handler);
    raise(SIGUSR2);
    CHECK(handled == 1);
    pthread_key_create(&key, of_thread_data);
    for (int i = 0; i < 20; i++) {
        pthread_t id;
        pthread_create(&id, NULL, thread, NULL);
        pthread_join(id, NULL);
    }
    zero_after_purge();
    at_quick_exit(at_quick_exit_function);
    pid_t pid = fork();
    if (pid == 0)
        quick_exit(1);
    CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 33);
    atexit(at_exit_function);
    return failures();
}

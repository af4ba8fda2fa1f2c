/* chain WHAT: raises SIGSEGV in one way or another, in a guard slot or not. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <pthread.h>
#include <unistd.h>

static char *freed;

__attribute__((noinline)) static void touch(const volatile char *at) {
    (void)*at;
}

static void own(int number, siginfo_t *info, void *context) {
    (void)context;
    puts(info->si_addr == freed ? "own handler, the slot" : "own handler");
    fflush(stdout);
    _exit(number);
}

static struct sigaction take(void) {
    struct sigaction action = {.sa_sigaction = own, .sa_flags = SA_SIGINFO}, old;
    sigaction(SIGSEGV, &action, &old);
    return old;
}

static volatile char *read_only(void) {
    return mmap((void *)(1ul << 40), 4096, PROT_READ,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}

/* As small a stack as a handler may expect. */
static void small_stack(void) {
    size_t bytes = getauxval(AT_MINSIGSTKSZ) + 1024;
    char *low =
        mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(low, 4096, PROT_NONE);
    stack_t stack = {.ss_sp = low + 4096, .ss_size = bytes > 2048 ? bytes : 2048};
    sigaltstack(&stack, NULL);
}

static void *thread(void *unused) {
    small_stack();
    touch(freed);
    return unused;
}

/* Many such threads touch freed blocks at once: whether all of their stacks sufficed. */
#define CROWD  300
#define ROUNDS 3
static char *theirs[ROUNDS * CROWD], *below[CROWD];
static pthread_barrier_t together;

static void *one_of_many(void *number) {
    size_t i = (size_t)number, bytes = getauxval(AT_MINSIGSTKSZ) + 1024;
    below[i] =
        mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t stack = {.ss_sp = below[i] + 32768, .ss_size = bytes > 2048 ? bytes : 2048};
    sigaltstack(&stack, NULL);
    pthread_barrier_wait(&together);
    for (unsigned round = 0; round < ROUNDS; round++) {
        usleep(1000);
        touch(theirs[round * CROWD + i]);
    }
    return NULL;
}

static int crowd(void) {
    pthread_t thread[CROWD];
    int written = 0;
    for (size_t i = 0; i < ROUNDS * CROWD; i++)
        theirs[i] = malloc(100);
    for (size_t i = 0; i < ROUNDS * CROWD; i++)
        free(theirs[i]);
    pthread_barrier_init(&together, NULL, CROWD);
    for (size_t i = 0; i < CROWD; i++)
        pthread_create(&thread[i], NULL, one_of_many, (void *)i);
    for (size_t i = 0; i < CROWD; i++) {
        pthread_join(thread[i], NULL);
        for (size_t at = 0; at < 32768; at++)
            written += below[i][at] != 0;
    }
    return written;
}

static int in_child(void) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        touch(freed);
        _exit(0);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    struct sigaction old;
    pthread_t other;
    freed = malloc(100);
    free(freed);
    if (!strcmp(what, "null"))
        touch(NULL);
    else if (!strcmp(what, "wild"))
        touch((char *)(1ul << 62));
    else if (!strcmp(what, "readonly"))
        *read_only() = 1;
    else if (!strcmp(what, "sent"))
        kill(getpid(), SIGSEGV);
    else if (!strcmp(what, "slot"))
        touch(freed);
    else if (!strcmp(what, "crowd"))
        printf("%d bytes below the stacks\n", crowd());
    else if (!strcmp(what, "later")) {
        take();
        touch(freed);
    } else if (!strcmp(what, "restored")) {
        old = take();
        sigaction(SIGSEGV, &old, NULL);
        touch(freed);
    } else if (!strcmp(what, "thread")) {
        pthread_create(&other, NULL, thread, NULL);
        pthread_join(other, NULL);
    } else if (!strcmp(what, "child"))
        printf("child %d\n", in_child());
    puts("went on");
    return 0;
}

/*
 * caged free|kill|only: a program that locks itself in once it has started, and then has
 * the library do all that it can. `kill`: a filter that kills for what opens files, changes
 * directories, or reads other memory. `only`: one that kills for everything but the calls
 * in docs/SYSCALLS.md ("in a sandbox") and the program's own. `free`: none.
 *
 * Prints what the calls returned, of itself and of a forked child.
 */
#include "mtalloc/mtalloc.h"
#include "tests/privacy/cage.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static const int killed[] = {SYS_openat,
                             SYS_mkdirat,
                             SYS_renameat,
                             SYS_unlinkat,
                             SYS_readlinkat,
                             SYS_linkat,
                             SYS_ptrace,
                             SYS_process_vm_readv,
                             SYS_process_vm_writev,
                             SYS_mincore,
                             SYS_getdents64,
                             SYS_socket,
#ifdef SYS_open
                             SYS_open,
                             SYS_creat,
                             SYS_mkdir,
                             SYS_rename,
                             SYS_unlink,
                             SYS_readlink,
#endif
                             -1};
static const int allowed[] = {
    /* The library's. */
    SYS_mmap, SYS_munmap, SYS_mprotect, SYS_madvise, SYS_futex, SYS_getpid, SYS_gettid,
    SYS_rt_sigprocmask, SYS_rt_sigpending, SYS_write, SYS_fstat, SYS_prctl, SYS_exit_group,
    SYS_pread64, SYS_close,
    /* The program's: threads, signals, a child, printf. */
    SYS_clone3, SYS_clone, SYS_set_robust_list, SYS_rseq, SYS_exit, SYS_tgkill,
    SYS_rt_sigreturn, SYS_rt_sigaction, SYS_wait4, SYS_newfstatat, SYS_brk,
    SYS_set_tid_address, -1};

static void *volatile kept[4096];

/* More blocks, stacks and threads than the first chunks of any table hold. */
__attribute__((noinline)) static void allocate(unsigned number, int depth) {
    kept[number % 4096] = realloc(kept[number % 4096], 10 + number % 100000);
    if (depth > 0 && number & 1)
        allocate(number * 31 + 7, depth - 1);
    else if (depth > 0)
        allocate(number * 33 + 5, depth - 1);
}
static void *thread(void *unused) {
    for (unsigned i = 0; i < 500; i++)
        free(malloc(i * 1000));
    return unused;
}

static void work(const char *who) {
    char text[128];
    char *volatile block = malloc(100);
    pthread_t other;
    for (unsigned i = 0; i < 500; i++)
        allocate(i, 40);
    if (pthread_create(&other, NULL, thread, NULL) == 0)
        pthread_join(other, NULL);
    raise(SIGUSR1);
    int summary = mtalloc_dump(), again = mtalloc_dump(), to_fd = mtalloc_dump_fd(3);
    int check = mtalloc_check();
    free(block);
    free(block);
    int length =
        snprintf(text, sizeof text, "%s %d %d %d %d\n", who, summary, again, to_fd, check);
    if (write(1, text, (size_t)length) != length)
        abort();
}

int main(int argc, char **argv) {
    int status = 0;
    if (argc < 2)
        return 2;
    if (strcmp(argv[1], "free") != 0 &&
        cage(strcmp(argv[1], "only") == 0 ? allowed : killed,
             strcmp(argv[1], "only") == 0 ? SECCOMP_RET_ALLOW : SECCOMP_RET_KILL_PROCESS,
             strcmp(argv[1], "only") == 0 ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ALLOW) !=
            0)
        return 77;
    work("parent");
    pid_t child = fork();
    if (child == 0) {
        work("child");
        exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        return 3;
    return 0;
}

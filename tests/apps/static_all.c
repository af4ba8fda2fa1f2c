/* Calls everything that glibc's malloc.o offers, and what of libc allocates or knows of
 * malloc (fork, threads, stdio), linked statically. */
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static void *thread(void *unused) {
    free(malloc(100));
    (void)unused;
    return strdup("from a thread");
}

static int works(void) {
    void *aligned = NULL, *from_thread = NULL;
    char *line = NULL, *block = malloc(1000);
    size_t room = 0, lines = 0;
    block = realloc(block, 5000);
    if (posix_memalign(&aligned, 64, 100) != 0 || (uintptr_t)aligned % 64)
        return 0;
    free(block), free(aligned), free(calloc(3, 4)), free(reallocarray(NULL, 3, 4));
    free(aligned_alloc(64, 64)), free(memalign(64, 1)), free(valloc(1)), free(pvalloc(1));
    FILE *file = fopen("/proc/self/status", "r");
    while (getline(&line, &room, file) > 0)
        lines++;
    fclose(file);
    free(line);
    pthread_t id;
    pthread_create(&id, NULL, thread, NULL);
    pthread_join(id, &from_thread);
    int same = strcmp(from_thread, "from a thread") == 0;
    free(from_thread);
    return same && lines > 20;
}

int main(void) {
    int status = 0;
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    char *volatile seven = malloc(7);
    printf("%d %d %zu\n", mallinfo().uordblks > 0, mallinfo2().uordblks > 0,
           malloc_usable_size(seven));
    malloc_trim(0);
    malloc_info(0, stderr);
    malloc_stats();
    printf("%d\n", works());
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(works() ? 9 : 1);
    waitpid(pid, &status, 0);
    printf("%d\n", WEXITSTATUS(status));
    return 0;
}

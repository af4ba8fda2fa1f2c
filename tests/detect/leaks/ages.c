/* ages: two blocks, seconds apart; prints their ages and the program's, in whole seconds.
 */
#include "leaks.h"
#include <time.h>
#include <unistd.h>

extern void *held[2];
void *held[2];

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* A thread takes IDs in batches: these are of different ones. */
APART static void use_ids(void) {
    for (int i = 0; i < 20000; i++)
        free(malloc(10));
}

int main(void) {
    double start = now();
    use_ids();
    held[0] = malloc(7000);
    double first = now();
    sleep(3);
    use_ids();
    held[1] = malloc(900);
    double second = now();
    use_ids();
    printf("%d %d %d\n", (int)(now() - first), (int)(now() - second),
           (int)(now() - start) + 1);
    return 0;
}

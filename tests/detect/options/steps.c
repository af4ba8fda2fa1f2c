/* steps MiB MiB …: holds so much, one after the other; steps SECONDS: allocates and frees
 * for so long. */
#include <stdlib.h>
#include <time.h>

#define BLOCK 1024

static void *held[1 << 20];

static size_t to(size_t count, size_t wanted) {
    for (; count < wanted; count++)
        held[count] = malloc(BLOCK);
    while (count > wanted)
        free(held[--count]);
    return count;
}

int main(int argc, char **argv) {
    if (argc == 2)
        for (time_t end = time(NULL) + atoi(argv[1]); time(NULL) < end;)
            for (int i = 0; i < 10000; i++)
                free(malloc(100));
    size_t count = 0;
    for (int i = 1; argc > 2 && i < argc; i++)
        count = to(count, (size_t)atoi(argv[i]) * 1024);
    return count > sizeof held / sizeof *held;
}

/*
 * core WORD: keeps the word in a global, and in blocks of every size class from 16 bytes to
 * 64 MiB the same word with every letter replaced by the next, so that it is nowhere else;
 * freed, too, and resized. Prints where the library is mapped and dies with a core.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char global[64], zeros[2][1 << 20];
static void *volatile kept[64];

static void plant(char *block, size_t size) {
    size_t length = strlen(global);
    for (size_t i = 0; i < size; i++)
        block[i] = (char)(global[i % length] + 1);
}

int main(int argc, char **argv) {
    char line[4096];
    FILE *maps = fopen("/proc/self/maps", "r");
    int count = 0;
    if (argc < 2 || !maps)
        return 2;
    strncpy(global, argv[1], sizeof global - 1);
    while (fgets(line, sizeof line, maps))
        if (strstr(line, "libmtalloc.so") && !strncmp(strchr(line, ' ') + 6, "00000000", 8))
            fputs(line, stdout);
    fclose(maps);
    for (size_t size = 32; size <= (64u << 20); size *= 4) {
        kept[count] = malloc(size);
        plant(kept[count++], size);
        kept[count] = aligned_alloc(4096, size < 4096 ? 4096 : size);
        plant(kept[count++], size);
        char *freed = malloc(size);
        plant(freed, size);
        free(freed);
        kept[count] = calloc(1, size);
        plant(kept[count], size);
        kept[count] = realloc(kept[count], 2 * size);
        count++;
    }
    fflush(stdout);
    /* Vector registers hold what was copied last, and are in a core as well. */
    for (size_t size = sizeof zeros[0]; size; size /= 2)
        memcpy(zeros[0], zeros[1], size);
    abort();
}

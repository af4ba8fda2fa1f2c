/*
 * quantiles FILE …: files of latency.c, each one run of the same calls. Prints two lines of
 * nanoseconds, "p50 p99 p99.9 p99.99 max":
 *
 *   runs   the median of the runs' quantiles: with what the machine did meanwhile
 *   floor  of the least that each call took in any run: what interrupts the program does
 *          so at another call in each run, what the call itself needs it needs in all
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RUNS_MOST = 64, QUANTILES = 5 };

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Reads a file into memory of ours; NULL if it isn't the right size. */
static uint32_t *read_samples(const char *path, size_t *count) {
    struct stat facts;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &facts) != 0 || facts.st_size < (off_t)sizeof(uint32_t))
        return NULL;
    size_t bytes = (size_t)facts.st_size;
    if (*count && *count != bytes / sizeof(uint32_t))
        return NULL;
    *count = bytes / sizeof(uint32_t);
    void *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    close(fd);
    return mapped == MAP_FAILED ? NULL : mapped;
}

static void quantiles(uint32_t *samples, size_t count, uint32_t out[QUANTILES]) {
    static const double shares[QUANTILES] = {0.5, 0.99, 0.999, 0.9999, 1};
    qsort(samples, count, sizeof *samples, compare);
    for (int q = 0; q < QUANTILES; q++) {
        size_t index = (size_t)((double)count * shares[q]);
        out[q] = samples[index < count ? index : count - 1];
    }
}

static void print(const char *name, const uint32_t values[QUANTILES]) {
    printf("%s", name);
    for (int q = 0; q < QUANTILES; q++)
        printf(" %u", values[q]);
    printf("\n");
}

int main(int argc, char **argv) {
    size_t count = 0;
    int runs = argc - 1;
    if (runs < 1 || runs > RUNS_MOST)
        return 2;
    static uint32_t of_run[QUANTILES][RUNS_MOST];
    uint32_t *floor = NULL, values[QUANTILES];
    for (int run = 0; run < runs; run++) {
        uint32_t *samples = read_samples(argv[1 + run], &count);
        if (!floor)
            floor = malloc(count * sizeof *floor);
        if (!samples || !floor) {
            fprintf(stderr, "quantiles: cannot use %s\n", argv[1 + run]);
            return 1;
        }
        for (size_t i = 0; i < count; i++)
            if (run == 0 || samples[i] < floor[i])
                floor[i] = samples[i];
        quantiles(samples, count, values);
        for (int q = 0; q < QUANTILES; q++)
            of_run[q][run] = values[q];
        munmap(samples, count * sizeof *samples);
    }
    for (int q = 0; q < QUANTILES; q++) {
        qsort(of_run[q], (size_t)runs, sizeof(uint32_t), compare);
        values[q] = of_run[q][runs / 2];
    }
    print("runs", values);
    quantiles(floor, count, values);
    print("floor", values);
    free(floor);
    return 0;
}

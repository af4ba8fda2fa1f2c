/* Where libFuzzer is missing: its entry on every file named, then on changed copies of it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST  (64 << 10)
#define TRIES 2000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static uint64_t state = 88172645463325252u;
static uint64_t next(uint64_t below) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (state >> 20) % below;
}

/* In memory of just that size, so that a sanitizer sees what is read behind it. */
static void run(const uint8_t *data, size_t bytes) {
    uint8_t *exact = malloc(bytes);
    if (!exact)
        abort();
    memcpy(exact, data, bytes);
    (void)LLVMFuzzerTestOneInput(exact, bytes);
    free(exact);
}

int main(int argc, char **argv) {
    static uint8_t read_in[MOST], changed[MOST];
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        size_t bytes = file ? fread(read_in, 1, MOST, file) : 0;
        if (!bytes)
            return 1;
        fclose(file);
        run(read_in, bytes);
        for (int try = 0; try < TRIES; try++) {
            memcpy(changed, read_in, bytes);
            for (uint64_t changes = 1 + next(8); changes--;)
                changed[next(bytes)] = (uint8_t)next(256);
            run(changed, try % 4 ? bytes : 1 + next(bytes));
        }
    }
    printf("Done %d runs\n", (argc - 1) * (TRIES + 1));
    return 0;
}

/*
 * trim: a cache that gives up half of itself when the program's live bytes pass a limit.
 * The callback runs within a malloc, so it only sets a flag, which the program's loop looks
 * at.
 */
#include <mtalloc/mtalloc.h>

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_BYTES (8u << 20)
#define BLOCK      4096
#define ROUNDS     10000

static atomic_bool too_much;

static void on_limit(const struct mtalloc_crossing *crossing, void *context) {
    (void)crossing;
    atomic_store((atomic_bool *)context, true);
}

static void *cache[ROUNDS];
static int first, next;

static void trim(void) {
    int keep = (next - first) / 2;
    while (next - first > keep)
        free(cache[first++]);
}

int main(void) {
    int trims = 0;
    struct mtalloc_limit limit = {.size = sizeof limit,
                                  .kind = MTALLOC_LIMIT_LIVE,
                                  .bytes = MOST_BYTES,
                                  .call = on_limit,
                                  .context = &too_much};
    int number = mtalloc_add_limit(&limit);
    if (number < 0) {
        fprintf(stderr, "trim: no limit: error %d\n", -number);
        return 1;
    }
    while (next < ROUNDS) {
        cache[next++] = malloc(BLOCK);
        if (atomic_exchange(&too_much, false)) {
            trim();
            trims++;
        }
    }
    struct mtalloc_totals totals = {.size = sizeof totals};
    (void)mtalloc_read_totals(MTALLOC_START, &totals);
    printf("trimmed %d times, at most %" PRIu64 " bytes\n", trims, totals.peak_bytes);
    (void)mtalloc_remove_limit(number);
    while (first < next)
        free(cache[first++]);
    return 0;
}

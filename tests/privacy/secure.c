/* Prints AT_SECURE and sends itself SIGUSR1; set-user-ID and linked with the library. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include <mtalloc/mtalloc.h>

static int called;

static void crossed(const struct mtalloc_crossing *crossing, void *context) {
    (void)crossing, (void)context;
    called++;
}

/* What the program counts for itself goes on; a file is another thing. */
static void own_counts(void) {
    struct mtalloc_totals totals = {.size = sizeof totals};
    struct mtalloc_limit limit = {
        .size = sizeof limit, .kind = MTALLOC_LIMIT_LIVE, .bytes = 1000, .call = crossed};
    int added = mtalloc_add_limit(&limit), read = mtalloc_read_totals(0, &totals);
    free(malloc(100000));
    printf("to %d totals %d %d limit %d %d\n", mtalloc_dump_to("missing/one"), read,
           totals.allocs > 0, added > 0, called);
}

int main(void) {
    char *volatile block = malloc(100);
    printf("%lu %d\n", getauxval(AT_SECURE), mtalloc_dump());
    own_counts();
    fflush(stdout);
    raise(SIGUSR1);
    free(block);
    puts("survived");
    return 0;
}

/*
 * contexts log|limit: a block that only the library's own data lead to, since the program
 * gave it along with a callback; prints what is lost while it is there, and after.
 */
#include "leaks.h"
#include "mtalloc/limits.h"
#include "mtalloc/mtalloc.h"

static void no_line(int level, const char *line, void *context) {
    (void)level;
    (void)line;
    (void)context;
}
static void no_crossing(const struct mtalloc_crossing *crossing, void *context) {
    (void)crossing;
    (void)context;
}

APART static int give(int log) {
    if (log) {
        mtalloc_set_log(no_line, malloc(1000));
        return 0;
    }
    struct mtalloc_limit limit = {.size = sizeof limit,
                                  .kind = MTALLOC_LIMIT_LIVE,
                                  .bytes = UINT64_C(1) << 40,
                                  .call = no_crossing,
                                  .context = malloc(1000)};
    return mtalloc_add_limit(&limit);
}

APART static void take_back(int number) {
    if (number)
        (void)mtalloc_remove_limit(number);
    else
        mtalloc_set_log(NULL, NULL);
}

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    int number = give(!strcmp(argv[1], "log"));
    wipe_stack();
    printf("%d", mtalloc_leaks(MTALLOC_LEAKS_REACHABLE));
    take_back(number);
    wipe_stack();
    printf(" %d\n", mtalloc_leaks(MTALLOC_LEAKS_REACHABLE));
    return number < 0;
}

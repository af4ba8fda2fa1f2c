/* keep bug|correct: blocks that are lost on purpose, with what hangs on them. */
#include "leaks.h"
#include "mtalloc/mtalloc.h"

APART static struct node *pair(void) {
    struct node *volatile first = malloc(sizeof *first);
    first->next = malloc(sizeof *first);
    first->next->next = NULL;
    return first;
}

APART static int keep_one(int correct) {
    struct node *volatile first = pair();
    int result = correct ? mtalloc_keep(first) : 0;
    first = NULL;
    return result;
}

/* Places are used again. */
APART static int keep_and_free(unsigned times) {
    int result = 0;
    for (unsigned i = 0; i < times && result == 0; i++) {
        void *volatile block = malloc(40);
        result = mtalloc_keep(block);
        free(block);
        block = NULL;
    }
    return result;
}

APART static int keep_wrong(void) {
    static char global[64];
    char *volatile block = malloc(100);
    int inside = mtalloc_keep(block + 16), null = mtalloc_keep(NULL),
        other = mtalloc_keep(global + 32);
    free(block);
    return inside == null && null == other && mtalloc_keep(block) == null ? null : 1;
}

APART static int keep_too_many(void) {
    static void *blocks[5000];
    int kept = 0;
    for (int i = 0; i < 5000; i++)
        kept += mtalloc_keep(blocks[i] = malloc(16)) == 0;
    return kept;
}

int main(int argc, char **argv) {
    int correct = argc > 1 && !strcmp(argv[1], "correct");
    int once = keep_one(correct), often = keep_and_free(20000), wrong = keep_wrong();
    wipe_stack();
    printf("%d %d %d %d", once, often, wrong, mtalloc_leaks(MTALLOC_LEAKS_REACHABLE));
    printf(" %d", mtalloc_leaks(MTALLOC_LEAKS_SITES));
    printf(" %d\n", keep_too_many());
    return 0;
}

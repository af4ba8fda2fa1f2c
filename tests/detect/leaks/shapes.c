/*
 * shapes SHAPE lost|held: a structure of many blocks whose root is lost, or in a global;
 * prints how many blocks mtalloc_leaks() calls lost.
 */
#include "leaks.h"
#include "mtalloc/mtalloc.h"

extern void *root;
void *root;

APART static struct node *list(unsigned length) {
    struct node *first = NULL;
    for (unsigned i = 0; i < length; i++) {
        struct node *volatile node = malloc(sizeof *node);
        node->next = first;
        first = node;
    }
    return first;
}

APART static void *ring(unsigned length) {
    struct node *first = list(length), *last = first;
    while (last->next)
        last = last->next;
    last->next = first;
    return first;
}

/* A hub that leads to all, each of which leads back to it. */
APART static void *wheel(unsigned spokes) {
    struct node **hub = malloc(spokes * sizeof *hub);
    for (unsigned i = 0; i < spokes; i++) {
        hub[i] = malloc(sizeof **hub);
        hub[i]->next = (struct node *)hub;
    }
    return hub;
}

APART static void *tree(unsigned levels) {
    void **volatile node = calloc(3, sizeof *node);
    for (unsigned i = 0; levels > 1 && i < 3; i++)
        node[i] = tree(levels - 1);
    return node;
}

/* In a list that turns back on itself half way. */
APART static void *knot(unsigned length) {
    struct node *first = list(length), *last = first, *middle = first;
    for (unsigned i = 0; last->next; i++, last = last->next)
        if (i % 2)
            middle = middle->next;
    last->next = middle;
    return first;
}

APART static void *make(const char *shape) {
    return !strcmp(shape, "list")    ? list(1000000)
           : !strcmp(shape, "ring")  ? ring(1000)
           : !strcmp(shape, "one")   ? ring(1)
           : !strcmp(shape, "wheel") ? wheel(300000)
           : !strcmp(shape, "tree")  ? tree(9)
           : !strcmp(shape, "knot")  ? knot(1001)
                                     : NULL;
}

APART static void hold(const char *shape, int held) {
    void *volatile made = make(shape);
    root = held ? made : NULL;
    made = NULL;
}

int main(int argc, char **argv) {
    if (argc != 3)
        return 2;
    hold(argv[1], !strcmp(argv[2], "held"));
    wipe_stack();
    printf("%d\n", mtalloc_leaks(MTALLOC_LEAKS_REACHABLE));
    return 0;
}

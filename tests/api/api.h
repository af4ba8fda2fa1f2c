/* Helpers of the programs in tests/api: a failed check says where and ends the program. */
#ifndef TESTS_API_H
#define TESTS_API_H

#include <mtalloc/mtalloc.h>

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(what)                                                                        \
    do {                                                                                   \
        if (!(what)) {                                                                     \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what);             \
            _exit(1);                                                                      \
        }                                                                                  \
    } while (0)

/* wanted, what was got */
#define EQUAL(a, b)                                                                        \
    do {                                                                                   \
        long long a_ = (long long)(a), b_ = (long long)(b);                                \
        if (a_ != b_) {                                                                    \
            fprintf(stderr, "%s:%d: %s: wanted %lld, got %lld\n", __FILE__, __LINE__, #b,  \
                    a_, b_);                                                               \
            _exit(1);                                                                      \
        }                                                                                  \
    } while (0)

static inline struct mtalloc_totals totals_since(int mark) {
    struct mtalloc_totals totals = {.size = sizeof totals};
    EQUAL(0, mtalloc_read_totals(mark, &totals));
    EQUAL(sizeof totals, totals.size);
    return totals;
}

#endif

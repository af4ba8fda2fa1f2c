/*
 * Functions that compilers make something odd of: tail calls, prologues moved into a
 * branch, every register in use, arrays of variable size; a call by way of the loader's
 * lazy binding.
 */
#include "stacks/truth.h"
#include <stdlib.h>

int library_picked(int value);

static volatile int opaque = 1; /* keeps the compiler from knowing numbers */

static NOINLINE void leaf(int size) {
    ENTER;
    ALLOC((size_t)size);
    LEAVE;
}

/* Optimised, the last call takes this function's place. */
static NOINLINE void last_call(int size) {
    ENTER;
    ALLOC(21);
#ifdef __OPTIMIZE__
    LEAVE;
    leaf(size);
#else
    leaf(size);
    LEAVE;
#endif
}

static NOINLINE void (*chosen(int odd))(int) {
    return odd ? last_call : leaf;
}
static NOINLINE void last_call_by_pointer(int size) {
    void (*next)(int) = chosen(size & opaque);
    ENTER;
    ALLOC(22);
#ifdef __OPTIMIZE__
    LEAVE;
    next(size);
#else
    next(size);
    LEAVE;
#endif
}

static NOINLINE void tail_calls(void) {
    ENTER;
    for (int i = 1; i < 6; i++) {
        last_call(i);
        last_call_by_pointer(i);
    }
    LEAVE;
}

/* The way out is short: registers are saved only on the other one. */
static NOINLINE long wrapped(const int *numbers, int count) {
    if (!numbers)
        return 0;
    ENTER;
    long sum = 0;
    for (int i = 0; i < count; i++) {
        sum += numbers[i] * opaque;
        leaf(numbers[i]);
        if (sum > 1000)
            last_call((int)(sum & 7));
    }
    LEAVE;
    return sum;
}

/* More values live over each call than there are registers, rbp among them. */
static NOINLINE long crowded(long a, long b, long c, long d) {
    ENTER;
    long e = a * 3 + opaque, f = b * 5 - opaque, g = c * 7 + opaque, h = d * 9 - opaque;
    long i = e ^ g, j = f ^ h, k = e + h;
    leaf(1);
    for (int round = 0; round < 3; round++) {
        a += i, b += j, c += k, d += e;
        ALLOC((size_t)(23 + round));
        e += f, f += g, g += h, h += a;
        tail_calls();
        i ^= b, j ^= c, k ^= d;
    }
    leaf(2);
    LEAVE;
    return a + b + c + d + e + f + g + h + i + j + k;
}

/* The frame grows as it runs and between its calls. */
static NOINLINE long growing(int depth) {
    ENTER;
    long sum = 0;
    for (int size = 1; size < 200; size = size * 3 + depth) {
        volatile char array[size];
        array[0] = array[size - 1] = (char)depth;
        ALLOC((size_t)size);
        sum += array[size - 1];
        if (depth > 0)
            sum += growing(depth - 1);
    }
    leaf(30);
    LEAVE;
    return sum;
}

static NOINLINE void bound_lazily(void) {
    ENTER;
    leaf(library_picked(31));
    leaf(library_picked(32));
    LEAVE;
}

int main(void) {
    static const int numbers[] = {100, 200, 300, 400, 500, 600};
    truth_begin(FROM_START);
    ENTER;
    long sum = 0;
    for (int round = 0; round < 3; round++) {
        bound_lazily();
        tail_calls();
        sum += wrapped(round == 1 ? NULL : numbers, 6 * opaque);
        sum += crowded(round, round + 1, round + 2, round + 3);
        sum += growing(3 * opaque);
        truth_free_every_third();
    }
    leaf(40 + (sum == 0));
    LEAVE;
    truth_print();
    return 0;
}

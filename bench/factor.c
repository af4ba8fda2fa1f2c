/*
 * A factoriser on arbitrary-precision naturals, each value a block of its own: Pollard's
 * rho with Floyd's cycle finding. Nearly all it does is allocate and free small blocks.
 * Checks each result, prints it, and exits 1 if one is wrong.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Little-endian limbs without leading zeros; zero has none. */
struct big {
    size_t count;
    uint32_t limb[];
};

/* A library's functions, not to be melted into their callers. */
#define FUNCTION static __attribute__((noinline))

FUNCTION struct big *big_new(size_t limbs) {
    struct big *b = malloc(sizeof *b + limbs * sizeof b->limb[0]);
    if (!b)
        abort();
    b->count = limbs;
    return b;
}

static struct big *trimmed(struct big *b) {
    while (b->count && !b->limb[b->count - 1])
        b->count--;
    return b;
}

FUNCTION struct big *big_from(uint64_t value) {
    struct big *b = big_new(2);
    b->limb[0] = (uint32_t)value;
    b->limb[1] = (uint32_t)(value >> 32);
    return trimmed(b);
}

FUNCTION struct big *big_copy(const struct big *a) {
    struct big *copy = big_new(a->count);
    for (size_t i = 0; i < a->count; i++)
        copy->limb[i] = a->limb[i];
    return copy;
}

static int big_compare(const struct big *a, const struct big *b) {
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (size_t i = a->count; i--;)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

FUNCTION struct big *big_add(const struct big *a, const struct big *b) {
    if (a->count < b->count)
        return big_add(b, a);
    struct big *sum = big_new(a->count + 1);
    uint64_t carry = 0;
    for (size_t i = 0; i < a->count; i++) {
        carry += (uint64_t)a->limb[i] + (i < b->count ? b->limb[i] : 0);
        sum->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    sum->limb[a->count] = (uint32_t)carry;
    return trimmed(sum);
}

FUNCTION struct big *big_distance(const struct big *a, const struct big *b) {
    if (big_compare(a, b) < 0)
        return big_distance(b, a);
    struct big *difference = big_new(a->count);
    int64_t borrow = 0;
    for (size_t i = 0; i < a->count; i++) {
        borrow += (int64_t)a->limb[i] - (i < b->count ? b->limb[i] : 0);
        difference->limb[i] = (uint32_t)borrow;
        borrow >>= 32;
    }
    return trimmed(difference);
}

FUNCTION struct big *big_multiply(const struct big *a, const struct big *b) {
    struct big *product = big_new(a->count + b->count);
    for (size_t i = 0; i < product->count; i++)
        product->limb[i] = 0;
    for (size_t i = 0; i < a->count; i++) {
        uint64_t carry = 0;
        for (size_t j = 0; j < b->count; j++) {
            carry += (uint64_t)a->limb[i] * b->limb[j] + product->limb[i + j];
            product->limb[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        product->limb[i + b->count] = (uint32_t)carry;
    }
    return trimmed(product);
}

/* rest[at …] -= digit * divisor; the borrow that is left over. */
static uint64_t subtract_multiple(struct big *rest, size_t at, const struct big *divisor,
                                  uint64_t digit) {
    uint64_t borrow = 0;
    for (size_t i = 0; i < divisor->count; i++) {
        borrow += digit * divisor->limb[i];
        uint32_t low = (uint32_t)borrow;
        borrow = (borrow >> 32) + (rest->limb[at + i] < low);
        rest->limb[at + i] -= low;
    }
    return borrow;
}

static uint64_t add_back(struct big *rest, size_t at, const struct big *divisor) {
    uint64_t carry = 0;
    for (size_t i = 0; i < divisor->count; i++) {
        carry += (uint64_t)rest->limb[at + i] + divisor->limb[i];
        rest->limb[at + i] = (uint32_t)carry;
        carry >>= 32;
    }
    return carry;
}

/* The limb at `top` of b and the one above it, moved up by `shift` with what follows. */
static uint64_t leading(const struct big *b, size_t top, uint32_t above, int shift) {
    uint64_t lead = (uint64_t)above << 32 | b->limb[top];
    if (shift == 0)
        return lead;
    return lead << shift | (top ? b->limb[top - 1] : 0) >> (32 - shift);
}

/* Long division. A digit guessed from the leading limbs, with the divisor's top bit moved
 * to the top, is never too small and at most two too large; the excess is added back. */
FUNCTION struct big *big_modulo(const struct big *a, const struct big *n) {
    struct big *rest = big_new(a->count + 1);
    for (size_t i = 0; i < a->count; i++)
        rest->limb[i] = a->limb[i];
    rest->limb[a->count] = 0;
    size_t top = n->count - 1;
    int shift = __builtin_clz(n->limb[top]);
    uint64_t divisor = leading(n, top, 0, shift);
    for (size_t at = a->count + 1 - n->count; a->count >= n->count && at--;) {
        uint32_t above = rest->limb[at + n->count];
        uint64_t digit = leading(rest, at + top, above, shift) / divisor;
        uint64_t borrow =
            subtract_multiple(rest, at, n, digit > UINT32_MAX ? UINT32_MAX : digit);
        while (borrow > above)
            borrow -= add_back(rest, at, n);
        rest->limb[at + n->count] = 0;
    }
    return trimmed(rest);
}

FUNCTION struct big *big_gcd(const struct big *a, const struct big *b) {
    struct big *x = big_copy(a), *y = big_copy(b);
    while (y->count) {
        struct big *rest = big_modulo(x, y);
        free(x);
        x = y;
        y = rest;
    }
    free(y);
    return x;
}

/* x <- x² + c modulo n; takes x over. */
FUNCTION struct big *step(struct big *x, const struct big *c, const struct big *n) {
    struct big *square = big_multiply(x, x);
    struct big *sum = big_add(square, c);
    struct big *next = big_modulo(sum, n);
    free(x);
    free(square);
    free(sum);
    return next;
}

/* product <- product · |x - y| modulo n; takes product over. */
FUNCTION struct big *gather(struct big *product, const struct big *x, const struct big *y,
                            const struct big *n) {
    struct big *distance = big_distance(x, y);
    struct big *larger = big_multiply(product, distance);
    struct big *next = big_modulo(larger, n);
    free(product);
    free(distance);
    free(larger);
    return next;
}

/* A divisor of n greater than 1; it may be n itself. */
FUNCTION struct big *rho(const struct big *n, uint64_t increment) {
    struct big *c = big_from(increment), *x = big_from(2), *y = big_from(2);
    struct big *product = big_from(1), *divisor = big_from(1);
    while (divisor->count == 1 && divisor->limb[0] == 1) {
        for (int i = 0; i < 64; i++) {
            x = step(x, c, n);
            y = step(step(y, c, n), c, n);
            product = gather(product, x, y, n);
        }
        free(divisor);
        divisor = big_gcd(product, n);
    }
    free(c);
    free(x);
    free(y);
    free(product);
    return divisor;
}

/* Factors prime * one * other and says whether the prime, the smallest, came out. */
static bool finds(uint64_t prime, uint64_t one, uint64_t other) {
    struct big *a = big_from(prime), *b = big_from(one), *c = big_from(other);
    struct big *cofactor = big_multiply(b, c), *n = big_multiply(a, cofactor);
    struct big *divisor = rho(n, 1);
    for (uint64_t increment = 2; big_compare(divisor, n) == 0; increment++) {
        free(divisor);
        divisor = rho(n, increment);
    }
    bool found = big_compare(divisor, a) == 0;
    printf("%u: %s\n", divisor->limb[0], found ? "right" : "wrong");
    free(a);
    free(b);
    free(c);
    free(cofactor);
    free(n);
    free(divisor);
    return found;
}

int main(void) {
    static const uint64_t primes[] = {
        536870909,  805306457,  998244353,  1000000007, 1073741789,
        1073741827, 1073741831, 2147483587, 2147483629, 2147483647,
    };
    static const uint64_t cofactors[][2] = {
        {1000000000000000003, 1},
        {1000000000000000009, 2305843009213693951},
        {2305843009213693951, 1},
    };
    for (size_t i = 0; i < sizeof primes / sizeof primes[0]; i++)
        for (size_t j = 0; j < sizeof cofactors / sizeof cofactors[0]; j++)
            if (!finds(primes[i], cofactors[j][0], cofactors[j][1]))
                return 1;
    return 0;
}

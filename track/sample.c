/*
 * A Poisson process over the bytes that a thread allocates: distances between samples are
 * exponential, so that an allocation of s bytes is taken with probability
 * 1 - exp(-s / mean), whatever came before it.
 */
#include "track/sample.h"

uint64_t mt_sample_mean = 524288;

/* splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
static uint64_t next_random(uint64_t *random) {
    uint64_t z = *random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* The natural logarithm of n / 2^53, 0 < n <= 2^53, to six digits: the exponent, and
 * 2 artanh(t) of the rest. The C library's would need libm. */
static double log_of_part(uint64_t n) {
    int exponent = 63 - __builtin_clzll(n);
    double m = (double)n / (double)(UINT64_C(1) << exponent), t = (m - 1) / (m + 1);
    double square = t * t;
    double rest =
        2 * t *
        (1 + square * (1. / 3 + square * (1. / 5 + square * (1. / 7 + square / 9))));
    return (exponent - 53) * 0.69314718055994531 + rest;
}

uint64_t mt_sample_distance(uint64_t *random, double mean) {
    return (uint64_t)(-log_of_part((next_random(random) >> 11) + 1) * mean);
}

void mt_sample_draw(struct mt_thread *thread) {
    thread->sample_left =
        (int64_t)mt_sample_distance(&thread->sample_random, (double)mt_sample_mean);
}

void mt_sample_start(struct mt_thread *thread) {
    thread->sample_random = thread->serial;
    mt_sample_draw(thread);
}

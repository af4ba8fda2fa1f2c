#include "base/random.h"

#include "base/clock.h"
#include "base/sys.h"
#include <string.h>
#include <sys/auxv.h>

#define GRND_NONBLOCK_FLAG 1

void mt_random(void *bytes, size_t length) {
    if (mt_sys3(SYS_getrandom, bytes, length, GRND_NONBLOCK_FLAG) == (long)length)
        return;
    const unsigned char *seed = (const unsigned char *)getauxval(AT_RANDOM);
    unsigned char *out = bytes;
    uint64_t state = mt_clock_monotonic_ns() | 1;
    for (size_t i = 0; i < length; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (unsigned char)(state >> 56) ^ (seed ? seed[i % 16] : 0);
    }
}

uint64_t mt_random_of_child(void) {
    uint64_t own = mt_clock_monotonic_ns() ^ (uint64_t)mt_sys0(SYS_getpid) << 32;
    return own * UINT64_C(0xbf58476d1ce4e5b9);
}

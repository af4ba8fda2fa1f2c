/*
 * Raw system calls: no errno, no cancellation point, no PLT, nothing of libc.
 * They return a result or a negative errno. MT_SIGNAL_SAFE, usable before libc is ready.
 */
#ifndef MT_BASE_SYS_H
#define MT_BASE_SYS_H

#include "base/attr.h"
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
MT_INLINE long mt_sys6(long number, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
MT_INLINE long mt_sys6(long number, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}
#else
#    error "no system call convention for this architecture"
#endif

#define mt_sys0(n)          mt_sys6((n), 0, 0, 0, 0, 0, 0)
#define mt_sys1(n, a)       mt_sys6((n), (long)(a), 0, 0, 0, 0, 0)
#define mt_sys2(n, a, b)    mt_sys6((n), (long)(a), (long)(b), 0, 0, 0, 0)
#define mt_sys3(n, a, b, c) mt_sys6((n), (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define mt_sys4(n, a, b, c, d)                                                             \
    mt_sys6((n), (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

#endif

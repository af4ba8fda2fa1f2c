/* Compiler attributes and small macros used by every layer. */
#ifndef MT_BASE_ATTR_H
#define MT_BASE_ATTR_H

#define MT_LIKELY(x)   __builtin_expect(!!(x), 1)
#define MT_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Rare code: kept out of line and out of the hot pages. */
#define MT_COLD   __attribute__((noinline, cold))
#define MT_INLINE static inline __attribute__((always_inline))

/* The library is compiled with -fvisibility=hidden; this marks what it offers. */
#define MT_EXPORT __attribute__((visibility("default")))

/* On the declaration of a variable that other files define: without it the compiler goes
 * through the GOT, since -fvisibility=hidden covers definitions only. */
#define MT_HIDDEN __attribute__((visibility("hidden")))

/* Thread-local words live in the static TLS block: no lazy allocation, no call. */
#define MT_TLS __thread __attribute__((tls_model("initial-exec")))

/* A call that must not become a jump, since it is handed the address of the caller's frame.
 */
#define MT_STAY(call)                                                                      \
    do {                                                                                   \
        call;                                                                              \
        __asm__ volatile("");                                                              \
    } while (0)
#define MT_STAY_FOR(call)                                                                  \
    ({                                                                                     \
        __typeof__(call) result_ = (call);                                                 \
        __asm__ volatile("");                                                              \
        result_;                                                                           \
    })

#define MT_CACHE_LINE 64

/* Marks a function that may run in a signal handler, under fork, before init or after
 * exit: it takes no lock, calls no allocator and no stdio, and its stack use is bounded.
 * The comment is for people; tests/lint/signal_symbols.sh checks the objects. */
#define MT_SIGNAL_SAFE

#endif

/* The processor's trap flag: SIGTRAP after each instruction in between. */
#ifndef MT_TESTS_TRAP_H
#define MT_TESTS_TRAP_H

#if defined(__x86_64__)
/* What a leaf function keeps below its stack pointer is left alone. */
#    define TRAP_FLAG(change)                                                              \
        __asm__ volatile("leaq -128(%%rsp), %%rsp\n\tpushfq\n\t" change                    \
                         ", (%%rsp)\n\tpopfq\n\tleaq 128(%%rsp), %%rsp"                    \
                         :                                                                 \
                         :                                                                 \
                         : "memory", "cc")

static inline void trap_flag_set(void) {
    TRAP_FLAG("orl $0x100");
}
static inline void trap_flag_clear(void) {
    TRAP_FLAG("andl $~0x100");
}
#endif

#endif

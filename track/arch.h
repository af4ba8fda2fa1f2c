/*
 * What unwinding needs to know of the architecture. AArch64 gets a second block here and
 * an MT_REGISTERS_HERE of its own; nothing else names a register.
 */
#ifndef MT_TRACK_ARCH_H
#define MT_TRACK_ARCH_H

#include <stdint.h>

#if defined(__x86_64__)
/* DWARF register numbers, System V ABI AMD64, figure 3.36. */
enum { MT_REG_BP = 6, MT_REG_SP = 7, MT_REG_RA = 16, MT_REG_COUNT = 17 };

struct mt_registers {
    uintptr_t r[MT_REG_COUNT];
};

/* The registers at this very place. Those that a call does not preserve are left 0: no
 * frame further out can depend on them. */
#    define MT_REGISTERS_HERE(regs)                                                        \
        __asm__ volatile("movq %%rbx, 24(%0)\n\tmovq %%rbp, 48(%0)\n\t"                    \
                         "movq %%rsp, 56(%0)\n\tmovq %%r12, 96(%0)\n\t"                    \
                         "movq %%r13, 104(%0)\n\tmovq %%r14, 112(%0)\n\t"                  \
                         "movq %%r15, 120(%0)\n\tleaq 0f(%%rip), %%rax\n\t"                \
                         "movq %%rax, 128(%0)\n0:"                                         \
                         :                                                                 \
                         : "r"((regs)->r)                                                  \
                         : "rax", "memory")

/* The thread control block, which glibc puts at the top of a thread's stack. */
static inline uintptr_t mt_thread_pointer(void) {
    uintptr_t pointer;
    __asm__("movq %%fs:0, %0" : "=r"(pointer));
    return pointer;
}

/* Where a signal handler's third argument says that its thread was. */
#    define MT_CONTEXT_PC(context)                                                         \
        ((uintptr_t)((const ucontext_t *)(context))->uc_mcontext.gregs[REG_RIP])
#else
#    error "stack capture knows x86-64 only"
#endif

#endif

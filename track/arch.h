/*
 * What unwinding needs to know of the architecture. AArch64 gets a second block here and
 * an MT_REGISTERS_HERE of its own; nothing else names a register.
 */
#ifndef MT_TRACK_ARCH_H
#define MT_TRACK_ARCH_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

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

/* Those of an instruction that a signal interrupted. */
static inline void mt_registers_of(const ucontext_t *context, struct mt_registers *regs) {
    static const unsigned char from[MT_REG_COUNT] = {
        REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
        REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
    for (unsigned i = 0; i < MT_REG_COUNT; i++)
        regs->r[i] = (uintptr_t)context->uc_mcontext.gregs[from[i]];
}

/* Of a page fault: whether it was a write (Intel SDM 3A, 4.7: bit 1 of the error code). On
 * AArch64 it is bit 6 of ESR_EL1, in an esr_context among the reserved records. */
static inline bool mt_fault_writes(const ucontext_t *context) {
    return context->uc_mcontext.gregs[REG_ERR] & 2;
}

/* Whether what faulted was the fetch of an instruction: bit 4. */
static inline bool mt_fault_fetches(const ucontext_t *context) {
    return context->uc_mcontext.gregs[REG_ERR] & 16;
}

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

/*
 * Stacks that are not a plain chain of calls: signal handlers, alternate signal stacks,
 * longjmp, coroutines, calls that never return.
 */
#include "stacks/truth.h"
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

static NOINLINE void helper(int size) {
    ENTER;
    ALLOC((size_t)size);
    LEAVE;
}

static NOINLINE void on_signal(int number, siginfo_t *info, void *context) {
    (void)info;
    truth_push("libc"); /* the frame that returns from the handler */
    ENTER;
    ALLOC(100);
    helper(number);
    LEAVE;
    truth_pop();
    if (number == SIGILL)
        ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
}

static void handle(int number, int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | flags;
    if (sigaction(number, &action, NULL))
        abort();
}

static NOINLINE void raised(int number) {
    ENTER;
    helper(1);
    raise(number);
    helper(2);
    LEAVE;
}

/* The signal arrives in the middle of this function. */
static NOINLINE void trapped(void) {
    ENTER;
    helper(3);
    __asm__ volatile("int3" ::: "memory");
    helper(4);
    LEAVE;
}

/* The signal arrives at the first instruction: looked up at its address, not before it. */
void illegal(void);
__asm__(".text\n"
        ".type before_illegal, @function\n"
        "before_illegal: .cfi_startproc\n"
        "push %rbx\n"
        ".cfi_def_cfa_offset 16\n"
        "nop\n"
        ".cfi_endproc\n"
        ".size before_illegal, . - before_illegal\n"
        ".globl illegal\n"
        ".type illegal, @function\n"
        "illegal: .cfi_startproc\n"
        "ud2\n"
        "ret\n"
        ".cfi_endproc\n"
        ".size illegal, . - illegal\n");

static NOINLINE void call_illegal(void) {
    ENTER;
    truth_push("illegal");
    illegal();
    truth_pop();
    helper(5);
    LEAVE;
}

static jmp_buf back;

static NOINLINE _Noreturn void jump(int depth) {
    ENTER;
    helper(6);
    ALLOC((size_t)depth);
    longjmp(back, 1);
}

static void (*volatile again)(int);

/* Ends in a call: its return address belongs to the next function. */
static NOINLINE _Noreturn void ends_in_call(int depth) {
    truth_push(__func__);
    if (depth > 0)
        again(depth - 1);
    jump(depth + 20);
}

static NOINLINE void jumped_back(int depth) {
    ENTER;
    again = ends_in_call;
    volatile int at = truth_now->depth;
    if (!setjmp(back))
        ends_in_call(depth);
    truth_now->depth = at;
    helper(7);
    LEAVE;
}

#define COROUTINES 3
static ucontext_t caller, coroutine[COROUTINES];
static struct truth_stack coroutine_truth[COROUTINES];
static char coroutine_stack[COROUTINES][65536];

static NOINLINE void yields(int self, int size) {
    ENTER;
    ALLOC((size_t)size);
    swapcontext(&coroutine[self], &caller);
    ALLOC((size_t)size + 1);
    LEAVE;
}

static NOINLINE void coroutine_main(int self) {
    truth_begin(FROM_CLONE);
    ENTER;
    for (int i = 0; i < 5; i++)
        yields(self, 10 * self + i);
    helper(8);
    LEAVE;
}

static NOINLINE void run_coroutines(void) {
    ENTER;
    struct truth_stack *mine = truth_now;
    for (int i = 0; i < COROUTINES; i++) {
        getcontext(&coroutine[i]);
        coroutine[i].uc_stack.ss_sp = coroutine_stack[i];
        coroutine[i].uc_stack.ss_size = sizeof coroutine_stack[i];
        coroutine[i].uc_link = &caller;
        makecontext(&coroutine[i], (void (*)(void))coroutine_main, 1, i);
    }
    for (int round = 0; round < 6; round++)
        for (int i = 0; i < COROUTINES; i++) {
            truth_now = &coroutine_truth[i];
            swapcontext(&caller, &coroutine[i]);
            truth_now = mine;
            helper(9);
        }
    LEAVE;
}

int main(void) {
    static char alternate[65536];
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    sigaltstack(&stack, NULL);
    handle(SIGUSR2, 0);
    handle(SIGWINCH, SA_ONSTACK);
    handle(SIGTRAP, 0);
    handle(SIGILL, SA_ONSTACK);
    truth_begin(FROM_START);
    ENTER;
    for (int round = 0; round < 3; round++) {
        raised(SIGUSR2);
        raised(SIGWINCH);
        trapped();
        call_illegal();
        jumped_back(round);
        run_coroutines();
        memset(coroutine_truth, 0, sizeof coroutine_truth);
    }
    LEAVE;
    truth_print();
    return 0;
}

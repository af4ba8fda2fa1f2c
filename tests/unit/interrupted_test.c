/* Stack capture, interrupted after each of its instructions by a handler that captures. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/child.h"
#include "tests/unit/tracking.h"
#include "tests/unit/trap.h"
#include "track/capture.h"
#include <signal.h>
#include <string.h>
#include <ucontext.h>
#include <unwind.h>

#if defined(__x86_64__)
#    define CHAINS 6u /* paths of calls, the last one the handler's */
#    define FRAMES 200

enum leave { RETURN, JUMP, CAPTURE_AND_JUMP };

static struct mt_thread *self;
static volatile unsigned traps, trap_wanted;
static volatile bool armed;
static enum leave leave;
static sigjmp_buf before;
static uint32_t expected[CHAINS];
static unsigned handled, nested;

/* Stands for malloc(). */
__attribute__((noinline)) static uint32_t entry(void) {
    if (armed) {
        armed = false;
        trap_flag_set();
    }
    uint32_t site =
        mt_place_site(mt_capture_full(self, (uintptr_t)__builtin_frame_address(0)));
    trap_flag_clear();
    return site;
}

__attribute__((noinline)) static uint32_t chain(unsigned path, unsigned depth);
__attribute__((noinline)) static uint32_t left(unsigned path, unsigned depth) {
    uint32_t site = chain(path / 2, depth - 1);
    __asm__ volatile("" ::: "memory");
    return site;
}
__attribute__((noinline)) static uint32_t right(unsigned path, unsigned depth) {
    volatile char *room = __builtin_alloca(64 + path % 3 * 32);
    room[0] = 0;
    return chain(path / 2, depth - 1) + room[0];
}
__attribute__((noinline)) static uint32_t chain(unsigned path, unsigned depth) {
    uint32_t site = !depth ? entry() : path % 2 ? left(path, depth) : right(path, depth);
    __asm__ volatile("" ::: "memory");
    return site;
}

/* Every chain ends at the same depth, and begins in the same frame. */
static uint32_t capture_chain(unsigned which) {
    static const unsigned path[CHAINS] = {0x00, 0x1f, 0x10, 0x01, 0x0e, 0x15};
    return chain(path[which], 5);
}

struct truth {
    uintptr_t pc[FRAMES];
    uint32_t count;
};

static _Unwind_Reason_Code add_frame(struct _Unwind_Context *context, void *argument) {
    struct truth *truth = argument;
    if (truth->count < FRAMES && _Unwind_GetIP(context))
        truth->pc[truth->count++] = _Unwind_GetIP(context);
    return _URC_NO_REASON;
}

static bool node_is(uint32_t node, uintptr_t pc) {
    const struct mt_module_slot *module = mt_module_find(pc - 1);
    return module && mt_nodes[node].module == module->id &&
           mt_nodes[node].offset == pc - module->start;
}

/* From the root on, up to the handler; an interrupted frame has its own pc plus one. */
static void handlers_stack_is(uint32_t site, const struct truth *truth) {
    static uint32_t node[FRAMES];
    uint32_t count = 0;
    for (uint32_t at = mt_tree_node(site); at; at = mt_nodes[at].parent)
        node[count++] = at;
    CHECK(count > truth->count);
    for (uint32_t i = 1; i < truth->count; i++) {
        uint32_t at = node[count - i];
        uintptr_t pc = truth->pc[truth->count - i];
        CHECK(node_is(at, pc) || node_is(at, pc + 1));
    }
}

static void on_trap(int number, siginfo_t *information, void *context) {
    static struct truth truth;
    (void)number;
    (void)information;
    if (++traps != trap_wanted)
        return;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~0x100;
    if (leave != JUMP) {
        uint32_t site[2];
        for (volatile int i = 0; i < 2; i++)
            site[i] = capture_chain(CHAINS - 1);
        CHECK(site[0] == site[1]);
        truth.count = 0;
        _Unwind_Backtrace(add_frame, &truth);
        handlers_stack_is(site[0], &truth);
        nested += self->capturing != 0;
    }
    handled++;
    if (leave != RETURN)
        siglongjmp(before, 1);
}

/* After `first`, `second` is interrupted; what is captured then must be as it was. */
static bool interrupt(unsigned first, unsigned second, bool forget) {
    unsigned already = handled;
    for (volatile unsigned i = 0; i < CHAINS + 2; i++) {
        unsigned which = i == 0 ? first : (second + i - 1) % CHAINS;
        if (i == 1 && forget) {
            self->stack.count = self->stack.again = 0;
            memset(self->recent, 0, sizeof self->recent);
            memset(self->rule, 0, sizeof self->rule);
        }
        if (sigsetjmp(before, 1))
            continue;
        traps = 0;
        armed = i == 1 && trap_wanted;
        uint32_t site = capture_chain(which);
        CHECK(!expected[which] || site == expected[which]);
        expected[which] = site;
    }
    return handled != already || !trap_wanted;
}

static void interrupted(enum leave how) {
    CHECK(tracking_start(NULL) == 0);
    self = mt_thread_self;
    leave = how;
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
    CHECK(sigaction(SIGTRAP, &action, NULL) == 0);
    /* The last stack again; a recent one; all of it anew. After each instruction at first,
     * then more and more rarely: a thousand traps take a while. */
    static const unsigned first[] = {0, 0, 2}, second[] = {0, 1, 3};
    for (volatile unsigned i = 0; i < 3; i++) {
        for (trap_wanted = 0; interrupt(first[i], second[i], i == 2);
             trap_wanted += 1 + trap_wanted / 16)
            ;
        CHECK(trap_wanted > 20);
    }
    CHECK(how == JUMP || nested > 20);
}

static void by_one_that_returns(void) {
    interrupted(RETURN);
}
static void by_one_that_jumps(void) {
    interrupted(JUMP);
}
static void by_one_that_captures_and_jumps(void) {
    interrupted(CAPTURE_AND_JUMP);
}

static void captures_are_right_around_a_handler(void **state) {
    (void)state;
    RUN_IN_CHILD(by_one_that_returns);
}
static void captures_are_right_after_a_jump(void **state) {
    (void)state;
    RUN_IN_CHILD(by_one_that_jumps);
}
static void captures_are_right_after_a_handlers_capture_and_a_jump(void **state) {
    (void)state;
    RUN_IN_CHILD(by_one_that_captures_and_jumps);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(captures_are_right_around_a_handler),
        cmocka_unit_test(captures_are_right_after_a_jump),
        cmocka_unit_test(captures_are_right_after_a_handlers_capture_and_a_jump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void) {
    return 77;
}
#endif

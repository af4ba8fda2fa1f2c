/* Stack capture: the stacks that are, whatever was captured before, and DEPTH. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/tracking.h"
#include "track/capture.h"
#include "track/unwind.h"
#include <string.h>
#include <unwind.h>

#define FRAMES 2000

/* The number of a round is volatile where several of them are to be made by one call: such
 * loops are neither unrolled nor split. */
static struct mt_thread *self;

/* What the compiler's own unwinder says, innermost first: return addresses. */
struct truth {
    uintptr_t pc[FRAMES];
    uint32_t count, skip;
};
static struct truth truth;

static _Unwind_Reason_Code add_frame(struct _Unwind_Context *context, void *argument) {
    struct truth *found = argument;
    if (found->skip)
        found->skip--;
    else if (found->count < FRAMES && _Unwind_GetIP(context)) /* 0: beyond the root */
        found->pc[found->count++] = _Unwind_GetIP(context);
    return _URC_NO_REASON;
}

static uintptr_t entry_frame;

/* Stands for malloc(): an exported function that takes its own frame address. */
__attribute__((noinline)) static uint32_t entry(bool look) {
    entry_frame = (uintptr_t)__builtin_frame_address(0);
    uint32_t site = mt_place_site(mt_capture_full(self, entry_frame));
    if (look) {
        truth = (struct truth){.skip = 1}; /* this frame */
        _Unwind_Backtrace(add_frame, &truth);
    }
    return site;
}

/* The next capture goes by nothing that was captured before. */
static void forget(void) {
    self->stack.count = self->stack.again = 0;
    memset(self->recent, 0, sizeof self->recent);
}

static int start(void **state) {
    if (!self && tracking_start(state) != 0)
        return -1;
    self = mt_thread_self;
    mt_capture_frames = 64;
    forget();
    return 0;
}

static bool node_is(uint32_t node, uintptr_t pc) {
    const struct mt_module_slot *module = mt_module_find(pc - 1);
    return module && mt_nodes[node].module == module->id &&
           mt_nodes[node].offset == pc - module->start;
}

/* The site's path is the innermost `wanted` of the true frames, below `base`. */
static void site_is(uint32_t site, uint32_t wanted, uint32_t base) {
    uint32_t node = mt_tree_node(site);
    assert_in_range(truth.count, wanted, FRAMES);
    for (uint32_t i = 0; i < wanted; i++, node = mt_nodes[node].parent)
        assert_true(node_is(node, truth.pc[i]));
    assert_int_equal(node, base);
}

/* What is left of a stack by the rule in track/capture.c. */
static uint32_t kept(uint32_t depth) {
    return depth <= mt_capture_frames ? depth
                                      : depth - (depth - mt_capture_frames) / 32 * 32;
}

static void site_is_whole(uint32_t site) {
    uint32_t depth = truth.count;
    site_is(site, kept(depth), kept(depth) < depth ? MT_PSEUDO_CUT : 0);
}

static void a_capture_is_the_true_stack(void **state) {
    (void)state;
    uint32_t site = entry(true);
    assert_in_range(truth.count, 5, 60); /* cmocka, main and libc's start */
    site_is_whole(site);
}

static void the_same_place_is_the_same_site(void **state) {
    (void)state;
    uint32_t site[3];
    for (volatile int i = 0; i < 3; i++)
        site[i] = entry(true);
    assert_int_equal(site[0], site[1]);
    assert_int_equal(site[1], site[2]);
    assert_int_not_equal(entry(false), site[0]); /* another line */
}

/* Frames of several kinds: plain, with a frame pointer, of varying size, by qsort(). */
__attribute__((noinline)) static uint32_t dive(const uint8_t *path, uint32_t depth);

__attribute__((noinline)) static uint32_t plain(const uint8_t *path, uint32_t depth) {
    uint32_t site = dive(path, depth);
    __asm__ volatile("" ::: "memory");
    return site;
}

__attribute__((noinline)) static uint32_t growing(const uint8_t *path, uint32_t depth) {
    volatile char *room = __builtin_alloca(16 + path[0] % 3 * 64);
    room[0] = 1;
    uint32_t site = dive(path, depth);
    return site + room[0] - 1;
}

__attribute__((noinline)) static uint32_t aligned(const uint8_t *path, uint32_t depth) {
    _Alignas(64) volatile char room[64] = {1};
    uint32_t site = dive(path, depth);
    return site + room[0] - 1;
}

static uint32_t sorted_site, sorted_depth;
static const uint8_t *sorted_path;
static int compare(const void *a, const void *b) {
    (void)a;
    (void)b;
    sorted_site = dive(sorted_path, sorted_depth);
    return 0;
}

__attribute__((noinline)) static uint32_t by_qsort(const uint8_t *path, uint32_t depth) {
    int numbers[2] = {2, 1};
    sorted_path = path;
    sorted_depth = depth;
    qsort(numbers, 2, sizeof *numbers, compare);
    return sorted_site;
}

static uint32_t dive(const uint8_t *path, uint32_t depth) {
    static uint32_t (*const way[])(const uint8_t *, uint32_t) = {plain, growing, aligned,
                                                                 by_qsort};
    uint32_t site = depth ? way[path[0] / 3 % 4](path + 1, depth - 1) : entry(true);
    __asm__ volatile("" ::: "memory");
    return site;
}

/* A walk over stacks that differ near the top, far out, in depth, and not at all. */
static void captures_are_exact_whatever_came_before(void **state) {
    (void)state;
    static uint8_t path[200];
    uint64_t random = 4711, verified = self->shard->verified;
    for (int i = 0; i < 4000; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint32_t depth = (random >> 33) % 80;
        if (random >> 60 < 10 && depth)
            path[depth - 1] = (uint8_t)(random >> 50);
        else
            path[(random >> 45) % sizeof path] = (uint8_t)(random >> 50);
        site_is_whole(dive(path, depth));
        site_is_whole(dive(path, depth));
    }
    assert_true(self->shard->verified > verified + 10000); /* not all from scratch */
    assert_int_equal(self->shard->truncated, 0);
}

static void incremental_capture_equals_a_full_unwind(void **state) {
    (void)state;
    static uintptr_t pc[MT_STACK_FRAMES];
    static const uint8_t path[60] = {[10] = 3, [20] = 6, [30] = 9};
    for (uint32_t depth = 0; depth < 60; depth += 7) {
        (void)dive(path, depth);
        bool complete = false;
        struct mt_cursor cursor = {0, 0, (uintptr_t)__builtin_frame_address(0)};
        cursor.pc = ((uintptr_t *)cursor.bp)[1];
        cursor.sp = cursor.bp + 16;
        cursor.bp = *(uintptr_t *)cursor.bp;
        uint32_t count = mt_unwind_all(self, &cursor, pc, MT_STACK_FRAMES, &complete);
        assert_true(complete);
        assert_true(count > 3 && count < truth.count);
        assert_memory_equal(pc, truth.pc + truth.count - count, count * sizeof *pc);
    }
}

/* Two callers with frames of one size: innermost frame and stack pointer are the same, and
 * only the words further out tell which it was. */
__attribute__((noinline)) static uint32_t shared_inner(void) {
    uint32_t site = entry(true);
    __asm__ volatile("" ::: "memory");
    return site;
}
#define TWIN(name)                                                                         \
    __attribute__((noinline)) static uint32_t name(void) {                                 \
        uint32_t site = shared_inner();                                                    \
        __asm__ volatile("" ::: "memory");                                                 \
        return site;                                                                       \
    }
TWIN(left)
TWIN(right)

static void exchange_callers(void) {
    uint32_t (*const twin[])(void) = {left, right};
    uint32_t site[2];
    for (volatile int i = 0; i < 8; i++) {
        uint32_t found = twin[i & 1]();
        site_is_whole(found);
        if (i >= 2)
            assert_int_equal(found, site[i & 1]);
        site[i & 1] = found;
    }
    assert_int_not_equal(site[0], site[1]);
}

static void a_caller_that_was_exchanged_is_noticed(void **state) {
    (void)state;
    exchange_callers();
}

/* The same call further out, and inside of it what was seen before. */
__attribute__((noinline)) static uint32_t either(bool first) {
    uint32_t site = first ? left() : right();
    __asm__ volatile("" ::: "memory");
    return site;
}

static void a_call_from_elsewhere_in_the_caller_is_noticed(void **state) {
    (void)state;
    uint32_t site = 0;
    for (volatile int i = 0; i < 5; i++) {
        site = either(i & 1);
        site_is_whole(site);
    }
    uint32_t elsewhere = either(false);
    site_is_whole(elsewhere);
    assert_int_not_equal(site, elsewhere);
}

__attribute__((noinline)) static uint32_t recurse(uint32_t depth, bool look) {
    uint32_t site = depth ? recurse(depth - 1, look) : entry(look);
    __asm__ volatile("" ::: "memory");
    return site;
}

static void deep_stacks_lose_outer_frames_in_blocks(void **state) {
    (void)state;
    static const uint32_t frames[] = {16, 64, 100};
    for (size_t i = 0; i < 3; i++) {
        mt_capture_frames = frames[i];
        forget(); /* the option never changes in a running program */
        for (uint32_t depth = 0; depth < 300; depth += 3)
            site_is_whole(recurse(depth, true));
    }
}

static void a_cut_depends_on_the_stack_alone(void **state) {
    (void)state;
    enum { DEPTHS = 600, ROUNDS = 3000 };
    static uint32_t fresh[DEPTHS];
    uint64_t random = 99;
    /* One call for both: first each depth with nothing captured before, then in disorder.
     */
    for (volatile uint32_t i = 0; i < DEPTHS + ROUNDS; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint32_t depth = i < DEPTHS ? i : (random >> 33) % DEPTHS;
        if (i < DEPTHS)
            forget();
        uint32_t site = recurse(depth, false);
        if (i < DEPTHS)
            fresh[depth] = site;
        assert_int_equal(site, fresh[depth]);
    }
}

static void stacks_without_reachable_root_keep_their_innermost_frames(void **state) {
    (void)state;
    uint64_t truncated = self->shard->truncated;
    uint32_t site = recurse(1500, true);
    site_is(site, mt_capture_frames, MT_PSEUDO_CUT);
    assert_int_equal(self->shard->truncated, truncated + 1);
    assert_int_equal(recurse(1700, true), site);
    site_is_whole(recurse(30, true));
    assert_int_equal(self->shard->truncated, truncated + 2);
    assert_int_equal(recurse(1500, false) == site, true);
}

/* Many callers through one wrapper, in any order: each is known again, without a step. */
__attribute__((noinline)) static uint32_t wrapper(void) {
    uint32_t site = entry(true);
    __asm__ volatile("" ::: "memory");
    return site;
}
#define CALLER(n)                                                                          \
    __attribute__((noinline)) static uint32_t caller_##n(void) {                           \
        uint32_t site = wrapper();                                                         \
        __asm__ volatile("" : "+r"(site) : "i"(n) : "memory");                             \
        return site + 0 * n;                                                               \
    }
CALLER(0)
CALLER(1)
CALLER(2)
CALLER(3)
CALLER(4)

static void callers_that_take_turns_are_known_again(void **state) {
    (void)state;
    uint32_t (*const caller[])(void) = {caller_0, caller_1, caller_2, caller_3, caller_4};
    uint32_t site[5] = {0};
    uint64_t random = 7, stepped = 0;
    for (volatile int i = 0; i < 400; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        unsigned n = (random >> 33) % 5;
        if (i == 200)
            stepped = self->shard->stepped;
        uint32_t found = caller[n]();
        site_is_whole(found);
        assert_true(!site[n] || site[n] == found);
        site[n] = found;
    }
    for (unsigned n = 1; n < 5; n++)
        assert_int_not_equal(site[n], site[n - 1]);
    assert_in_range(self->shard->stepped - stepped, 0, 200); /* of 1,000 and more frames */
}

static void a_capture_left_by_a_jump_is_given_up(void **state) {
    (void)state;
    uint64_t captures = self->shard->captures;
    site_is_whole(entry(true));
    self->stack.again = 0;
    self->capturing = (uintptr_t)__builtin_frame_address(0) - 512; /* further in */
    self->nesting = true;
    uint32_t site = entry(true);
    site_is_whole(site);
    assert_int_equal(self->capturing, 0);
    assert_false(self->nesting);
    assert_int_equal(self->shard->captures, captures + 2);
}

/* The jump ends in the function that the interrupted call was made from, and it calls
 * again: the frame is the very same. */
static void a_capture_that_is_made_again_is_given_up(void **state) {
    (void)state;
    for (volatile int i = 0; i < 3; i++) {
        self->capturing = i ? entry_frame : 0;
        self->stack.again = 0;
        site_is_whole(entry(true));
        assert_int_equal(self->capturing, 0);
    }
}

/* A handler's capture that was left by a jump, while the interrupted one went on. */
static void a_handler_that_jumped_does_not_bar_later_ones(void **state) {
    (void)state;
    self->nesting = true;
    self->stack.again = 0;
    site_is_whole(entry(true));
    assert_false(self->nesting);
}

static void captures_inside_a_capture_are_exact_for_one_level(void **state) {
    (void)state;
    uint32_t count = self->stack.count;
    /* as if a handler came in between */
    self->stack.again = 0;
    self->capturing = (uintptr_t)__builtin_frame_address(0);
    site_is_whole(entry(true));
    self->nesting = true;
    assert_int_equal(entry(true), MT_PSEUDO_NESTED);
    self->nesting = false;
    self->capturing = 0;
    assert_int_equal(self->stack.count, count);
}

__attribute__((noinline)) static uint32_t caller_only(void) {
    return mt_place_site(mt_capture_caller(self, 0, (uintptr_t)__builtin_frame_address(0)));
}

static void the_caller_alone_is_one_frame(void **state) {
    (void)state;
    uint32_t site[2], other;
    for (volatile int i = 0; i < 2; i++)
        site[i] = caller_only();
    other = caller_only();
    assert_int_equal(site[0], site[1]);
    assert_int_not_equal(site[0], other);
    assert_int_equal(mt_nodes[mt_tree_node(other)].parent, 0);
}

static void *capture_in_thread(void *argument) {
    (void)argument;
    self = mt_thread_start();
    uint32_t site = recurse(10, true);
    site_is_whole(site);
    exchange_callers(); /* here close to the root */
    return (void *)(uintptr_t)site;
}

static void a_thread_s_stack_ends_in_its_start(void **state) {
    (void)state;
    struct mt_thread *mine = self;
    pthread_t thread;
    void *site[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&thread, NULL, capture_in_thread, NULL), 0);
        assert_int_equal(pthread_join(thread, &site[i]), 0);
    }
    assert_ptr_equal(site[0], site[1]);
    self = mine;
}

#define TEST(name) cmocka_unit_test_setup(name, start)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_capture_is_the_true_stack),
        TEST(the_same_place_is_the_same_site),
        TEST(captures_are_exact_whatever_came_before),
        TEST(incremental_capture_equals_a_full_unwind),
        TEST(a_caller_that_was_exchanged_is_noticed),
        TEST(a_call_from_elsewhere_in_the_caller_is_noticed),
        TEST(deep_stacks_lose_outer_frames_in_blocks),
        TEST(a_cut_depends_on_the_stack_alone),
        TEST(stacks_without_reachable_root_keep_their_innermost_frames),
        TEST(callers_that_take_turns_are_known_again),
        TEST(a_capture_left_by_a_jump_is_given_up),
        TEST(a_capture_that_is_made_again_is_given_up),
        TEST(a_handler_that_jumped_does_not_bar_later_ones),
        TEST(captures_inside_a_capture_are_exact_for_one_level),
        TEST(the_caller_alone_is_one_frame),
        TEST(a_thread_s_stack_ends_in_its_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

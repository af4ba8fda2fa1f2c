/*
 * A thread is asked by a number of its own, `asked`, and waits until `released` is that. So
 * one that comes late finds itself released, and one that stood still inside the library
 * can be let go for a moment and asked anew. In between two signals to a thread there is
 * always its answer: none is left pending. Where one might be, since a thread blocked the
 * signal just then, setting SIG_IGN drops it before SIG_DFL is back.
 */
#include "alloc/leaks_threads.h"

#include "alloc/leaks_tasks.h"
#include "base/clock.h"
#include "base/sys.h"
#include "track/arch.h"

#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>

#define SIGNAL_LEAST 34 /* below are the C library's */
#define SIGNAL_MOST  64
#define ANSWER_MS    10
#define PATIENCE_MS  40 /* at first, until all are let go to try again */

static struct slot {
    struct mt_leaks_thread thread;
    _Atomic uint32_t asked, answered, released;
    uint32_t seen; /* the last pass that found it alive */
    uintptr_t pc;
} slots[MT_LEAKS_THREADS_MOST];
static _Atomic uint32_t count;
static _Atomic uint32_t answers; /* futex: one more with every answer */

static struct {
    long pid, self;
    int signal; /* 0: none */
    struct sigaction before;
    uint32_t pass;
    bool more; /* threads than slots */
} now;

static void futex_wait(_Atomic uint32_t *word, uint32_t value, uint64_t ms) {
    struct timespec time = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    (void)mt_sys4(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, ms ? &time : NULL);
}
static void futex_wake(_Atomic uint32_t *word) {
    (void)mt_sys3(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1);
}
static void nap(long us) {
    struct timespec time = {0, us * 1000};
    (void)mt_sys2(SYS_nanosleep, &time, NULL);
}

static struct slot *slot_of(uint32_t number) {
    uint32_t end = atomic_load(&count);
    for (uint32_t i = 0; i < end; i++)
        if (slots[i].thread.number == number)
            return &slots[i];
    return NULL;
}

/* ---- in the thread that stands still ---- */

static void stand_still(int signal, siginfo_t *info, void *context) {
    struct slot *slot = slot_of((uint32_t)mt_sys0(SYS_gettid));
    uint32_t released, asked = slot ? atomic_load(&slot->asked) : 0;
    (void)signal;
    (void)info;
    if (!slot || asked == atomic_load(&slot->released))
        return;
    slot->thread.low = (uintptr_t)context & ~(uintptr_t)7;
    slot->thread.pointer = mt_thread_pointer();
    slot->pc = MT_CONTEXT_PC(context);
    atomic_store(&slot->answered, asked);
    atomic_fetch_add(&answers, 1);
    futex_wake(&answers);
    /* The numbers only grow: by now the slot may be another thread's in another look. */
    while ((int32_t)((released = atomic_load(&slot->released)) - asked) < 0)
        futex_wait(&slot->released, released, 0);
}

/* ---- in the one that looks ---- */

static bool stands(const struct slot *slot) {
    return atomic_load(&slot->answered) == atomic_load(&slot->asked) &&
           atomic_load(&slot->asked) != atomic_load(&slot->released);
}

static void release(struct slot *slot) {
    atomic_store(&slot->released, atomic_load(&slot->asked));
    futex_wake(&slot->released);
}

static bool outstanding(const struct slot *slot) {
    return atomic_load(&slot->asked) != atomic_load(&slot->answered);
}

static void ask(struct slot *slot) {
    atomic_store(&slot->asked, atomic_load(&slot->asked) + 1);
    if (mt_sys3(SYS_tgkill, now.pid, slot->thread.number, now.signal) == 0)
        return;
    atomic_store(&slot->released, atomic_load(&slot->asked)); /* it is gone */
    atomic_store(&slot->answered, atomic_load(&slot->asked));
}

/* Those that are new, or were let go, are asked, unless they block the signal now. */
static void meet(uint32_t number, const struct mt_task *task, void *context) {
    unsigned *waiting = context;
    if (number == now.self)
        return;
    if (task->ended) {
        /* The kernel goes on in its list by index where the next one has ended meanwhile:
         * live ones may be passed over. Only the first thread waits to be collected. */
        *waiting += number != now.pid;
        return;
    }
    struct slot *slot = slot_of(number);
    if (!slot) {
        uint32_t index = atomic_load(&count);
        if (index == MT_LEAKS_THREADS_MOST) {
            now.more = true;
            return;
        }
        slot = &slots[index];
        slot->thread =
            (struct mt_leaks_thread){.number = number, .main = number == now.pid};
        /* What an earlier look left in the slot is no answer to this one's question. */
        atomic_store(&slot->answered, atomic_load(&slot->asked));
        atomic_store(&slot->released, atomic_load(&slot->asked));
        atomic_store(&count, index + 1);
    }
    slot->seen = now.pass;
    if (stands(slot))
        return;
    ++*waiting;
    if (outstanding(slot))
        return;
    slot->thread.blocks = task->blocked >> (now.signal - 1) & 1;
    if (!slot->thread.blocks)
        ask(slot);
}

/* Where alloc/realloc.c writes a header over a live one: the linker's names. */
extern const char __start_mt_renaming[], __stop_mt_renaming[];

/* One that stands there is let go until it is elsewhere: its block could not be found. */
static unsigned let_go_inside(void) {
    uintptr_t start = (uintptr_t)__start_mt_renaming, end = (uintptr_t)__stop_mt_renaming;
    unsigned let_go = 0;
    for (uint32_t i = 0; i < atomic_load(&count); i++) {
        struct slot *slot = &slots[i];
        if (!stands(slot) || slot->pc - start >= end - start)
            continue;
        let_go++;
        release(slot);
    }
    return let_go;
}

/* One may end instead of answering, which the next pass shows. */
static void await_answers(void) {
    uint64_t until_ms = mt_clock_monotonic_ms() + ANSWER_MS;
    uint32_t end = atomic_load(&count);
    for (uint32_t i = 0; i < end; i++) {
        uint32_t heard = atomic_load(&answers);
        while (slots[i].seen == now.pass && outstanding(&slots[i]) &&
               mt_clock_monotonic_ms() < until_ms) {
            futex_wait(&answers, heard, 5);
            heard = atomic_load(&answers);
        }
    }
}

static void note_blocked(uint32_t number, const struct mt_task *task, void *context) {
    uint64_t *blocked = context;
    if (number != now.self && !task->ended)
        *blocked |= task->blocked;
}

/* The highest signal that is at its default and that no thread blocks: one that is blocked
 * may be waited for. Else the highest at its default. */
static int free_signal(uint64_t blocked) {
    int second = 0;
    for (int signal = SIGNAL_MOST; signal >= SIGNAL_LEAST; signal--) {
        struct sigaction action;
        if (sigaction(signal, NULL, &action) != 0 || action.sa_handler != SIG_DFL)
            continue;
        if (!(blocked >> (signal - 1) & 1))
            return signal;
        second = second ? second : signal;
    }
    return second;
}

static bool take_signal(void) {
    uint64_t blocked = 0;
    struct sigaction action = {.sa_sigaction = stand_still,
                               .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
    now.signal = 0;
    if (!mt_tasks_each(note_blocked, &blocked))
        return false;
    int signal = free_signal(blocked);
    (void)sigfillset(&action.sa_mask);
    if (!signal || sigaction(signal, NULL, &now.before) != 0)
        return false;
    /* First: a child that is forked in between must find it. */
    now.signal = signal;
    if (sigaction(signal, &action, &now.before) == 0)
        return true;
    now.signal = 0;
    return false;
}

/* One that stands still may have a lock that another, which blocks all signals while it
 * begins or ends, waits for: the C library's of its threads' stacks. All of them have to
 * get somewhere before they are asked again, on a processor that others use too. */
static void let_all_go(uint64_t ms) {
    for (uint32_t i = 0; i < atomic_load(&count); i++)
        if (stands(&slots[i]))
            release(&slots[i]);
    nap((long)ms * 1000);
}

enum mt_leaks_still mt_leaks_threads_stop(uint64_t bound_ms) {
    uint64_t begun = mt_clock_monotonic_ms(), until = begun + bound_ms;
    uint64_t patience = PATIENCE_MS;
    bool whole = false;
    now.pid = mt_sys0(SYS_getpid);
    now.self = mt_sys0(SYS_gettid);
    now.more = false;
    atomic_store(&count, 0);
    if (!take_signal())
        return MT_STILL_NONE;
    /* Done when a pass finds nobody who does not stand still already. */
    for (;;) {
        unsigned waiting = 0;
        now.pass++;
        if (!mt_tasks_each(meet, &waiting))
            break;
        await_answers();
        bool inside = let_go_inside();
        whole = !waiting && !inside;
        uint64_t time = mt_clock_monotonic_ms();
        if (whole || time >= until)
            break;
        if (time - begun >= patience) {
            let_all_go(patience / 2);
            begun = mt_clock_monotonic_ms();
            patience *= 2;
        }
        nap(50);
    }
    for (uint32_t i = 0; i < atomic_load(&count); i++)
        slots[i].thread.still = stands(&slots[i]);
    return whole && !now.more ? MT_STILL : MT_STILL_BUT_SOME;
}

void mt_leaks_threads_go_on(void) {
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    if (!now.signal)
        return;
    for (uint32_t i = 0; i < atomic_load(&count); i++)
        release(&slots[i]);
    (void)sigaction(now.signal, &ignore, NULL);
    (void)sigaction(now.signal, &now.before, NULL);
    now.signal = 0;
}

void mt_leaks_threads_after_fork(void) {
    if (!now.signal || now.pid == mt_sys0(SYS_getpid))
        return;
    (void)sigaction(now.signal, &now.before, NULL);
    now.signal = 0;
}

const struct mt_leaks_thread *mt_leaks_threads_at(uint32_t index) {
    while (index < atomic_load(&count) && slots[index].seen != now.pass)
        index++; /* it has ended */
    return index < atomic_load(&count) ? &slots[index].thread : NULL;
}

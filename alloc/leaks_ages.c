#include "alloc/leaks_ages.h"

#include "track/thread.h"

#include <stdatomic.h>

#define ENTRIES       512u
#define CLOCK_STEP_MS 10 /* between two readings of mt_clock_monotonic_ms(), at most */

struct entry {
    uint64_t id; /* IDs from this one on were given out after that time */
    uint64_t ms;
};

static struct entry table[ENTRIES];
static uint32_t used;
static uint64_t step_ms = 10;
static _Atomic uint64_t due_ms;
static atomic_flag busy = ATOMIC_FLAG_INIT;
/* Odd while the table changes. */
static _Atomic uint32_t version;

/* Who comes while another is at it passes: an entry that is not made makes a block look
 * older, which "at most" allows. */
void mt_ages_note(uint64_t now_ms) {
    if (now_ms < atomic_load_explicit(&due_ms, memory_order_relaxed) ||
        atomic_flag_test_and_set_explicit(&busy, memory_order_acquire))
        return;
    atomic_fetch_add(&version, 1);
    if (used == ENTRIES) {
        for (uint32_t i = 0; i < ENTRIES / 2; i++)
            table[i] = table[2 * i];
        used = ENTRIES / 2;
        step_ms *= 2;
    }
    table[used++] = (struct entry){mt_thread_ids_issued(), now_ms};
    atomic_store(&due_ms, now_ms + step_ms);
    atomic_fetch_add(&version, 1);
    atomic_flag_clear_explicit(&busy, memory_order_release);
}

void mt_ages_after_fork(void) {
    if (atomic_load(&version) & 1) { /* half a change */
        used = 0;
        atomic_fetch_add(&version, 1);
    }
    atomic_flag_clear(&busy);
}

static struct entry copied[ENTRIES];
static uint32_t copies;
static uint64_t asked_ms;

void mt_ages_begin(uint64_t now_ms) {
    asked_ms = now_ms;
    for (int tries = 0; tries < 1000; tries++) {
        uint32_t before = atomic_load(&version);
        copies = used <= ENTRIES ? used : 0;
        for (uint32_t i = 0; i < copies; i++)
            copied[i] = table[i];
        atomic_thread_fence(memory_order_acquire);
        if (!(before & 1) && atomic_load(&version) == before)
            return;
    }
    copies = 0; /* all that is known is when the program began */
}

uint64_t mt_ages_of(uint64_t id) {
    uint32_t low = 0, high = copies;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (copied[middle].id <= id)
            low = middle + 1;
        else
            high = middle;
    }
    uint64_t since = low ? copied[low - 1].ms : 0;
    return (asked_ms > since ? asked_ms - since : 0) + CLOCK_STEP_MS;
}

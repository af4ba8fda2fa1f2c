#include "track/thread.h"

#include "base/pages.h"
#include "base/sys.h"
#include "track/arch.h"
#include "track/counters.h"
#include "track/pick.h"
#include "track/sample.h"
#include "track/thread_name.h"
#include "track/tree.h"
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_WIPEONFORK
#    define MADV_WIPEONFORK 18
#endif

#define ID_BATCH_LEAST 16u
#define ID_BATCH_MOST  4096u
#define ID_MASK        ((UINT64_C(1) << 48) - 1)
_Static_assert(ID_BATCH_MOST <= 1 << MT_PICK_REST_BITS, "the rest of a batch");

struct mt_thread mt_thread_none;
bool mt_thread_bypass;
MT_TLS struct mt_thread *mt_thread_self = &mt_thread_none;
void (*mt_thread_on_refill)(void);
void (*mt_thread_on_detach)(void);
int (*mt_thread_child_recording)(void);

static MT_TLS uint8_t ended;   /* past the last destructor */
static MT_TLS uint32_t pauses; /* apart from the state, which a fork may wipe */
static MT_TLS uint8_t destructor_rounds;
/* The thread sanitizer forgets a thread in the last round. */
#ifdef MT_THREAD_SANITIZER
#    define ROUNDS (PTHREAD_DESTRUCTOR_ITERATIONS - 1)
#else
#    define ROUNDS PTHREAD_DESTRUCTOR_ITERATIONS
#endif

static pthread_key_t key;
static bool key_made;
static _Atomic(struct mt_thread *) unused; /* states of threads that ended */
static _Atomic uint64_t shards_taken;      /* bit per owned shard */
static _Atomic uint64_t next_id = 1;
static uint64_t inherited_below; /* set once, in a child that got its own region */
_Static_assert(MT_SHARDS_OWNED == 64, "one bit each");

extern void *__libc_stack_end;

/* Takes the whole list and returns what it does not need: no reader ever follows a link
 * that another thread may change, so there is no ABA. */
static struct mt_thread *take_unused(void) {
    struct mt_thread *first = atomic_exchange(&unused, NULL);
    if (first && first->next) {
        struct mt_thread *rest = first->next, *last = rest, *head = NULL;
        while (last->next)
            last = last->next;
        while (!atomic_compare_exchange_weak(&unused, &head, rest))
            last->next = head;
    }
    return first;
}

static void give_unused(struct mt_thread *thread) {
    thread->next = atomic_load(&unused);
    while (!atomic_compare_exchange_weak(&unused, &thread->next, thread))
        ;
}

static struct mt_thread *new_state(void) {
    struct mt_thread *thread = take_unused();
    if (thread)
        return thread;
    thread = mt_pages_map(sizeof *thread);
    /* A child of a recorded process must not count into its parent's region: it finds its
     * states wiped. A private region is copied by the fork, and the states with it. */
    if (thread && mt_region_is_shared())
        (void)mt_sys3(SYS_madvise, thread, mt_page_up(sizeof *thread), MADV_WIPEONFORK);
    return thread;
}

static void take_shard(struct mt_thread *thread) {
    uint64_t taken = atomic_load(&shards_taken);
    while (~taken) {
        unsigned index = (unsigned)__builtin_ctzll(~taken);
        if (!atomic_compare_exchange_weak(&shards_taken, &taken,
                                          taken | UINT64_C(1) << index))
            continue;
        struct mt_shard *shard = &mt_shards[index];
        if (!mt_counters_prepare(shard)) {
            atomic_fetch_and(&shards_taken, ~(UINT64_C(1) << index));
            break; /* no room for another shard's records */
        }
        atomic_store(&shard->used, 1);
        mt_shard_totals(shard, &shard->base);
        mt_thread_name_clear(shard);
        atomic_store(&shard->thread, thread->serial);
        thread->shard_index = index;
        thread->shared = false;
        thread->shard = shard;
        return;
    }
    thread->shard_index = MT_SHARDS_OWNED + thread->serial % MT_SHARDS_SHARED;
    if (!mt_counters_prepare(&mt_shards[thread->shard_index]))
        thread->shard_index = MT_SHARDS_OWNED; /* the region's start prepared it */
    thread->shared = true;
    thread->shard = &mt_shards[thread->shard_index];
    atomic_store(&thread->shard->used, 1);
}

static void release_shard(struct mt_thread *thread) {
    if (thread->shared || !thread->shard)
        return;
    atomic_store(&thread->shard->thread, 0);
    atomic_fetch_and(&shards_taken, ~(UINT64_C(1) << thread->shard_index));
}

/* The main thread's stack ends where the kernel put the arguments; glibc puts the thread
 * control block at the top of every other stack. The range below is proven page by page
 * as captures come to it (capture_bounds.c). */
static void find_stack(struct mt_thread *thread) {
    bool main_thread = mt_sys0(SYS_gettid) == mt_sys0(SYS_getpid);
    uintptr_t high = main_thread ? (uintptr_t)__libc_stack_end : mt_thread_pointer();
    thread->high = thread->low = high & ~(uintptr_t)7;
    thread->span = 0;
}

static void choose_way(struct mt_thread *thread) {
    thread->paused = pauses != 0;
    thread->fast = mt_thread_bypass || thread->shared || inherited_below || thread->paused
                       ? NULL
                       : thread->shard;
}

void mt_thread_pause(void) {
    pauses++;
    if (mt_thread_self->shard)
        choose_way(mt_thread_self);
}

bool mt_thread_resume(void) {
    if (!pauses)
        return false;
    pauses--;
    if (mt_thread_self->shard)
        choose_way(mt_thread_self);
    return true;
}

static void count_thread(void) {
    struct mt_region *region = mt_region_own;
    uint32_t alive = atomic_fetch_add(&region->threads, 1) + 1;
    uint32_t most = atomic_load(&region->threads_most);
    while (alive > most &&
           !atomic_compare_exchange_weak(&region->threads_most, &most, alive))
        ;
    if (atomic_load(&region->peak_bytes) > 0)
        mt_counters_note_error();
}

/* After a fork with a shared region the child finds its state wiped, and takes its first
 * operation as the moment to get a region of its own. */
static bool detach_if_forked(void) {
    if (!mt_region_is_shared() || (uint32_t)getpid() == mt_region_own->pid)
        return true;
    int fd = mt_thread_child_recording ? mt_thread_child_recording() : -1;
    bool detached = mt_region_detach(fd);
    if (fd >= 0)
        (void)mt_sys1(SYS_close, fd);
    if (detached)
        mt_tree_adopt();
    atomic_store(&shards_taken, 0);
    atomic_store(&unused, NULL);
    inherited_below = atomic_load(&next_id);
    mt_pick_after_fork(NULL);
    if (mt_thread_on_detach)
        mt_thread_on_detach();
    return detached;
}

struct mt_thread *mt_thread_start(void) {
    if (!mt_region_own || !detach_if_forked() || ended)
        return NULL;
    struct mt_thread *thread = mt_thread_self;
    bool wiped = thread != &mt_thread_none;
    if (!wiped && !(thread = new_state()))
        return NULL;
    thread->serial = atomic_fetch_add(&mt_region_own->threads_started, 1) + 1;
    thread->id_batch = ID_BATCH_LEAST;
    thread->inherited_below = inherited_below;
    thread->epoch = 0;
    thread->stack.count = thread->stack.again = 0;
    thread->capturing = 0;
    thread->last_id = 0;
    find_stack(thread);
    take_shard(thread);
    mt_sample_start(thread);
    mt_pick_start_thread(thread);
    memset(thread->met, 0, sizeof thread->met); /* another shard's */
    choose_way(thread);
    count_thread();
    mt_thread_self = thread;
    if (key_made && !wiped)
        (void)pthread_setspecific(key, thread);
    return thread;
}

/* The destructor puts itself off to the last round, so that other destructors' frees are
 * still counted by an owned shard; what comes later is an orphan's. */
static void at_thread_end(void *state) {
    struct mt_thread *thread = state;
    if (thread != mt_thread_self)
        return;
    if (++destructor_rounds < ROUNDS) {
        (void)pthread_setspecific(key, thread);
        return;
    }
    ended = 1;
    mt_thread_self = &mt_thread_none;
    if (!thread->shard)
        return;
    mt_counters_flush(thread->shard);
    release_shard(thread);
    atomic_fetch_sub(&mt_region_own->threads, 1);
    thread->shard = thread->fast = NULL;
    give_unused(thread);
}

void mt_thread_init(void) {
    key_made = pthread_key_create(&key, at_thread_end) == 0;
}

void mt_thread_after_fork(void) {
    struct mt_thread *self = mt_thread_self;
    if (mt_region_is_shared()) /* the next operation gets a region of its own */
        return;
    uint64_t mine =
        self && self->shard && !self->shared ? UINT64_C(1) << self->shard_index : 0;
    for (unsigned i = 0; i < MT_SHARDS_OWNED; i++)
        if (!(mine >> i & 1))
            atomic_store(&mt_shards[i].thread, 0);
    atomic_store(&shards_taken, mine);
    atomic_store(&unused, NULL); /* the list may have been in motion */
    atomic_store(&mt_region_own->threads, 1);
    mt_region_own->pid = (uint32_t)getpid();
    mt_pick_after_fork(self);
}

struct mt_shard *mt_thread_orphan_shard(void) {
    struct mt_shard *shard = &mt_shards[MT_SHARDS_OWNED];
    atomic_store_explicit(&shard->used, 1, memory_order_relaxed);
    return shard;
}

MT_COLD uint64_t mt_thread_refill_ids(struct mt_thread *thread) {
    uint64_t picked = mt_pick_take(thread), count = thread->id_batch;
    if (picked)
        return picked;
    if (count < ID_BATCH_MOST)
        thread->id_batch *= 2;
    uint64_t first = atomic_fetch_add_explicit(&next_id, count, memory_order_relaxed);
    first &= ID_MASK;
    mt_pick_deal(thread, first, first + count);
    /* Before what may make the next allocation come here too (mt_thread_hurry). */
    uint64_t id = mt_next_id(thread);
    if (mt_thread_on_refill)
        mt_thread_on_refill();
    return id;
}

void mt_thread_hurry(void) {
    struct mt_thread *thread = mt_thread_self;
    if (!thread->shard)
        return;
    *(volatile uint64_t *)&thread->pick = 0; /* it would be taken instead */
    *(volatile uint64_t *)&thread->id_end = 0;
}

uint64_t mt_thread_orphan_id(void) {
    return atomic_fetch_add_explicit(&next_id, 1, memory_order_relaxed) & ID_MASK;
}

uint64_t mt_thread_ids_issued(void) {
    uint64_t next = atomic_load_explicit(&next_id, memory_order_relaxed);
    return next <= ID_MASK ? next : ID_MASK + 1;
}

/*
 * Per-thread state: the last captured stack, recent ones, the thread's place among the
 * counters. Found through one initial-exec TLS pointer.
 */
#ifndef MT_TRACK_THREAD_H
#define MT_TRACK_THREAD_H

#include "base/attr.h"
#include "track/region_make.h"

#define MT_STACK_FRAMES 1024 /* deeper stacks are not followed to their root */
#define MT_FRAME_WORDS  3    /* words of the stack that one frame's step can depend on */

/* A frame as it was stepped from: what the unwinder's result for it depends on is
 * (pc, sp, bp) and the words it read. */
struct mt_frame {
    uintptr_t pc, sp, bp;
    uint64_t serial; /* no two frames recorded by a thread have the same */
    uint32_t node;   /* valid at depths > cut */
    uint16_t words;  /* end of this frame's words in the stack's array */
    bool bp_any;     /* no step from here outwards depends on bp: a frame saved its caller's
                        and may use the register as it likes */
};
_Static_assert(MT_STACK_FRAMES *MT_FRAME_WORDS <= UINT16_MAX, "mt_frame.words");

struct mt_word {
    const uintptr_t *at;
    uintptr_t value;
};

/* The rule of a return address. */
struct mt_known_rule {
    uintptr_t pc;
    uint64_t rule;
};

/* A frame just stepped from, and the rule that did it; MT_RULE_SLOW: to be unwound again
 * next time. */
struct mt_fresh_frame {
    uintptr_t pc, sp, bp;
    uint64_t rule;
};

/* A stack, root first, and room for the frames of the capture that is going on. */
struct mt_stack {
    uint64_t stamp;             /* of its place */
    struct mt_counter *counter; /* the site's, in the thread's shard */
    uint32_t again;             /* count, if the whole stack may be taken over; else 0 */
    uint32_t count;
    uint32_t cut;   /* outermost frames that are not in the tree */
    uint32_t fixed; /* frames up to this depth may be taken over */
    bool truncated;
    /* frame[1] is the root; frame[0] is further out than any. */
    struct mt_frame frame[MT_STACK_FRAMES + 1];
    struct mt_word word[MT_STACK_FRAMES * MT_FRAME_WORDS];
    struct mt_fresh_frame fresh[MT_STACK_FRAMES]; /* innermost first */
};

/* A recent capture: from (pc, sp, bp) these words lead to the frame at depth `outer` of the
 * last stack, if that is still the same. Many callers may come through one wrapper, so it
 * is looked up by the innermost return addresses too. */
#define MT_RECENT_WORDS 16
struct mt_recent {
    uintptr_t pc, sp, bp; /* no code lies at 0: unused */
    uint64_t outer_serial;
    struct mt_counter *counter;
    uint64_t stamp;
    uint16_t outer, frames;
    uint8_t words;
    bool bp_any;
    bool turn;                   /* of a set's first: the one that goes next */
    int32_t at[MT_RECENT_WORDS]; /* bytes from the end of the stack */
    uintptr_t value[MT_RECENT_WORDS];
};

/* Where the last capture from (pc, sp) had its innermost return addresses. A guess: what it
 * leads to proves itself. */
#define MT_GUESS_WORDS 3
struct mt_guess {
    uintptr_t pc, sp;
    int32_t at[MT_GUESS_WORDS]; /* bytes from the end of the stack */
};

/* The place that a return address alone led to. */
struct mt_called {
    uintptr_t pc; /* no code lies at 0: unused */
    uint64_t stamp;
    struct mt_counter *counter;
};

#define MT_CALLED_BITS 6
#define MT_SEEN_SITES  256u
#define MT_MET_SITES   128u
#define MT_RULE_BITS   9
#define MT_GUESS_BITS  6
#define MT_RECENT_BITS 6 /* sets of two */

struct mt_thread {
    struct mt_shard *fast;    /* `shard`, where malloc and free may go the short way */
    struct mt_shard *shard;   /* NULL: not set up, or wiped by a fork */
    uint64_t next_id, id_end; /* allocation IDs in hand */
    uint64_t last_id;         /* the last operation's allocation, for `temporary` */
    uint64_t inherited_below; /* IDs below this were given out before a fork */
    uintptr_t low, span;      /* the thread's own stack: known to be readable */
    uintptr_t high;           /* where it ends */
    uint32_t epoch;           /* of the caches below */
    uint32_t id_batch;
    uint32_t serial;
    uint32_t shard_index;
    bool shared;                   /* the shard has other writers */
    bool nesting;                  /* the nested stack is in use */
    bool paused;                   /* what it allocates is counted under [untracked] */
    volatile uint32_t captures;    /* begun that change `stack` */
    volatile uintptr_t capturing;  /* where the one that is going on began; 0: none */
    uintptr_t probed_page;         /* foreign page found readable in this capture */
    struct mt_stack *nested;       /* for captures inside an interrupted one */
    struct mt_thread *next;        /* in the list of unused states */
    uint64_t frames;               /* recorded so far: the last serial */
    const struct mt_recent *found; /* by the last capture that found one */
    uint64_t found_at;             /* captures before that */
    uint32_t in_turn;
    bool calls;          /* `called` is in use */
    int64_t sample_left; /* bytes to the next sample */
    uint64_t sample_random;
    uint64_t pick;   /* an ID held back, and the size of its batch's rest; see pick.h */
    uint64_t picked; /* the last one that was given out */
    uint64_t pick_left, pick_random;
    uint32_t met[MT_MET_SITES]; /* records by site, see mt_counter_met() */
    struct mt_known_rule rule[1u << MT_RULE_BITS];
    uint16_t seen[MT_SEEN_SITES]; /* sites captured lately, see mt_stack_seen() */
    struct mt_guess guess[2u << MT_GUESS_BITS];
    struct mt_recent recent[2u << MT_RECENT_BITS];
    struct mt_stack stack;
    struct mt_called called[1u << MT_CALLED_BITS];
};

/* The state of a thread that has none: all zero, never written. */
extern MT_HIDDEN struct mt_thread mt_thread_none;

/* mt_thread_none until the thread's first operation, and again after its last destructor.
 */
extern MT_HIDDEN MT_TLS struct mt_thread *mt_thread_self;

/* Sets up this thread. NULL: no memory, or the thread is past its destructors; its
 * operations are then counted under [untracked]. MT_SIGNAL_SAFE. */
struct mt_thread *mt_thread_start(void);

/* Prepares threads' ends. Called once, before a second thread exists. */
void mt_thread_init(void);

/* Set before the first thread starts: none of them goes the short way. */
extern MT_HIDDEN bool mt_thread_bypass;

/* One pause more of this thread, or one fewer; false: there is none. Paused, it does not go
 * the short way. MT_SIGNAL_SAFE. */
void mt_thread_pause(void);
bool mt_thread_resume(void);

/* In a forked child: the other threads are gone; their shards are free again. */
void mt_thread_after_fork(void);

/* A shared shard for operations of threads without state. */
struct mt_shard *mt_thread_orphan_shard(void);

/* Hands out the next allocation ID, refilling the thread's batch when it is empty. */
uint64_t mt_thread_refill_ids(struct mt_thread *thread);
uint64_t mt_thread_orphan_id(void);

/* Makes this thread's next allocation one that refills. IDs in hand are lost.
 * MT_SIGNAL_SAFE. */
void mt_thread_hurry(void);

/* Every ID handed out is below. */
uint64_t mt_thread_ids_issued(void);

/* Called on every refill, for what must happen now and then outside signal handlers. */
extern MT_HIDDEN void (*mt_thread_on_refill)(void);

/* Opens a file for the region of a forked child; -1, or NULL: it is private. */
extern MT_HIDDEN int (*mt_thread_child_recording)(void);

/* Called in a forked child that has just got a region of its own. */
extern MT_HIDDEN void (*mt_thread_on_detach)(void);

#endif

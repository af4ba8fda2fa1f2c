/*
 * Per-thread state: the last captured stack, the node cache, the thread's place among the
 * counters. Found through one initial-exec TLS pointer.
 */
#ifndef MT_TRACK_THREAD_H
#define MT_TRACK_THREAD_H

#include "base/attr.h"
#include "track/region_make.h"

#define MT_STACK_FRAMES 1024 /* deeper stacks are not followed to their root */
#define MT_FRAME_WORDS  3    /* words of the stack that one frame's step can depend on */
#define MT_NODE_CACHE   512

/* A frame as it was stepped from: what the unwinder's result for it depends on is
 * (pc, sp, bp) and the words it read. */
struct mt_frame {
    uintptr_t pc, sp, bp;
    uint32_t node;  /* valid at depths >= cut */
    uint16_t words; /* end of this frame's words in the stack's array */
    bool bp_any;    /* the step does not depend on bp: the frame saved its caller's and may
                       use the register as it likes */
};
_Static_assert(MT_STACK_FRAMES *MT_FRAME_WORDS <= UINT16_MAX, "mt_frame.words");

struct mt_word {
    const uintptr_t *at;
    uintptr_t value;
};

struct mt_fresh_frame {
    uintptr_t pc, sp, bp;
    uint32_t words;
    bool barrier; /* must be unwound again next time, see capture.c */
    bool bp_any;
    uint8_t bp_word; /* which of the words is the caller's bp; MT_FRAME_WORDS: none */
    struct mt_word word[MT_FRAME_WORDS];
};

/* A stack, root first, and room for the frames of the capture that is going on. */
struct mt_stack {
    uint32_t count;
    uint32_t cut;   /* outermost frames that are not in the tree */
    uint32_t fixed; /* frames below this depth may be taken over */
    uint32_t site;
    bool truncated;
    struct mt_frame frame[MT_STACK_FRAMES];
    struct mt_word word[MT_STACK_FRAMES * MT_FRAME_WORDS];
    struct mt_fresh_frame fresh[MT_STACK_FRAMES]; /* innermost first */
};

struct mt_node_entry {
    uint32_t parent, child;
    uintptr_t pc;
};

/* A recent capture's inner part: from (pc, sp, bp) these words lead to the frame at depth
 * `outer` of the last stack. Seen again, it costs the verification only. */
#define MT_RECENT_ENTRIES 64
#define MT_RECENT_WORDS   10
struct mt_recent {
    uintptr_t pc, sp, bp;
    uintptr_t outer_pc, outer_sp, outer_bp;
    uint32_t outer; /* frames of the last stack that it goes on with; 0: unused */
    uint32_t outer_node, cut;
    uint32_t site;
    uint32_t words;
    bool bp_any;
    struct mt_word word[MT_RECENT_WORDS];
};

struct mt_thread {
    struct mt_shard *shard;   /* NULL: not set up, or wiped by a fork */
    uint64_t next_id, id_end; /* allocation IDs in hand */
    uint64_t last_id;         /* the last operation's allocation, for `temporary` */
    uint64_t inherited_below; /* IDs below this were given out before a fork */
    uintptr_t low, span;      /* the thread's own stack: known to be readable */
    uint32_t epoch;           /* of the caches below */
    uint32_t id_batch;
    uint32_t serial;
    uint32_t shard_index;
    bool shared;                /* the shard has other writers */
    volatile uint8_t capturing; /* > 0: a capture was interrupted by a signal handler */
    uintptr_t probed_page;      /* foreign page found readable in this capture */
    struct mt_stack *nested;    /* for captures inside an interrupted one */
    struct mt_thread *next;     /* in the list of unused states */
    struct mt_recent recent[MT_RECENT_ENTRIES];
    struct mt_node_entry node_cache[MT_NODE_CACHE];
    struct mt_stack stack;
};

/* NULL until the thread's first operation, and again after its last destructor. */
extern MT_HIDDEN MT_TLS struct mt_thread *mt_thread_self;

/* Set at start, before any thread has a state: mt_thread_self stays NULL, so that every
 * operation takes its general path, where the state comes from mt_thread_start(). */
extern MT_HIDDEN bool mt_thread_bypass;

/* Sets up this thread. NULL: no memory, or the thread is past its destructors; its
 * operations are then counted under [untracked]. MT_SIGNAL_SAFE. */
struct mt_thread *mt_thread_start(void);

/* Prepares threads' ends. Called once, before a second thread exists. */
void mt_thread_init(void);

/* In a forked child: the other threads are gone; their shards are free again. */
void mt_thread_after_fork(void);

/* A shared shard for operations of threads without state. */
struct mt_shard *mt_thread_orphan_shard(void);

/* Hands out the next allocation ID, refilling the thread's batch when it is empty. */
uint64_t mt_thread_refill_ids(struct mt_thread *thread);
uint64_t mt_thread_orphan_id(void);

/* Called on every refill, for what must happen now and then outside signal handlers. */
extern MT_HIDDEN void (*mt_thread_on_refill)(void);

/* Called in a forked child that has just got a region of its own. */
extern MT_HIDDEN void (*mt_thread_on_detach)(void);

#endif

/*
 * The region: everything that is counted, in one contiguous self-describing mapping.
 *
 * It holds no pointers and no addresses of the process: places are table indices, code is
 * (module, offset). The in-process exporter, `mtalloc dump PID`, `mtalloc run` and a later
 * reader of a recording all read this same layout. Whoever reads a region that another
 * process wrote calls mt_region_check() first and trusts nothing else.
 *
 * Concurrency: records are written in full, then published (a release store or a
 * compare-and-swap); nobody waits for a claimed record. Counters are written by single
 * add instructions (track/counters.h says how) and read with relaxed loads; readers take
 * frees before allocations, so that live is never negative.
 */
#ifndef MT_TRACK_REGION_H
#define MT_TRACK_REGION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MT_REGION_MAGIC   UINT64_C(0x314e474552544d01) /* "\1MTREGN1", little endian */
#define MT_REGION_VERSION 4u

/* The tables, in the order in which they lie in the region. */
enum mt_table_id {
    MT_TABLE_MODULES, /* struct mt_module; id 0 unused, then the pseudo modules */
    MT_TABLE_SHARDS,  /* struct mt_shard */
    MT_TABLE_EVENTS,  /* struct mt_event */
    MT_TABLE_LEAKS,   /* struct mt_leak */
    MT_TABLE_SITES,   /* struct mt_site; index 0 unused */
    MT_TABLE_NODES,   /* struct mt_node; index 0 is the root */
    MT_TABLE_CHUNKS,  /* struct mt_chunk; index 0 unused */
    MT_TABLE_COUNT
};

struct mt_table {
    uint64_t offset;       /* from the region's start; a multiple of the page size */
    uint32_t stride;       /* bytes per record */
    uint32_t capacity;     /* records that fit */
    _Atomic uint32_t used; /* records claimed; may exceed open for a moment */
    _Atomic uint32_t open; /* records whose memory may be touched */
};

/* A module (an ELF object that was or is loaded), or a pseudo module in brackets. */
#define MT_MODULE_NAME_MAX 64
#define MT_BUILD_ID_MAX    32
struct mt_module {
    _Atomic uint32_t ready;  /* 1 once the rest is written */
    uint32_t build_id_bytes; /* 0: none */
    uint8_t build_id[MT_BUILD_ID_MAX];
    char name[MT_MODULE_NAME_MAX]; /* base name, NUL-terminated */
    uint64_t text_bytes;           /* size of the mapping */
    uint64_t spare[2];
};
_Static_assert(sizeof(struct mt_module) == 128, "module record");

/* Module ids 1 … MT_PSEUDO_COUNT stand for what is no module; their frames have offset 0.
 * Each has one node of the same index, a child of the root (or, for [anonymous], any). */
enum mt_pseudo {
    MT_PSEUDO_CUT = 1,   /* outer frames dropped, see DEPTH in track/capture.c */
    MT_PSEUDO_TRUNCATED, /* the stack's root was not reached */
    MT_PSEUDO_ANONYMOUS, /* code outside every loaded module */
    MT_PSEUDO_OVERFLOW,  /* did not fit into max_metadata */
    MT_PSEUDO_UNTRACKED, /* stack=off, or no thread state: before start, after thread exit
                          */
    MT_PSEUDO_NESTED,    /* a signal handler inside a signal handler inside a capture */
    MT_PSEUDO_COUNT = MT_PSEUDO_NESTED
};

/* A node of the calling-context tree: one frame below its parent. Lookup is a hash trie
 * (4-way, keyed by the hash of parent, module and offset; insertion is one CAS). */
struct mt_node {
    uint32_t parent;         /* node index; always smaller than this one's */
    _Atomic uint32_t module; /* 0 until the record is written in full */
    uint64_t offset;         /* return address from the module's first loaded segment */
    uint64_t signature;      /* XXH3 chain from the root, track/tree.c */
    _Atomic uint32_t site;   /* index of the site whose leaf this is, or 0 */
    uint32_t spare;
    _Atomic uint32_t child[4]; /* trie links, of no meaning to readers */
};
_Static_assert(sizeof(struct mt_node) == 48, "node record");

struct mt_site {
    _Atomic uint32_t node; /* the leaf; 0: claimed but never used */
    uint32_t spare;
};
_Static_assert(sizeof(struct mt_site) == 8, "site record");

/* What one shard counted for one site: one cache line. live = alloc - free, summed over
 * shards; a block freed by another thread is counted there against its allocating site. */
struct mt_counter {
    _Atomic uint64_t allocs;
    _Atomic uint64_t alloc_bytes; /* requested bytes */
    _Atomic uint64_t frees;
    _Atomic uint64_t free_bytes;
    _Atomic uint64_t temporary;  /* freed by the thread's next operation */
    _Atomic uint64_t reallocs;   /* those of `allocs` that realloc made */
    _Atomic int64_t peak_bytes;  /* alloc_bytes - free_bytes when peak_epoch began */
    _Atomic uint32_t peak_epoch; /* the last high-water epoch this record has seen */
    _Atomic uint32_t site;       /* once mt_counter_meet() has been there; else 0 */
};
_Static_assert(sizeof(struct mt_counter) == 64, "counter record");

/* Counters come in chunks of 16 sites; a chunk of the table also serves as a quarter of a
 * directory page. */
#define MT_CHUNK_SITES 16
struct mt_chunk {
    union {
        struct mt_counter counter[MT_CHUNK_SITES];
        _Atomic uint32_t index[256]; /* directory: chunk of sites (256 d + i) * 16 … */
    } u;
};
_Static_assert(sizeof(struct mt_chunk) == 1024, "chunk record");

/* A shard is written by one thread at a time while threads are at most MT_SHARDS_OWNED;
 * the next MT_SHARDS_SHARED shards are written with locked instructions by all others.
 * Shards outlive their threads and are taken over with their counts. */
#define MT_SHARDS_OWNED  64
#define MT_SHARDS_SHARED 8
#define MT_SHARDS        (MT_SHARDS_OWNED + MT_SHARDS_SHARED)
#define MT_SIZE_BINS     48  /* bin b counts sizes with bit width b: 0, 1, 2-3, 4-7 … */
#define MT_DIRECTORY_MAX 512 /* × 256 × 16 = 2,097,152 sites */
#define MT_SITES_MAX     (MT_DIRECTORY_MAX * 256 * MT_CHUNK_SITES)

#define MT_THREAD_NAME_MAX 32 /* with the NUL */

struct mt_totals {
    uint64_t allocs, alloc_bytes, frees, free_bytes;
};

struct mt_shard {
    _Alignas(64) _Atomic uint32_t used; /* 1 once any thread has had it */
    _Atomic uint32_t thread; /* serial of the owner, from 1 = main; 0: none or shared */
    struct mt_totals base;   /* what the totals were when the owner took it */
    _Atomic uint64_t alloc_bytes; /* independent totals; the counts are the bins' sums */
    _Atomic uint64_t free_bytes;
    _Atomic uint64_t captures;        /* stacks captured */
    _Atomic uint64_t stepped;         /* frames unwound by a rule */
    _Atomic uint64_t verified;        /* frames taken over from the last stack, verified */
    _Atomic uint64_t truncated;       /* captures that did not reach the root */
    _Atomic uint64_t slow;            /* frames that took the full interpreter */
    _Atomic uint64_t inherited_frees; /* of blocks from before a fork; in no site */
    _Atomic int64_t moved_bytes;      /* the share of live bytes in the global figure */
    _Atomic uint64_t alloc_limit;     /* where alloc_bytes or free_bytes pass these, the */
    _Atomic uint64_t free_limit;      /* rest is due */
    _Atomic uint64_t checked; /* captures compared with a full unwind (checking build) */
    uint64_t spare[3];
    _Atomic uint64_t bin_allocs[MT_SIZE_BINS];
    _Atomic uint64_t bin_frees[MT_SIZE_BINS];
    _Atomic uint32_t directory[MT_DIRECTORY_MAX];  /* chunk that is a directory, or 0 */
    _Atomic uint64_t name[MT_THREAD_NAME_MAX / 8]; /* the owner's, see thread_name.h */
    _Atomic uint32_t name_version;                 /* odd while it is being written */
};

/* Something that happened: heap errors, limits, ignored options. No contents, no addresses.
 */
enum mt_event_kind {
    MT_EVENT_NONE,
#define EVENT(id, name) MT_EVENT_##id,
#include "track/events.def"
#undef EVENT
    MT_EVENT_KINDS
};

struct mt_event {
    _Atomic uint32_t ready;
    uint32_t kind;
    uint64_t at_ms;      /* since start */
    uint64_t id;         /* allocation ID, or 0 */
    uint64_t size;       /* bytes, or 0 */
    uint32_t error_site; /* site of the operation that found it, or 0 */
    uint32_t alloc_site; /* site of the block, or 0 */
    uint64_t value;      /* by kind */
    uint32_t free_site;  /* site of the block's free, or 0 */
    uint32_t spare32;
    uint64_t spare;
};
_Static_assert(sizeof(struct mt_event) == 64, "event record");

/* What a look for leaks (option `leaks`) says of a block. */
enum mt_leak_state {
    MT_LEAK_LOST,     /* nothing points to it, or only what it leads to itself */
    MT_LEAK_INDIRECT, /* only lost blocks lead to it */
    MT_LEAK_POSSIBLE, /* nothing that was looked at leads to it, but not all was */
    MT_LEAK_LIVE,     /* nobody looked what leads to it */
    MT_LEAK_REACHABLE,
    MT_LEAK_STATES
};

/* Why a look for leaks calls nothing lost. */
enum mt_leak_why {
    MT_LEAK_WHY_NONE,
    MT_LEAK_WHY_THREADS, /* some did not stand still */
    MT_LEAK_WHY_SIGNAL,  /* no signal was free to make them, or they cannot be listed */
    MT_LEAK_WHY_HEAP,    /* memory of the heap that is not known as that */
    MT_LEAK_WHY_SWAP,    /* what is swapped out cannot be told from what was never there */
    MT_LEAK_WHY_MAPS,    /* the process's mappings cannot be listed */
    MT_LEAK_WHY_LATE,    /* the time was over */
    MT_LEAK_WHYS
};

/* As they are called in summaries and the log. */
extern const char *const mt_leak_state_name[MT_LEAK_STATES];
extern const char *const mt_leak_why_name[MT_LEAK_WHYS];

/* Of the last look: the blocks of a site that are in one state, or a single block. */
#define MT_LEAKS_MAX 2048u
struct mt_leak {
    uint32_t site;
    uint32_t state;
    uint64_t blocks; /* 0: a single one */
    uint64_t bytes;
    uint64_t age_ms; /* of the oldest, at most */
    uint64_t id;     /* of the oldest */
};
_Static_assert(sizeof(struct mt_leak) == 40, "leak record");

/* The whole of it. Readers that come while it is written may mix two looks. */
struct mt_leak_sums {
    uint32_t mode;  /* index of option `leaks`; 0: nobody has looked yet */
    uint32_t why;   /* enum mt_leak_why */
    uint64_t at_ms; /* since start */
    uint64_t blocks[MT_LEAK_STATES], bytes[MT_LEAK_STATES];
    uint64_t kept, kept_bytes; /* mtalloc_keep() */
    uint64_t sites_omitted, blocks_omitted;
};

/* The allocator's own figures, refreshed on slow paths since asking takes locks. */
struct mt_figures {
    _Atomic uint64_t at_ms; /* since start; 0: never */
    _Atomic uint64_t allocated, active, resident, mapped;
};

/* What was asked for from outside, and the answer (export/control.h). */
struct mt_control {
    _Atomic uint32_t signal;   /* by which requests come; 0: the library has none */
    _Atomic uint32_t declined; /* 1: the program had the signal before */
    _Atomic uint32_t taken;    /* ticket of the request that is being followed */
    _Atomic uint32_t answered; /* ticket whose answer the rest is; written last */
    _Atomic int32_t result;    /* 0, above: more is to come; or a negative errno */
    _Atomic uint32_t waits;    /* 1: a part waited for a safe point, see quarantine */
    _Atomic uint64_t damaged, blocks, looked_at_bytes; /* of a heap check */
    /* Damaged blocks that checks found in quarantine so far; above them, in the upper half,
     * the ticket of the request for which all of it was verified last. */
    _Atomic uint64_t quarantine;
};

struct mt_region {
    uint64_t magic;
    uint32_t version;
    uint32_t header_bytes;
    uint64_t region_bytes; /* of the whole mapping */
    struct mt_table table[MT_TABLE_COUNT];

    /* Written by `mtalloc run` before the program starts, kept by the library. */
    _Atomic uint32_t owner_pid;       /* who may write; 0: whoever maps it first */
    _Atomic uint32_t images;          /* programs started under that PID */
    _Atomic uint32_t other_processes; /* processes that found the region taken */
    _Atomic uint32_t state;           /* enum mt_region_state */

    uint32_t pid;
    uint32_t stack_mode;              /* index of option `stack` */
    uint32_t frames;                  /* option `frames` */
    uint32_t options_ignored;         /* unknown or out-of-range options */
    char program[MT_MODULE_NAME_MAX]; /* base name of the executable */
    uint64_t start_unix_ms;
    uint64_t start_monotonic_ms;
    uint64_t max_metadata;
    uint64_t sample; /* option `sample`, or 0 under another `stack` */

    /* What leaves the process, for whoever writes the summary. */
    uint32_t strict;    /* option `privacy` is strict */
    uint32_t max_sites; /* options of these names */
    uint64_t min_bytes;

    _Alignas(64) _Atomic int64_t live_bytes; /* moved here in steps */
    _Atomic int64_t peak_bytes;
    _Atomic uint64_t peak_error_bytes;
    _Atomic uint32_t threads; /* alive */
    _Atomic uint32_t threads_started;
    _Atomic uint32_t threads_most;
    _Atomic uint64_t open_bytes;     /* metadata opened so far */
    _Atomic uint64_t overflow_nodes; /* nodes or counters that did not fit */
    _Atomic uint64_t events_lost;
    _Atomic uint32_t dumps; /* summaries written */
    _Atomic uint32_t dumps_suppressed;
    _Atomic uint32_t signals_failed; /* dumps that could not be written */
    _Atomic uint32_t spare32;
    struct mt_figures figures;

    /* Read with every operation, so not beside what is written with every step. */
    _Alignas(64) _Atomic uint32_t peak_epoch; /* raised with every new high-water mark */

    struct mt_leak_sums leaks;

    uint8_t recipient[32]; /* option `recipient` as bytes, for who writes the summary */
    struct mt_control control;
};

enum mt_region_state {
    MT_STATE_EMPTY, /* made by `mtalloc run`, no program has attached */
    MT_STATE_RUNNING,
    MT_STATE_EXITED,  /* destructors ran */
    MT_STATE_ABORTED, /* by a heap error report */
};

/* ---- reading: works on any region, one's own or a copy of another process's ---- */

/* True if `bytes` bytes at `region` are a region this code can read: magic, version, every
 * table inside the mapping. Sets *why to a static text otherwise. Signal-safe. */
bool mt_region_check(const void *region, uint64_t bytes, const char **why);

/* Records of a table that may be read: used, but never beyond open or capacity. */
uint32_t mt_region_count(const struct mt_region *region, enum mt_table_id id);

/* A record of a table; the index must be below mt_region_count(). */
static inline const void *mt_region_at(const struct mt_region *region, enum mt_table_id id,
                                       uint32_t index) {
    return (const char *)region + region->table[id].offset +
           (uint64_t)index * region->table[id].stride;
}

/* Bytes from the start of the region that a copy must hold for table `id`. */
uint64_t mt_region_table_bytes(const struct mt_region *region, enum mt_table_id id);

/* Sums one site over all shards, frees before allocations. */
struct mt_site_sums {
    uint64_t allocs, alloc_bytes, frees, free_bytes, temporary, reallocs;
    int64_t peak_bytes;
};
void mt_region_sum_site(const struct mt_region *region, uint32_t site,
                        struct mt_site_sums *out);

#endif

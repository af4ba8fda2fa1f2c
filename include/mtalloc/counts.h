/*
 * counts.h: what libmtalloc counted, read from within the program. Part of mtalloc.h,
 * which is what to include.
 *
 * Bytes are requested bytes. A realloc is one free and one allocation at its own site.
 *
 * Structures begin with their size, so that they can grow. The rule, for whoever edits
 * them: a new field goes to the end and is never laid into padding; none is removed, moved
 * or given another meaning; the size that a structure had first is the least that is
 * accepted. A program sets `size` to sizeof of the structure before the call; the library
 * fills in no more than that, nor than it knows, and sets `size` to what it filled in. What
 * a callback is handed has the library's own size: of a field that a later version added,
 * look at `size` first.
 */
#ifndef MTALLOC_COUNTS_H
#define MTALLOC_COUNTS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* In place of a mark: since the program's start. */
#define MTALLOC_START 0

struct mtalloc_totals {
    uint32_t size;    /* see above */
    uint32_t threads; /* alive, of those that allocated or freed; now */
    uint64_t allocs;  /* allocations, since the mark */
    uint64_t alloc_bytes;
    uint64_t frees;
    uint64_t free_bytes;
    int64_t live; /* allocations minus frees: since a mark it may be negative */
    int64_t live_bytes;
    uint64_t peak_bytes;       /* high-water mark of live bytes, since the start */
    uint64_t peak_error_bytes; /* by how much that may be off */
    uint64_t sites;            /* stacks recorded since the start */
    uint64_t metadata_bytes;   /* what the library's own tables take now */
};

/*
 * Reads the sums over all threads, since a mark of mtalloc_mark() or MTALLOC_START. Other
 * threads go on: what they do meanwhile may be in one figure and not yet in another, but
 * frees are never ahead of their allocations.
 *
 * Returns 0, or -ENOTSUP under `off` or where there was no memory for the tables, -EINVAL
 * for a `size` below that of version 0.1 or an unknown mark, -EAGAIN while another thread
 * moves or drops the mark. errno is left alone.
 *
 * Takes no memory and no lock. Thread-safe. Async-signal-safe. Since 0.1.
 */
int mtalloc_read_totals(int mark, struct mtalloc_totals *totals);

/* A site is a stack that allocated. */
struct mtalloc_site {
    uint32_t size;      /* as the library filled it in */
    uint32_t frame;     /* the innermost, for mtalloc_read_frame() */
    uint64_t signature; /* the same for the same stack in every run; `sig` in summaries */
    uint64_t allocs;    /* since the mark */
    uint64_t alloc_bytes;
    uint64_t frees;
    uint64_t free_bytes;
    int64_t live;
    int64_t live_bytes;
    int64_t peak_bytes; /* held at the program's high-water mark, since the start */
    uint64_t temporary; /* freed by the same thread's next operation */
    uint64_t reallocs;  /* those of `allocs` that realloc made */
};

/* Returns 0 to go on. The site is valid during the call. */
typedef int (*mtalloc_site_visitor)(const struct mtalloc_site *site, void *context);

/*
 * Calls `visit` for each site that allocated or freed since the mark, in no order, and
 * stops when it returns something else than 0. It is called with no lock held: it may
 * allocate, free and call anything here, but it must return. What it allocates counts,
 * maybe in this same visit. Options max_sites and min_bytes have no effect here.
 *
 * Returns what the last call returned, which should not be negative, 0 if there was none,
 * or a negative errno value as mtalloc_read_totals() does. errno is left as `visit` left
 * it.
 *
 * Takes no memory and no lock. Thread-safe; async-signal-safe where `visit` is. Since 0.1.
 */
int mtalloc_visit_sites(int mark, mtalloc_site_visitor visit, void *context);

struct mtalloc_frame {
    uint32_t size;   /* see above */
    uint32_t parent; /* the caller's frame; 0: this is the outermost one */
    uint64_t offset; /* of the return address from the module's first loaded segment */
    uint32_t module_id;
    uint32_t build_id_bytes; /* 0: the module has none */
    uint8_t build_id[32];
    char module[64]; /* base name, ends with NUL; "" under privacy=strict; "[cut]" and the
                        like as docs/FORMAT.md has them */
};

/*
 * Reads a frame of a stack, by the number that a site, a crossing or another frame has:
 *     for (uint32_t at = site->frame; mtalloc_read_frame(at, &frame) == 0; at =
 * frame.parent) The numbers stay valid while the process lives.
 *
 * Returns 0, or -ENOENT for 0 or a number that is none, -EINVAL for a `size` below that of
 * version 0.1, -ENOTSUP as above. errno is left alone.
 *
 * Takes no memory and no lock. Thread-safe. Async-signal-safe. Since 0.1.
 */
int mtalloc_read_frame(uint32_t frame, struct mtalloc_frame *out);

/*
 * Remembers what is counted now, so that the functions above can tell what was counted
 * since; the totals go on. A mark takes 56 bytes from the kernel for each site that there
 * is. In a forked child marks stay as they are; where the child counts from zero, since its
 * parent is recorded, so do they.
 *
 * Returns a mark, which is positive, or -ENOSPC when 16 marks are set, -ENOMEM when there
 * is no memory for it, -ENOTSUP as above. errno is left alone.
 *
 * Thread-safe. Async-signal-safe. Since 0.1.
 */
int mtalloc_mark(void);

/*
 * Sets a mark anew, to now; or gives it up. Returns 0, or -EINVAL for an unknown mark,
 * -EBUSY while it is being read, and also -ENOMEM from mtalloc_move_mark(), which then
 * leaves the mark where it was. errno is left alone.
 *
 * Thread-safe. Async-signal-safe. Since 0.1.
 */
int mtalloc_move_mark(int mark);
int mtalloc_drop_mark(int mark);

#ifdef __cplusplus
}
#endif
#endif

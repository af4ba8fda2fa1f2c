/*
 * The memory is copied piece by piece with process_vm_readv, which reports what was
 * unmapped meanwhile instead of faulting, and the copies are looked through at every
 * multiple of 16. Pages that are not resident are passed over: to read them would make them
 * so.
 */
#include "alloc/heap_walk.h"

#include "alloc/damaged_header.h"
#include "alloc/guard_slots.h"
#include "alloc/live_bits.h"
#include "alloc/resident.h"
#include "base/alone.h"
#include "base/clock.h"
#include "base/sys.h"
#include "export/proc.h"
#include "track/tree.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/auxv.h>
#include <sys/uio.h>

#define PIECE_BYTES ((size_t)64 << 10)
/* Pieces begin a page, and an extension lies at a multiple of 32, its header behind it:
 * never in two pieces. What is no extension may be looked for before the first byte. */
#define BEFORE_BYTES sizeof(struct mt_extension)
#define WINDOW_PAGES MT_RESIDENT_PAGES

/* The one walk that goes on. Static, since the stack may be a small one. */
static struct {
    struct mt_heap_walk *walk;
    enum mt_heap_walk_end end;
    long pid;
    int pagemap; /* -1: what is swapped out is passed over */
    size_t page_bytes;
    uint64_t started_ms;
    uintptr_t
        covered; /* where the last live block ends: nothing before that is looked at */
    unsigned char resident[WINDOW_PAGES];
    _Alignas(16) char piece[BEFORE_BYTES + PIECE_BYTES];
} now;

/* Bytes that could be read, from the first on. */
static size_t copy(uintptr_t from, void *to, size_t bytes) {
    struct iovec local = {to, bytes}, remote = {(void *)from, bytes};
    long got = mt_sys6(SYS_process_vm_readv, now.pid, (long)&local, 1, (long)&remote, 1, 0);
    if (got < 0 && got != -EFAULT && got != -ENOMEM)
        now.end = MT_WALK_REFUSED;
    return got < 0 ? 0 : (size_t)got;
}

/* ---- one header ---- */

/* What a header that proves itself says can be so. A damaged canary is no argument against
 * it, so this is what keeps chance away: docs/ARCHITECTURE.md has the figure. */
static bool plausible(const struct mt_block *block) {
    return block->id && block->id < mt_thread_ids_issued() &&
           block->kind >= MT_KIND_MALLOC && block->kind <= MT_KIND_LOADER &&
           block->size < MT_SIZE_PLAUSIBLE &&
           block->site < mt_region_count(mt_region_own, MT_TABLE_SITES) &&
           mt_tree_node(block->site);
}

/* free's short way leaves its caller in the first word of a block and then ends the header.
 */
static bool being_freed(const struct mt_block *block, const void *granule) {
    uintptr_t word;
    if (block->size >= sizeof word)
        return false;
    memcpy(&word, granule, sizeof word);
    return mt_module_find((word ^ mt_header_keys.extension) - 1) != NULL;
}

/* An allocation's ID is given once and its canary is written before its header, so where
 * the same header was there before and after, the canary in between was its own. Twice, for
 * processors that reorder stores. */
static bool damaged_still(struct mt_heap_found *found, const struct mt_header *header) {
    const struct mt_block *block = &found->block;
    uintptr_t user = (uintptr_t)block->user;
    struct mt_header again;
    _Alignas(16) char granule[16];
    for (int pass = 0; pass < 2; pass++) {
        for (int side = 0; side < 2; side++) {
            if (copy((uintptr_t)mt_header_of(block->user), &again, sizeof again) !=
                    sizeof again ||
                memcmp(&again, header, sizeof again) != 0)
                return false;
            if (side == 0 && copy(user + (block->size & ~UINT64_C(15)), granule,
                                  sizeof granule) != sizeof granule)
                return false;
        }
        found->damage = mt_canary_difference(granule, block->size & 15);
        if (!found->damage || being_freed(block, granule))
            return false;
        (void)mt_sys0(SYS_sched_yield);
    }
    return true;
}

struct before {
    struct mt_extension extension;
    struct mt_header header;
};

/* What lies before `user`. An extension is on the header's page, if there is one; the page
 * before that can't be read in a guard slot. */
static bool copy_before(void *user, struct before *before) {
    bool begins = !((uintptr_t)mt_header_of(user) & (MT_PAGE_BYTES - 1));
    size_t skip = begins ? sizeof before->extension : 0, bytes = sizeof *before - skip;
    before->extension = (struct mt_extension){0};
    return copy((uintptr_t)user - bytes, (char *)before + skip, bytes) == bytes;
}

/* What is left of a block whose header is damaged. Of one in a guard slot, which may have
 * no canary, all is known. */
static bool tell_damaged(const struct before *before, void *user, struct mt_block *block) {
    struct mt_guard_hit hit;
    _Alignas(16) char granule[16];
    if (mt_guard_holds(user)) {
        bool found = mt_guard_find((uintptr_t)user, &hit) && hit.block.user == user;
        *block = found ? hit.block : *block;
        return found;
    }
    uintptr_t canary = mt_damaged_canary(&before->header, &before->extension, user);
    return canary && copy(canary, granule, sizeof granule) == sizeof granule &&
           mt_damaged_read(&before->header, &before->extension, granule, user, block);
}

/* What changes a header takes the live bit away before, so one that is no live one and is
 * the same between two looks at the bit was written over. Twice, as above. */
static void look_damaged(uintptr_t at) {
    struct mt_heap_found found = {.header_damaged = true, .block.user = (char *)at + 16};
    void *user = found.block.user;
    struct before first = {0}, again;
    for (int pass = 0; pass < 3; pass++) {
        if (!mt_live_bit(user) || !copy_before(user, &again))
            return;
        if (pass && memcmp(&first, &again, sizeof first) != 0)
            return;
        first = again;
        if (mt_block_read(&first.header, &first.extension, user, MT_LIVE, &found.block))
            return;
        (void)mt_sys0(SYS_sched_yield);
    }
    if (!mt_live_bit(user))
        return;
    found.known = tell_damaged(&first, user, &found.block);
    now.walk->found(&found, now.walk->context);
}

/* The block whose header is at `at` in the piece of `bytes` bytes from `from`. */
static void look(const struct mt_header *header, enum mt_state state, uintptr_t from,
                 size_t bytes, uintptr_t at) {
    struct mt_heap_found found = {.state = state};
    void *user = (void *)(at + sizeof *header);
    const struct mt_extension *extension = (const struct mt_extension *)header - 1;
    if (!mt_block_read(header, extension, user, state, &found.block) ||
        !plausible(&found.block))
        return;
    if (state == MT_LIVE) {
        _Alignas(16) char granule[16];
        uintptr_t end = (uintptr_t)user + (found.block.size & ~UINT64_C(15));
        if (mt_guard_ends_bare(user, found.block.size))
            memcpy(granule, mt_canary.byte, sizeof granule);
        else if (end - from < bytes)
            memcpy(granule, now.piece + BEFORE_BYTES + (end - from), sizeof granule);
        else if (copy(end, granule, sizeof granule) != sizeof granule)
            return;
        found.damage = mt_canary_difference(granule, found.block.size & 15);
        if (found.damage && !damaged_still(&found, header))
            return;
        if (!found.damage)
            now.covered = end + sizeof granule;
    }
    now.walk->found(&found, now.walk->context);
}

/* ---- memory ---- */

static void scan_piece(uintptr_t from, size_t bytes) {
    size_t at = 0;
    while (at < bytes) {
        if (from + at < now.covered) {
            at = now.covered - from;
            continue;
        }
        const struct mt_header *header =
            (const struct mt_header *)(now.piece + BEFORE_BYTES + at);
        const void *user = (const void *)(from + at + sizeof *header);
        uint32_t differs = header->check ^ mt_header_check(header, user, MT_LIVE);
        if (MT_UNLIKELY(differs == 0))
            look(header, MT_LIVE, from, bytes, from + at);
        else if (MT_UNLIKELY(differs == MT_FREED_DOMAIN))
            look(header, MT_FREED, from, bytes, from + at);
        else if (MT_UNLIKELY(differs == MT_QUARANTINED_DOMAIN))
            look(header, MT_QUARANTINED, from, bytes, from + at);
        if (MT_UNLIKELY(mt_live_bits_on && now.covered <= from + at && mt_live_bit(user)))
            look_damaged(from + at);
        at += sizeof *header;
    }
}

/* All before `at` was looked at. */
static bool goes_on(uintptr_t at) {
    if (now.end == MT_WALK_WHOLE &&
        mt_clock_monotonic_ms() - now.started_ms >= now.walk->budget_ms) {
        now.end = MT_WALK_LATE;
        now.walk->from = at > now.covered ? at : now.covered;
    }
    return now.end == MT_WALK_WHOLE;
}

/* Resident pages, from the first to the last. */
static void scan_run(uintptr_t from, uintptr_t to) {
    while (from < to && goes_on(from)) {
        if (from < now.covered) {
            from = now.covered < to ? now.covered & ~(now.page_bytes - 1) : to;
            if (from == to)
                return;
        }
        size_t bytes = to - from < PIECE_BYTES ? to - from : PIECE_BYTES;
        size_t got = copy(from, now.piece + BEFORE_BYTES, bytes) & ~(size_t)15;
        scan_piece(from, got);
        now.walk->looked_at_bytes += got;
        from += got ? got : now.page_bytes; /* gone meanwhile */
    }
}

static void scan(uintptr_t from, uintptr_t to) {
    if (from < now.walk->from)
        from = now.walk->from & ~(now.page_bytes - 1);
    while (from < to && goes_on(from)) {
        size_t pages = (to - from) / now.page_bytes, first = 0;
        if (pages > WINDOW_PAGES)
            pages = WINDOW_PAGES;
        mt_resident(now.pagemap, from, pages, now.resident);
        for (size_t i = 0; i <= pages; i++) {
            if (i < pages && now.resident[i])
                continue;
            if (first < i)
                scan_run(from + first * now.page_bytes, from + i * now.page_bytes);
            first = i + 1;
        }
        from += pages * now.page_bytes;
    }
}

/* "start-end rw-p offset device inode   name": private memory of no file. The allocator's
 * extents have no name, unless it was told to take them from the program's break. Stacks
 * and the like may be among what is left; there are no headers in them. */
static bool line_of_maps(const char *line, void *context) {
    (void)context;
    const char *at = line;
    uintptr_t from = mt_proc_hex(&at), to, region = (uintptr_t)mt_region_own;
    if (*at++ != '-')
        return true;
    to = mt_proc_hex(&at);
    if (strncmp(at, " rw-p 00000000 00:00 0", 22) != 0)
        return true;
    for (at += 22; *at == ' ';)
        at++;
    if (*at && strcmp(at, "[heap]") != 0 && strncmp(at, "[anon", 5) != 0)
        return true;
    if (from <= region && region < to) {
        uintptr_t behind = region + mt_page_up(mt_region_own->region_bytes);
        scan(from, region);
        from = behind < to ? behind : to;
    }
    scan(from, to);
    return goes_on(to);
}

enum mt_heap_walk_end mt_heap_walk(struct mt_heap_walk *walk) {
    walk->looked_at_bytes = 0;
    if (!mt_region_own)
        return MT_WALK_REFUSED;
    if (!mt_alone_begin(MT_ALONE_WALK))
        return MT_WALK_BUSY;
    now.walk = walk;
    now.end = MT_WALK_WHOLE;
    now.pid = mt_sys0(SYS_getpid);
    now.page_bytes = getauxval(AT_PAGESZ);
    now.started_ms = mt_clock_monotonic_ms();
    now.covered = walk->from;
    now.pagemap = walk->swapped ? mt_resident_open() : -1;
    walk->blind = walk->swapped && now.pagemap < 0;
    if (mt_proc_lines(0, "maps", line_of_maps, NULL) <= 0)
        now.end = MT_WALK_REFUSED;
    enum mt_heap_walk_end end = now.end;
    if (now.pagemap >= 0)
        (void)mt_sys1(SYS_close, now.pagemap);
    now.covered = 0;
    memset(now.piece, 0, sizeof now.piece); /* it would keep blocks from being lost */
    mt_alone_end(MT_ALONE_WALK);
    return end;
}

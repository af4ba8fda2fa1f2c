#include "alloc/report_where.h"

#include "alloc/damaged_header.h"
#include "base/pages.h"
#include "track/arch.h"
#include "track/unwind.h"

#define SEARCH_BACK      ((size_t)64 << 20) /* for a pointer into a block: how big it may be */
#define SEARCH_ON        ((size_t)1 << 20) /* larger ones have an extension */
#define ARGUMENTS_MOST   ((size_t)8 << 20)
#define NEIGHBOUR_PREFIX (sizeof(struct mt_header) + sizeof(struct mt_extension))

extern void *__libc_stack_end;

/* Walks over memory, towards either side, and asks for every page once. */
struct walk {
    uintptr_t page;
};

static bool readable(struct walk *walk, uintptr_t at) {
    if (at / MT_PAGE_BYTES == walk->page)
        return true;
    walk->page = at / MT_PAGE_BYTES;
    return mt_pages_readable(at);
}

/* ---- the program's own memory ---- */

/* The kernel puts arguments and environment above the main thread's first frame. */
static bool among_arguments(uintptr_t user) {
    uintptr_t at = (uintptr_t)__libc_stack_end;
    struct walk walk = {0};
    if (user < at || user - at > ARGUMENTS_MOST)
        return false;
    for (; at <= user; at += MT_PAGE_BYTES)
        if (!readable(&walk, at))
            return false;
    return readable(&walk, user);
}

bool mt_where_program(struct mt_thread *thread, const void *user, uintptr_t entry,
                      struct mt_finding *finding) {
    uintptr_t at = (uintptr_t)user;
    if (thread && mt_stack_is_own(thread, entry) && at >= entry &&
        at < thread->low + thread->span) {
        finding->detail = "on this thread's stack";
        return true;
    }
    if (among_arguments(at)) {
        finding->detail = "among the program's arguments and environment";
        return true;
    }
    const struct mt_module_slot *module = mt_region_own ? mt_module_find(at) : NULL;
    if (!module)
        return false;
    finding->detail = "a global of";
    finding->module = module->id;
    finding->offset = at - module->start;
    return true;
}

/* ---- blocks around it ---- */

/* The nearest block in that state that begins at or before `from`. */
static bool nearest(uintptr_t from, enum mt_state state, struct mt_block *block) {
    uintptr_t at = from & ~(uintptr_t)15;
    struct walk walk = {UINTPTR_MAX};
    for (size_t back = 0; back < SEARCH_BACK; back += 16, at -= 16) {
        if (at < MT_PAGE_BYTES)
            return false;
        /* The page of what is read first; the rest of it lies there or was read before. */
        if (back == 0 && !readable(&walk, at - 1))
            return false;
        if (!readable(&walk, at - NEIGHBOUR_PREFIX))
            return false;
        if (mt_block_open_as((void *)at, state, block))
            return true;
    }
    return false;
}

bool mt_where_inside(const void *user, struct mt_block *block, enum mt_state *state) {
    static const enum mt_state states[] = {MT_LIVE, MT_QUARANTINED, MT_FREED};
    for (unsigned i = 0; i < 3; i++) {
        *state = states[i];
        if (nearest((uintptr_t)user, *state, block) &&
            (uintptr_t)user - (uintptr_t)block->user < block->size)
            return true;
    }
    return false;
}

bool mt_where_overrun(const void *user, struct mt_block *block) {
    if ((uintptr_t)user & 15 || !nearest((uintptr_t)user - 16, MT_LIVE, block) ||
        !mt_canary_damage(block->user, block->size))
        return false;
    return mt_where_next(block, user);
}

bool mt_where_next(const struct mt_block *block, const void *user) {
    uintptr_t end =
        (uintptr_t)block->raw + mt_backend_class(block->raw_bytes, block->flags);
    return end <= (uintptr_t)user - sizeof(struct mt_header) &&
           (uintptr_t)user - end <= NEIGHBOUR_PREFIX;
}

/* A granule that ends in at least four bytes of the canary: one in 2^32 by chance. */
static bool ends_in_canary(const void *granule) {
    return !mt_canary_damage(granule, 12);
}

static bool any_header(void *user) {
    const struct mt_header *header = mt_header_of(user);
    return mt_header_valid(header, user, MT_LIVE) ||
           mt_header_valid(header, user, MT_FREED) ||
           mt_header_valid(header, user, MT_QUARANTINED);
}

static bool survived(void *user, struct mt_block *block) {
    const struct mt_header *header = mt_header_of(user);
    const struct mt_extension *extension = mt_extension_of(user);
    uintptr_t canary = mt_damaged_canary(header, extension, user);
    return canary && mt_pages_readable(canary) &&
           mt_damaged_read(header, extension, (const void *)canary, user, block);
}

/* The extension of a large or aligned block may have survived. In others the canary is
 * where the header says, if that word did, or somewhere before the next block. */
bool mt_where_underwritten(void *user, struct mt_block *block, bool *known) {
    uintptr_t at = (uintptr_t)user;
    struct walk walk = {UINTPTR_MAX};
    if (at & 15 || !readable(&walk, at - NEIGHBOUR_PREFIX) || !readable(&walk, at - 16))
        return false;
    *known = survived(user, block);
    if (*known)
        return true;
    const struct mt_extension *extension = mt_extension_of(user);
    if (extension->check == mt_extension_check(extension, user))
        return true;
    uint64_t size = mt_header_size20(mt_header_of(user));
    if (size < MT_SIZE_EXTENDED && (size & 15) < 14 &&
        mt_pages_readable(at + (size & ~UINT64_C(15))) && !mt_canary_damage(user, size))
        return true;
    for (size_t on = 0; on < SEARCH_ON; on += 16) {
        if (!readable(&walk, at + on) || (on >= 32 && any_header((void *)(at + on))))
            return false;
        if (ends_in_canary((const void *)(at + on)))
            return true;
    }
    return false;
}

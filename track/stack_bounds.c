/*
 * What may be read of a stack without faulting.
 *
 * A thread's own stack cannot be unmapped while it runs on it, so a page proven readable
 * once stays so: the known range grows downwards from the top as deeper frames are met. On
 * any other stack (coroutines, alternate signal stacks) a page is proven anew in each
 * capture, since it may have been unmapped or replaced in between.
 */
#include "base/pages.h"
#include "track/unwind.h"

#define EXTEND_MOST (64u << 20)

MT_COLD bool mt_stack_probe(struct mt_thread *thread, uintptr_t at) {
    uintptr_t page = mt_page_down(at);
    if (at & 7)
        return false;
    if (page == thread->probed_page)
        return true;
    if (!mt_pages_readable(at))
        return false;
    thread->probed_page = page;
    return true;
}

/* Down from the known range, page by page, so that a guard page ends it at once. */
MT_COLD bool mt_stack_extend(struct mt_thread *thread, uintptr_t entry) {
    uintptr_t low = thread->low, target = mt_page_down(entry);
    if (entry >= low || low - target > EXTEND_MOST)
        return false;
    uintptr_t page = mt_page_down(low - 1);
    for (; page >= target; page -= MT_PAGE_BYTES)
        if (!mt_pages_readable(page))
            return false;
    uintptr_t high = thread->low + thread->span;
    if (!thread->span)
        high = low - 7; /* the last word that ends at the top */
    thread->low = target;
    thread->span = high - target;
    return true;
}

/* Which site an operation counts for, by option `stack`. */
#include "alloc/block.h"

struct mt_place mt_place_by_mode(struct mt_thread *thread, uintptr_t entry) {
    if (mt_stack_mode == MT_STACK_FULL)
        return mt_capture_full(thread, entry, thread->shared);
    return mt_stack_mode == MT_STACK_CALLER ? mt_capture_caller(thread, entry)
                                            : mt_place_of_site(thread, MT_PSEUDO_UNTRACKED);
}

uint32_t mt_site_of(struct mt_thread *thread, uintptr_t entry) {
    return mt_place_by_mode(thread, entry).site;
}

#include "track/interrupted.h"

#include "base/alone.h"
#include "track/capture.h"
#include "track/tree.h"
#include "track/unwind.h"

/* Static, since the stack may be a small one. */
static uintptr_t frames[MT_STACK_FRAMES];

/* By the DEPTH rule of capture.c. */
static uint32_t leaf_of(uint32_t count, bool complete) {
    bool deep = count == MT_STACK_FRAMES && !complete;
    uint32_t cut = deep ? count - mt_capture_frames : mt_capture_cut(count);
    uint32_t node = cut ? MT_PSEUDO_CUT : complete ? 0 : MT_PSEUDO_TRUNCATED;
    for (uint32_t i = count - cut; i-- > 0;)
        node = mt_tree_child(node, frames[i]);
    return node;
}

uint32_t mt_interrupted_site(struct mt_thread *thread,
                             const struct mt_registers *registers) {
    bool complete;
    if (!mt_alone_begin(MT_ALONE_INTERRUPTED))
        return 0;
    thread->probed_page = 1; /* what was proven for another capture may be gone */
    (void)mt_stack_is_own(thread, registers->r[MT_REG_SP] & ~(uintptr_t)7);
    uint32_t count =
        mt_unwind_interrupted(thread, registers, frames, MT_STACK_FRAMES, &complete);
    uint32_t site = mt_tree_site(leaf_of(count, complete));
    mt_alone_end(MT_ALONE_INTERRUPTED);
    return site;
}

#include "track/verify.h"

#ifdef MT_CHECKING

#    include "base/die.h"
#    include "base/log.h"
#    include "base/pages.h"
#    include "track/capture.h"
#    include "track/counters.h"
#    include "track/modules.h"
#    include "track/tree.h"

/* 8 KiB for each thread; a checking build takes them. */
static MT_TLS uintptr_t *pcs;

static bool is_frame(uint32_t node, uintptr_t pc) {
    const struct mt_module_slot *module = mt_module_find(pc - 1);
    uint32_t id = module ? module->id : (uint32_t)MT_PSEUDO_ANONYMOUS;
    return mt_nodes[node].module == id &&
           mt_nodes[node].offset == (module ? pc - module->start : 0);
}

/* Holds what was recorded, node by node, against the frames found. */
static bool same(uint32_t site, uint32_t count, bool complete) {
    uint32_t cut = mt_capture_cut(count), node = mt_tree_node(site);
    for (uint32_t i = 0; i < count - cut; i++) {
        if (!is_frame(node, pcs[i]))
            return false;
        node = mt_nodes[node].parent;
    }
    return node == (cut        ? (uint32_t)MT_PSEUDO_CUT
                    : complete ? 0u
                               : (uint32_t)MT_PSEUDO_TRUNCATED);
}

void mt_verify_capture(struct mt_thread *thread, uint32_t site, uintptr_t entry) {
    const uintptr_t *slot = (const uintptr_t *)entry;
    struct mt_cursor innermost = {slot[1], entry + 2 * sizeof(uintptr_t), slot[0]};
    bool complete;
    if (!pcs && !(pcs = mt_pages_map(MT_STACK_FRAMES * sizeof *pcs)))
        return;
    uint32_t count = mt_unwind_all(thread, &innermost, pcs, MT_STACK_FRAMES, &complete);
    mt_add_u64(&thread->shard->checked, 1, thread->shared);
    if (site == MT_PSEUDO_OVERFLOW || same(site, count, complete))
        return;
    mt_log(MT_SAY_CAPTURES_DIFFER, "incremental capture and full unwind", NULL, NULL);
    mt_die();
}

#endif

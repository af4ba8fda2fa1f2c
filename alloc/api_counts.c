/* The public calls of counts.h that read. */
#include "alloc/init.h"
#include "alloc/marks.h"
#include "base/attr.h"
#include "base/options.h"
#include "mtalloc/mtalloc.h"
#include "track/tree.h"

#include <errno.h>
#include <string.h>

/* What the structures were when they first were: never to be changed. */
#define TOTALS_FIRST (offsetof(struct mtalloc_totals, metadata_bytes) + sizeof(uint64_t))
#define FRAME_FIRST  (offsetof(struct mtalloc_frame, module) + 64)
_Static_assert(TOTALS_FIRST == 88 && FRAME_FIRST == 120, "part of the ABI");
_Static_assert(sizeof(struct mtalloc_site) == 88, "grows at its end only");
_Static_assert(MT_BUILD_ID_MAX == 32 && MT_MODULE_NAME_MAX == 64, "in mtalloc_frame");

/* Hands out as much of `from`, which begins with its size, as the caller has room for. */
static int hand_out(void *to, const void *from, uint32_t bytes, uint32_t first) {
    uint32_t room;
    if (!to)
        return -EINVAL;
    memcpy(&room, to, sizeof room);
    if (room < first)
        return -EINVAL;
    if (room > bytes)
        room = bytes;
    memcpy((char *)to + sizeof room, (const char *)from + sizeof room, room - sizeof room);
    memcpy(to, &room, sizeof room);
    return 0;
}

static bool counting(void) {
    (void)mt_enter();
    return !mt_off && mt_region_own;
}

/* The high-water mark, which what is live may have passed by less than a step. */
static uint64_t peak_bytes(const struct mt_totals *now) {
    int64_t peak = atomic_load_explicit(&mt_region_own->peak_bytes, memory_order_relaxed);
    int64_t live = (int64_t)(now->alloc_bytes - now->free_bytes);
    return (uint64_t)(live > peak ? live : peak);
}

MT_EXPORT int mtalloc_read_totals(int mark, struct mtalloc_totals *totals) {
    int error;
    if (!counting())
        return -ENOTSUP;
    const struct mt_mark *before = mt_mark_hold(mark, &error);
    if (!before)
        return error;
    struct mt_totals now, then = before->totals;
    mt_mark_release(mark);
    mt_mark_totals(&now);
    const struct mt_region *region = mt_region_own;
    struct mtalloc_totals out = {
        .threads = atomic_load(&region->threads),
        .allocs = now.allocs - then.allocs,
        .alloc_bytes = now.alloc_bytes - then.alloc_bytes,
        .frees = now.frees - then.frees,
        .free_bytes = now.free_bytes - then.free_bytes,
        .peak_bytes = peak_bytes(&now),
        .peak_error_bytes = atomic_load(&region->peak_error_bytes),
        .sites = mt_region_count(region, MT_TABLE_SITES) - MT_PSEUDO_COUNT - 1,
        .metadata_bytes = atomic_load(&region->open_bytes),
    };
    out.live = (int64_t)(out.allocs - out.frees);
    out.live_bytes = (int64_t)(out.alloc_bytes - out.free_bytes);
    return hand_out(totals, &out, sizeof out, TOTALS_FIRST);
}

static bool at_peak(void) {
    struct mt_totals now;
    mt_mark_totals(&now);
    return (int64_t)(now.alloc_bytes - now.free_bytes) >=
           atomic_load_explicit(&mt_region_own->peak_bytes, memory_order_relaxed);
}

/* `peak`: what is live is what there is at the high-water mark. */
static void describe(const struct mt_mark *mark, uint32_t index, const struct mt_node *leaf,
                     bool peak, struct mtalloc_site *out) {
    static const struct mt_site_sums zero;
    const struct mt_site_sums *then = index < mark->sites ? &mark->site[index] : &zero;
    struct mt_site_sums now;
    mt_region_sum_site(mt_region_own, index, &now);
    *out = (struct mtalloc_site){
        .size = sizeof *out,
        .frame = (uint32_t)(leaf - mt_nodes),
        .signature = leaf->signature,
        .allocs = now.allocs - then->allocs,
        .alloc_bytes = now.alloc_bytes - then->alloc_bytes,
        .frees = now.frees - then->frees,
        .free_bytes = now.free_bytes - then->free_bytes,
        .peak_bytes = peak ? (int64_t)(now.alloc_bytes - now.free_bytes) : now.peak_bytes,
        .temporary = now.temporary - then->temporary,
        .reallocs = now.reallocs - then->reallocs,
    };
    out->live = (int64_t)(out->allocs - out->frees);
    out->live_bytes = (int64_t)(out->alloc_bytes - out->free_bytes);
}

static int visit_all(const struct mt_mark *mark, mtalloc_site_visitor visit,
                     void *context) {
    int result = 0;
    bool peak = at_peak();
    for (uint32_t i = 1; result == 0 && i < mt_region_count(mt_region_own, MT_TABLE_SITES);
         i++) {
        uint32_t leaf = atomic_load_explicit(&mt_sites[i].node, memory_order_acquire);
        struct mtalloc_site site;
        if (!leaf || leaf >= mt_region_count(mt_region_own, MT_TABLE_NODES))
            continue;
        describe(mark, i, &mt_nodes[leaf], peak, &site);
        if (site.allocs || site.frees)
            result = visit(&site, context);
    }
    return result;
}

MT_EXPORT int mtalloc_visit_sites(int mark, mtalloc_site_visitor visit, void *context) {
    int error;
    if (!counting())
        return -ENOTSUP;
    if (!visit)
        return -EINVAL;
    const struct mt_mark *held = mt_mark_hold(mark, &error);
    if (!held)
        return error;
    int result = visit_all(held, visit, context);
    mt_mark_release(mark);
    return result;
}

MT_EXPORT int mtalloc_read_frame(uint32_t frame, struct mtalloc_frame *out) {
    if (!counting())
        return -ENOTSUP;
    if (!frame || frame >= mt_region_count(mt_region_own, MT_TABLE_NODES))
        return -ENOENT;
    const struct mt_node *node = &mt_nodes[frame];
    uint32_t id = atomic_load_explicit(&node->module, memory_order_acquire);
    if (!id || id >= mt_region_count(mt_region_own, MT_TABLE_MODULES))
        return -ENOENT;
    const struct mt_module *module = mt_region_record(MT_TABLE_MODULES, id);
    struct mtalloc_frame found = {
        .parent = node->parent, .offset = node->offset, .module_id = id};
    if (module->build_id_bytes <= sizeof found.build_id)
        found.build_id_bytes = module->build_id_bytes;
    memcpy(found.build_id, module->build_id, found.build_id_bytes);
    if (mt_options->privacy != MT_PRIVACY_STRICT || id <= MT_PSEUDO_COUNT)
        memcpy(found.module, module->name, sizeof found.module - 1);
    return hand_out(out, &found, sizeof found, FRAME_FIRST);
}

#include "alloc/leaks_print.h"

#include "alloc/leaks_runtime.h"
#include "alloc/leaks_threads.h"
#include "alloc/report_print.h"
#include "base/log.h"

#define LINES_MOST 20u /* sites, and blocks */

static void age(struct mt_out *out, const struct mt_leak *leak) {
    mt_report_field(out, "oldest_s", (leak->age_ms + 999) / 1000);
    mt_out_text(out, " sig=");
    mt_out_hex(out, mt_report_signature(leak->site), 16);
    mt_out_text(out, "\n");
}

static void site_line(struct mt_out *out, const void *context) {
    const struct mt_leak *leak = context;
    mt_out_text(out, "mtalloc: WARNING: leak kind=");
    mt_out_text(out, mt_leak_state_name[leak->state]);
    mt_report_field(out, "blocks", leak->blocks);
    mt_report_field(out, "bytes", leak->bytes);
    age(out, leak);
}

static void block_line(struct mt_out *out, const void *context) {
    const struct mt_leak *leak = context;
    mt_out_text(out, "mtalloc: WARNING: leaked block kind=");
    mt_out_text(out, mt_leak_state_name[leak->state]);
    mt_report_field(out, "id", leak->id);
    mt_report_field(out, "bytes", leak->bytes);
    age(out, leak);
}

static void thread_line(struct mt_out *out, const void *context) {
    const struct mt_leaks_thread *thread = context;
    mt_out_text(out, "mtalloc: WARNING: leaks: thread ");
    mt_out_u64(out, thread->number);
    mt_out_text(out, thread->blocks ? " blocks the signal that would make it stand still\n"
                                    : " did not stand still\n");
}

struct totals {
    const struct mt_leak_sums *sums;
    uint64_t runtime_blocks, unsaid_sites, unsaid_blocks;
};

static void total_line(struct mt_out *out, const void *context) {
    const struct totals *totals = context;
    const struct mt_leak_sums *sums = totals->sums;
    mt_out_text(out, "mtalloc: WARNING: leaks:");
    for (unsigned state = 0; state < MT_LEAK_STATES; state++) {
        bool asked = (state == MT_LEAK_LIVE) == (sums->mode != MT_LEAKS_REACHABLE);
        if (!asked)
            continue;
        mt_report_field(out, mt_leak_state_name[state], sums->blocks[state]);
        mt_out_text(out, " ");
        mt_out_text(out, mt_leak_state_name[state]);
        mt_out_text(out, "_bytes=");
        mt_out_u64(out, sums->bytes[state]);
    }
    mt_report_field(out, "kept", sums->kept);
    mt_report_field(out, "runtime", totals->runtime_blocks);
    mt_report_field(out, "sites_not_shown", totals->unsaid_sites);
    if (totals->unsaid_blocks)
        mt_report_field(out, "blocks_not_shown", totals->unsaid_blocks);
    if (sums->why) {
        mt_out_text(out, " because=");
        mt_out_text(out, mt_leak_why_name[sums->why]);
    }
    mt_out_text(out, "\n");
}

static void print_threads(const struct mt_leak_sums *sums) {
    const struct mt_leaks_thread *thread;
    if (sums->why != MT_LEAK_WHY_THREADS)
        return;
    for (uint32_t i = 0, said = 0;
         (thread = mt_leaks_threads_at(i)) != NULL && said < LINES_MOST; i++) {
        if (thread->still)
            continue;
        mt_report_write(thread_line, thread, NULL, 0);
        said++;
    }
}

/* Whoever runs the program under `mtalloc run` has the same from the summary, with names
 * and without what is suppressed. */
static bool shown_elsewhere(void) {
    return mt_region_is_shared() && atomic_load(&mt_region_own->owner_pid);
}

void mt_leaks_print(const struct mt_leak_sums *sums) {
    struct totals totals = {.sums = sums,
                            .unsaid_sites = sums->sites_omitted,
                            .unsaid_blocks = sums->blocks_omitted};
    uint32_t count = mt_region_count(mt_region_own, MT_TABLE_LEAKS);
    unsigned sites = 0, blocks = 0;
    if (shown_elsewhere())
        return;
    print_threads(sums);
    for (uint32_t i = 0; i < count; i++) {
        const struct mt_leak *leak = mt_region_at(mt_region_own, MT_TABLE_LEAKS, i);
        if (leak->state == MT_LEAK_REACHABLE)
            continue;
        if (mt_leaks_of_runtime(leak))
            totals.runtime_blocks += leak->blocks;
        else if (leak->blocks && sites++ < LINES_MOST)
            mt_report_write(site_line, leak, "allocated by", leak->site);
        else if (leak->blocks)
            totals.unsaid_sites++;
        else if (blocks++ < LINES_MOST)
            mt_report_write(block_line, leak, NULL, 0);
        else
            totals.unsaid_blocks++;
    }
    if (sites || sums->why)
        mt_report_write(total_line, &totals, NULL, 0);
}

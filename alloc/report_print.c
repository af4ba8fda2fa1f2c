#include "alloc/report_print.h"

#include "base/log.h"
#include "base/quiet.h"
#include "track/interrupted.h"
#include "track/tree.h"

#define STACK_LINES  64
#define MODULES_MOST 64

static const char *const event_name[] = {
    [MT_EVENT_NONE] = "none",
#define EVENT(id, text) [MT_EVENT_##id] = text,
#include "track/events.def"
#undef EVENT
};

/* Static, since the stack may be a small one; reports that come at once in two threads
 * take turns by trying, not by waiting for ever. */
static char buffer[4096];
static _Atomic int busy;
static uint32_t named[MODULES_MOST]; /* modules of the stacks printed so far */
static unsigned named_count;

/* What wrote past a block may have written over the tables too: nothing in them is followed
 * unchecked. NULL: no such record. */
static const struct mt_module *module_of(uint32_t id) {
    return id < mt_region_count(mt_region_own, MT_TABLE_MODULES)
               ? mt_region_record(MT_TABLE_MODULES, id)
               : NULL;
}

static const struct mt_node *node_of(uint32_t index) {
    return index && index < mt_region_count(mt_region_own, MT_TABLE_NODES)
               ? &mt_nodes[index]
               : NULL;
}

static const struct mt_node *leaf_of(uint32_t site) {
    return mt_region_own && site < mt_region_count(mt_region_own, MT_TABLE_SITES)
               ? node_of(mt_tree_node(site))
               : NULL;
}

static uint32_t build_id_bytes(const struct mt_module *module) {
    return module->build_id_bytes <= MT_BUILD_ID_MAX ? module->build_id_bytes : 0;
}

static void build_id(struct mt_out *out, const struct mt_module *module, uint32_t most) {
    uint32_t bytes = build_id_bytes(module);
    for (uint32_t i = 0; i < bytes && i < most; i++)
        mt_out_hex(out, module->build_id[i], 2);
}

/* Under privacy=strict six bytes of the build ID, as `mtalloc report` has it. What is no
 * module keeps the library's own word for it. */
static void module_name(struct mt_out *out, uint32_t id) {
    const struct mt_module *module = module_of(id);
    if (!module)
        mt_out_text(out, "?");
    if (module && mt_options->privacy == MT_PRIVACY_STRICT && id > MT_PSEUDO_COUNT) {
        mt_out_text(out, build_id_bytes(module) ? "build-id:" : "build-id:none");
        build_id(out, module, 6);
        return;
    }
    /* A file's name must not draw on a terminal nor begin a line of its own. */
    for (unsigned i = 0; module && i < MT_MODULE_NAME_MAX && module->name[i]; i++) {
        unsigned char byte = (unsigned char)module->name[i];
        mt_out_bytes(out, byte < 0x20 || byte == 0x7f ? "?" : &module->name[i], 1);
    }
}

static void remember(uint32_t module) {
    for (unsigned i = 0; i < named_count; i++)
        if (named[i] == module)
            return;
    if (named_count < MODULES_MOST)
        named[named_count++] = module;
}

static void place(struct mt_out *out, uint32_t module, uint64_t offset) {
    module_name(out, module);
    mt_out_text(out, "+0x");
    mt_out_hex(out, offset, 1);
    remember(module);
}

static void stack(struct mt_out *out, const char *title, uint32_t site) {
    const struct mt_node *node = site ? leaf_of(site) : NULL;
    if (!node)
        return;
    mt_out_text(out, "  ");
    mt_out_text(out, title);
    mt_out_text(out, ":\n");
    for (unsigned depth = 0; node && depth < STACK_LINES; depth++) {
        mt_out_text(out, "    #");
        mt_out_u64(out, depth);
        mt_out_text(out, " ");
        place(out, node->module, node->offset);
        mt_out_text(out, "\n");
        node = node_of(node->parent);
    }
}

/* The build IDs by which `mtalloc symbolize` knows the files. */
static void modules(struct mt_out *out) {
    for (unsigned i = 0; i < named_count; i++) {
        const struct mt_module *module = module_of(named[i]);
        if (!module || !build_id_bytes(module))
            continue;
        mt_out_text(out, "  module ");
        module_name(out, named[i]);
        mt_out_text(out, " ");
        build_id(out, module, MT_BUILD_ID_MAX);
        mt_out_text(out, "\n");
    }
}

void mt_report_field(struct mt_out *out, const char *name, uint64_t value) {
    mt_out_text(out, " ");
    mt_out_text(out, name);
    mt_out_text(out, "=");
    mt_out_u64(out, value);
}

static void first_line(struct mt_out *out, const struct mt_finding *finding) {
    const struct mt_block *block = finding->block;
    mt_out_text(out, finding->harmless ? "mtalloc: WARNING: " : "mtalloc: ERROR: ");
    mt_out_text(out, event_name[finding->kind]);
    if (block)
        mt_report_field(out, "size", block->size);
    for (unsigned i = 0; i < 3 && finding->field[i].name; i++)
        mt_report_field(out, finding->field[i].name, finding->field[i].value);
    if (block) {
        const struct mt_node *leaf = leaf_of(block->site);
        mt_report_field(out, "id", block->id);
        mt_out_text(out, " site=");
        mt_out_hex(out, leaf ? leaf->signature : 0, 16);
    }
    if (finding->detail) {
        mt_out_text(out, " ");
        mt_out_text(out, finding->detail);
    }
    if (finding->module) {
        mt_out_text(out, " ");
        place(out, finding->module, finding->offset);
    }
    mt_out_text(out, "\n");
}

static void print_stacks(struct mt_out *out, const struct mt_finding *finding) {
    stack(out, "detected by", finding->error_site);
    if (finding->block)
        stack(out, "allocated by", finding->block->site);
    stack(out, "freed by", finding->free_site);
    modules(out);
}

/* A block's site that leads nowhere: the tables were written over. */
static bool damaged(const struct mt_block *block) {
    const struct mt_node *leaf = block && block->site ? leaf_of(block->site) : NULL;
    return block && block->site && (!leaf || !module_of(leaf->module));
}

static void record(struct mt_finding *finding, struct mt_thread *thread, uintptr_t entry) {
    bool whole = mt_region_own && !damaged(finding->block);
    if (thread && finding->registers && whole)
        finding->error_site = mt_interrupted_site(thread, finding->registers);
    else if (thread && entry && whole)
        finding->error_site = mt_place_site(mt_capture_full(thread, entry));
    if (whole && finding->free_pc && mt_module_find(finding->free_pc - 1))
        finding->free_site = mt_tree_site(mt_tree_child(MT_PSEUDO_CUT, finding->free_pc));
    struct mt_event_facts facts = {.kind = finding->kind,
                                   .error_site = finding->error_site,
                                   .free_site = finding->free_site,
                                   .value = finding->field[0].value};
    if (finding->block) {
        facts.id = finding->block->id;
        facts.size = finding->block->size;
        facts.alloc_site = finding->block->site;
    }
    mt_region_event(&facts);
}

static void take_turn(void) {
    for (int tries = 0; atomic_exchange(&busy, 1) && tries < 1000000; tries++)
        ;
    named_count = 0;
}

void mt_report_write(void (*write)(struct mt_out *, const void *), const void *context,
                     const char *title, uint32_t site) {
    struct mt_quiet quiet;
    struct mt_out out;
    mt_quiet_begin(&quiet, 0);
    take_turn();
    if (mt_log_lines(&out, MT_LOG_WARNING, buffer, sizeof buffer)) {
        write(&out, context);
        stack(&out, title, site);
        modules(&out);
        mt_out_flush(&out);
    }
    atomic_store(&busy, 0);
    mt_quiet_end(&quiet);
}

uint64_t mt_report_signature(uint32_t site) {
    const struct mt_node *leaf = leaf_of(site);
    return leaf ? leaf->signature : 0;
}

/* The first line is out before anything is looked up that damage could have reached. */
void mt_finding_emit(struct mt_finding *finding, struct mt_thread *thread,
                     uintptr_t entry) {
    struct mt_quiet quiet;
    struct mt_out out;
    mt_quiet_begin(&quiet, 0);
    take_turn();
    bool wanted = mt_log_lines(&out, finding->harmless ? MT_LOG_WARNING : MT_LOG_ERROR,
                               buffer, sizeof buffer);
    if (wanted) {
        first_line(&out, finding);
        mt_out_flush(&out);
    }
    record(finding, thread, entry);
    if (wanted) {
        print_stacks(&out, finding);
        mt_out_flush(&out);
    }
    atomic_store(&busy, 0);
    mt_quiet_end(&quiet);
}

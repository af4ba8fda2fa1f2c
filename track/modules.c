#include "track/modules.h"

#include "base/attr.h"
#include "base/pages.h"
#include "track/region_make.h"
#include "track/rules.h"
#include "track/tree.h"
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>

#define SLOTS_MAX 4096u
#define HASH_MAX  8192u

_Atomic uint32_t mt_module_epoch = 1;
char mt_module_program[MT_MODULE_NAME_MAX];
uintptr_t mt_loader_start, mt_loader_bytes;

static struct mt_module_slot slots[SLOTS_MAX];
static _Atomic uint32_t slots_used;
static _Atomic uint16_t hash[HASH_MAX]; /* slot index + 1, 0 empty; entries stay for ever */

/* A static program's libc allocates while it makes the tables _dl_find_object() reads, and
 * would crash if asked then. */
static _Atomic bool too_early;

/* There, the answer for the program itself is its text segment alone; this is all of it. */
static struct { uintptr_t start, end; } whole;

static bool find_object(uintptr_t at, struct dl_find_object *found) {
    if (atomic_load_explicit(&too_early, memory_order_relaxed) ||
        _dl_find_object((void *)at, found) != 0)
        return false;
    if ((uintptr_t)found->dlfo_map_start - whole.start < whole.end - whole.start) {
        found->dlfo_map_start = (void *)whole.start;
        found->dlfo_map_end = (void *)whole.end;
    }
    return true;
}

static void find_whole(void) {
    const ElfW(Phdr) *header = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    uintptr_t start = mt_page_down((uintptr_t)header), first = UINTPTR_MAX, last = 0;
    for (unsigned long i = 0; header && i < getauxval(AT_PHNUM); i++) {
        uintptr_t from = mt_page_down(header[i].p_vaddr);
        uintptr_t to = header[i].p_vaddr + header[i].p_memsz;
        if (header[i].p_type != PT_LOAD)
            continue;
        first = from < first ? from : first;
        last = to > last ? to : last;
    }
    if (last) {
        whole.start = start;
        whole.end = start + (last - first);
    }
}

static uint32_t bucket(const void *link_map) {
    return (uint32_t)(((uintptr_t)link_map >> 4) * 0x9e3779b1u) >> 19;
}
_Static_assert(HASH_MAX == 1u << 13, "bucket() yields 13 bits");

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Notes as the ELF specification lays them out: three words, then name and descriptor,
 * each padded to 4 bytes. */
static void read_build_id(struct mt_module *module, uintptr_t at, uintptr_t end) {
    while (at + sizeof(ElfW(Nhdr)) <= end) {
        const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)at;
        uintptr_t name = at + sizeof(*note);
        uintptr_t desc = name + ((note->n_namesz + 3u) & ~(uintptr_t)3);
        uintptr_t next = desc + ((note->n_descsz + 3u) & ~(uintptr_t)3);
        if (next > end || next <= at)
            return;
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
            memcmp((const void *)name, "GNU", 4) == 0 &&
            note->n_descsz <= MT_BUILD_ID_MAX) {
            module->build_id_bytes = note->n_descsz;
            memcpy(module->build_id, (const void *)desc, note->n_descsz);
            return;
        }
        at = next;
    }
}

static void read_program_headers(struct mt_module_slot *slot, struct mt_module *module,
                                 uintptr_t bias) {
    const ElfW(Ehdr) *elf = (const ElfW(Ehdr) *)slot->start;
    if (memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 ||
        elf->e_phoff + elf->e_phnum * sizeof(ElfW(Phdr)) > slot->end - slot->start)
        return;
    const ElfW(Phdr) *header = (const ElfW(Phdr) *)(slot->start + elf->e_phoff);
    for (unsigned i = 0; i < elf->e_phnum; i++) {
        uintptr_t at = bias + header[i].p_vaddr, end = at + header[i].p_memsz;
        if (at < slot->start || end > slot->end || end < at)
            continue;
        if (header[i].p_type == PT_NOTE && !module->build_id_bytes)
            read_build_id(module, at, end);
        else if (header[i].p_type == PT_LOAD && at <= slot->unwind_header &&
                 slot->unwind_header < end) {
            slot->unwind_start = at;
            slot->unwind_end = end;
        }
    }
}

static const struct mt_module_slot *lookup(const struct dl_find_object *found) {
    for (uint32_t h = bucket(found->dlfo_link_map);; h = (h + 1) % HASH_MAX) {
        uint16_t entry = atomic_load_explicit(&hash[h], memory_order_acquire);
        if (!entry)
            return NULL;
        const struct mt_module_slot *slot = &slots[entry - 1];
        if (slot->link_map == found->dlfo_link_map &&
            slot->start == (uintptr_t)found->dlfo_map_start &&
            slot->end == (uintptr_t)found->dlfo_map_end && !slot->retired)
            return slot;
    }
}

static void describe(const struct dl_find_object *found, struct mt_module_slot *slot,
                     struct mt_module *module) {
    const struct link_map *map = found->dlfo_link_map;
    slot->link_map = map;
    slot->start = (uintptr_t)found->dlfo_map_start;
    slot->end = (uintptr_t)found->dlfo_map_end;
    slot->unwind_header = (uintptr_t)found->dlfo_eh_frame;
    const char *name = map && map->l_name && *map->l_name ? map->l_name : mt_module_program;
    const char *base = base_name(name);
    memcpy(module->name, base, strnlen(base, MT_MODULE_NAME_MAX - 1));
    module->text_bytes = slot->end - slot->start;
    read_program_headers(slot, module, map ? map->l_addr : slot->start);
}

static bool same_module(const struct mt_module *a, const struct mt_module *b) {
    return a->build_id_bytes && a->build_id_bytes == b->build_id_bytes &&
           memcmp(a->build_id, b->build_id, sizeof a->build_id) == 0 &&
           memcmp(a->name, b->name, sizeof a->name) == 0 && a->text_bytes == b->text_bytes;
}

/* The record of a module that was here before, or a new one. */
static uint32_t record_of(const struct mt_module *module) {
    uint32_t count = mt_region_count(mt_region_own, MT_TABLE_MODULES);
    for (uint32_t id = MT_PSEUDO_COUNT + 1; id < count; id++) {
        const struct mt_module *other = mt_region_record(MT_TABLE_MODULES, id);
        if (atomic_load_explicit(&other->ready, memory_order_acquire) &&
            same_module(module, other))
            return id;
    }
    uint32_t id = mt_region_claim(MT_TABLE_MODULES);
    if (!id)
        return 0;
    struct mt_module *record = mt_region_record(MT_TABLE_MODULES, id);
    record->build_id_bytes = module->build_id_bytes;
    memcpy(record->build_id, module->build_id, sizeof record->build_id);
    memcpy(record->name, module->name, sizeof record->name);
    record->text_bytes = module->text_bytes;
    atomic_store_explicit(&record->ready, 1, memory_order_release);
    return id;
}

static bool same_place(const struct mt_module_slot *a, const struct mt_module_slot *b) {
    return a->link_map == b->link_map && a->start == b->start && a->end == b->end;
}

/* A plug-in that is loaded again where it was takes its old slot. */
static struct mt_module_slot *revive(const struct mt_module_slot *fresh) {
    uint32_t count = slots_used < SLOTS_MAX ? slots_used : SLOTS_MAX;
    for (uint32_t i = 0; i < count; i++)
        if (slots[i].retired && slots[i].id == fresh->id && same_place(&slots[i], fresh)) {
            slots[i].retired = false;
            return &slots[i];
        }
    return NULL;
}

/* Fills a slot nobody else sees, then publishes it; a slot that loses the race against
 * the same module in another thread stays unused. */
static MT_COLD const struct mt_module_slot *add(const struct dl_find_object *found) {
    struct mt_module module = {0};
    struct mt_module_slot fresh = {0};
    describe(found, &fresh, &module);
    fresh.id = record_of(&module);
    if (!fresh.id)
        return NULL;
    const struct mt_module_slot *old = revive(&fresh);
    if (old || slots_used >= SLOTS_MAX - 1)
        return old;
    uint32_t index = atomic_fetch_add_explicit(&slots_used, 1, memory_order_relaxed);
    if (index >= SLOTS_MAX)
        return NULL;
    slots[index] = fresh;
    for (uint32_t h = bucket(fresh.link_map);; h = (h + 1) % HASH_MAX) {
        uint16_t other = 0;
        if (atomic_compare_exchange_strong_explicit(&hash[h], &other, (uint16_t)(index + 1),
                                                    memory_order_release,
                                                    memory_order_acquire))
            return &slots[index];
        if (same_place(&slots[other - 1], &fresh) && !slots[other - 1].retired)
            return &slots[other - 1];
    }
}

const struct mt_module_slot *mt_module_find(uintptr_t pc) {
    struct dl_find_object found;
    if (!find_object(pc, &found))
        return NULL;
    const struct mt_module_slot *slot = lookup(&found);
    return slot ? slot : add(&found);
}

/* The shared caches know 16 bits of it: what is 65,536 epochs old must not come back. */
void mt_module_raise_epoch(void) {
    uint32_t before = atomic_fetch_add_explicit(&mt_module_epoch, 1, memory_order_acq_rel);
    if (!(uint16_t)(before + 1)) {
        mt_rule_forget();
        mt_tree_forget();
    }
}

void mt_module_check_unloaded(void) {
    uint32_t count = slots_used < SLOTS_MAX ? slots_used : SLOTS_MAX;
    bool gone = false;
    for (uint32_t i = 0; i < count; i++) {
        struct mt_module_slot *slot = &slots[i];
        struct dl_find_object found;
        if (slot->retired || !slot->start)
            continue;
        if (find_object(slot->start, &found) && found.dlfo_link_map == slot->link_map &&
            (uintptr_t)found.dlfo_map_start == slot->start)
            continue;
        slot->retired = true;
        gone = true;
    }
    if (gone)
        mt_module_raise_epoch();
}

void mt_module_start(void) {
    struct dl_find_object found;
    uintptr_t base = getauxval(AT_BASE);
    if (!base) {
        too_early = true;
        find_whole();
    }
    if (base && find_object(base, &found)) {
        mt_loader_start = (uintptr_t)found.dlfo_map_start;
        mt_loader_bytes = (uintptr_t)found.dlfo_map_end - mt_loader_start;
    }
}

void mt_module_ready(void) {
    if (!too_early)
        return;
    too_early = false; /* what was not found so far was cached as code without a module */
    mt_module_raise_epoch();
}

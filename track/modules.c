#include "track/modules.h"

#include "base/attr.h"
#include "track/region_make.h"
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

/* Fills a slot nobody else sees, then publishes it; a slot that loses the race against
 * the same module in another thread stays unused, and its record is never made ready. */
static MT_COLD const struct mt_module_slot *add(const struct dl_find_object *found) {
    if (slots_used >= SLOTS_MAX - 1)
        return NULL;
    uint32_t index = atomic_fetch_add_explicit(&slots_used, 1, memory_order_relaxed);
    if (index >= SLOTS_MAX)
        return NULL;
    uint32_t id = mt_region_claim(MT_TABLE_MODULES);
    if (!id)
        return NULL;
    struct mt_module *module = mt_region_record(MT_TABLE_MODULES, id);
    struct mt_module_slot *slot = &slots[index];
    const struct link_map *map = found->dlfo_link_map;
    slot->link_map = map;
    slot->start = (uintptr_t)found->dlfo_map_start;
    slot->end = (uintptr_t)found->dlfo_map_end;
    slot->unwind_header = (uintptr_t)found->dlfo_eh_frame;
    slot->id = id;
    const char *name = map && map->l_name && *map->l_name ? map->l_name : mt_module_program;
    const char *base = base_name(name);
    size_t length = strnlen(base, MT_MODULE_NAME_MAX - 1);
    memcpy(module->name, base, length);
    module->text_bytes = slot->end - slot->start;
    read_program_headers(slot, module, map ? map->l_addr : slot->start);

    for (uint32_t h = bucket(map);; h = (h + 1) % HASH_MAX) {
        uint16_t empty = 0;
        if (atomic_compare_exchange_strong_explicit(&hash[h], &empty, (uint16_t)(index + 1),
                                                    memory_order_release,
                                                    memory_order_acquire)) {
            atomic_store_explicit(&module->ready, 1, memory_order_release);
            return slot;
        }
        const struct mt_module_slot *other = &slots[empty - 1];
        if (other->link_map == slot->link_map && other->start == slot->start &&
            other->end == slot->end && !other->retired)
            return other;
    }
}

const struct mt_module_slot *mt_module_find(uintptr_t pc) {
    struct dl_find_object found;
    if (_dl_find_object((void *)pc, &found) != 0)
        return NULL;
    const struct mt_module_slot *slot = lookup(&found);
    return slot ? slot : add(&found);
}

void mt_module_check_unloaded(void) {
    uint32_t count = slots_used < SLOTS_MAX ? slots_used : SLOTS_MAX;
    bool gone = false;
    for (uint32_t i = 0; i < count; i++) {
        struct mt_module_slot *slot = &slots[i];
        struct dl_find_object found;
        if (slot->retired || !slot->start)
            continue;
        if (_dl_find_object((void *)slot->start, &found) == 0 &&
            found.dlfo_link_map == slot->link_map &&
            (uintptr_t)found.dlfo_map_start == slot->start)
            continue;
        slot->retired = true;
        gone = true;
    }
    if (gone)
        atomic_fetch_add_explicit(&mt_module_epoch, 1, memory_order_release);
}

void mt_module_start(void) {
    struct dl_find_object found;
    uintptr_t base = getauxval(AT_BASE);
    if (base && _dl_find_object((void *)base, &found) == 0) {
        mt_loader_start = (uintptr_t)found.dlfo_map_start;
        mt_loader_bytes = (uintptr_t)found.dlfo_map_end - mt_loader_start;
    }
}

/*
 * Lookup walks a 4-way hash trie: at each level two bits of the key's hash choose the
 * child link, and the key found there is compared in full. An insertion writes the node,
 * then publishes it with one compare-and-swap on an empty link; links never change again.
 * A fan-out of 4096 in private memory replaces the first six levels, and what was found is
 * remembered by return address in a cache that all threads share.
 */
#include "track/tree.h"

#include "base/hash.h"
#include "base/mix.h"
#include "track/modules.h"
#include "track/pair.h"
#include <string.h>

#define FAN_OUT_BITS 12
static _Atomic uint32_t fan_out[1u << FAN_OUT_BITS];

struct key {
    uint32_t parent, module;
    uint64_t offset;
};

/* The finalizer of SplitMix64 over the key's words. */
static uint64_t mix(const struct key *key) {
    uint64_t h = key->offset * UINT64_C(0x9e3779b97f4a7c15) +
                 (((uint64_t)key->module << 32) | key->parent);
    h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
    return h ^ (h >> 31);
}

/* Signature of docs/FORMAT.md: XXH3-64 of (build ID or name, offset), seeded with the
 * parent's. Pseudo modules hash their name. */
static uint64_t signature(const struct key *key) {
    const struct mt_module *module = mt_region_record(MT_TABLE_MODULES, key->module);
    unsigned char bytes[MT_MODULE_NAME_MAX + sizeof key->offset];
    size_t length = module->build_id_bytes;
    if (length)
        memcpy(bytes, module->build_id, length);
    else {
        length = strnlen(module->name, MT_MODULE_NAME_MAX);
        memcpy(bytes, module->name, length);
    }
    memcpy(bytes + length, &key->offset, sizeof key->offset);
    return mt_hash_seeded(bytes, length + sizeof key->offset,
                          mt_nodes[key->parent].signature);
}

static bool same(const struct mt_node *node, const struct key *key) {
    return node->parent == key->parent && node->offset == key->offset &&
           atomic_load_explicit(&node->module, memory_order_relaxed) == key->module;
}

static MT_COLD uint32_t make_node(const struct key *key) {
    uint32_t index = mt_region_claim(MT_TABLE_NODES);
    if (!index)
        return 0;
    struct mt_node *node = &mt_nodes[index];
    node->parent = key->parent;
    node->offset = key->offset;
    node->signature = signature(key);
    /* Release: a reader that sees the module sees the record. */
    atomic_store_explicit(&node->module, key->module, memory_order_release);
    return index;
}

/* `mine`: a record for the key that is to be found from now on, or 0. */
static uint32_t find_or_insert(const struct key *key, uint32_t mine) {
    uint64_t h = mix(key);
    _Atomic uint32_t *link = &fan_out[h >> (64 - FAN_OUT_BITS)];
    h <<= FAN_OUT_BITS;
    for (;;) {
        uint32_t index = atomic_load_explicit(link, memory_order_acquire);
        if (!index) {
            if (!mine && !(mine = make_node(key))) {
                atomic_fetch_add_explicit(&mt_region_own->overflow_nodes, 1,
                                          memory_order_relaxed);
                return MT_PSEUDO_OVERFLOW;
            }
            /* Release publishes the record; on failure `index` is the winner. */
            if (atomic_compare_exchange_strong_explicit(
                    link, &index, mine, memory_order_release, memory_order_acquire))
                return mine;
        }
        if (same(&mt_nodes[index], key)) {
            if (mine) /* lost to another thread: the claimed record stays a hole */
                atomic_store_explicit(&mt_nodes[mine].module, 0, memory_order_relaxed);
            return index;
        }
        link = &mt_nodes[index].child[h >> 62];
        h = h << 2 | 1; /* never all zero, so that deep levels keep varying */
    }
}

struct mt_pair mt_tree_cache[1u << MT_TREE_CACHE_BITS];

void mt_tree_forget(void) {
    mt_pairs_forget(mt_tree_cache, 1u << MT_TREE_CACHE_BITS);
}

/* Code outside all modules is not remembered: a module may come to lie there. */
MT_COLD uint32_t mt_tree_find(uint32_t parent, uintptr_t pc, uint32_t epoch) {
    const struct mt_module_slot *module = mt_module_find(pc - 1);
    if (!module)
        return find_or_insert(&(struct key){parent, MT_PSEUDO_ANONYMOUS, 0}, 0);
    uint32_t child =
        find_or_insert(&(struct key){parent, module->id, pc - module->start}, 0);
    mt_pair_put(mt_tree_cached(parent, pc), mt_pair_key(pc, epoch),
                (uint64_t)child << 32 | parent);
    return child;
}

uint32_t mt_tree_child(uint32_t parent, uintptr_t pc) {
    return mt_tree_child_in(parent, pc,
                            atomic_load_explicit(&mt_module_epoch, memory_order_acquire));
}

/* True for a record of the copy that is whole, and hangs from one that is. */
static bool adoptable(const struct mt_node *node, uint32_t index, uint32_t modules) {
    uint32_t module = atomic_load_explicit(&node->module, memory_order_relaxed);
    return module && module < modules && node->parent < index &&
           (!node->parent ||
            atomic_load_explicit(&mt_nodes[node->parent].module, memory_order_relaxed));
}

void mt_tree_adopt(void) {
    uint32_t nodes = mt_region_count(mt_region_own, MT_TABLE_NODES);
    uint32_t sites = mt_region_count(mt_region_own, MT_TABLE_SITES);
    uint32_t modules = mt_region_count(mt_region_own, MT_TABLE_MODULES);
    memset(fan_out, 0, sizeof fan_out);
    mt_tree_forget(); /* not all that it names is kept */
    for (uint32_t i = MT_PSEUDO_COUNT + 1; i < nodes; i++) {
        struct mt_node *node = &mt_nodes[i];
        memset(node->child, 0, sizeof node->child);
        if (node->site && (node->site >= sites || mt_sites[node->site].node != i))
            node->site = 0;
    }
    for (uint32_t i = MT_PSEUDO_COUNT + 1; i < nodes; i++) {
        struct mt_node *node = &mt_nodes[i];
        struct key key = {node->parent, node->module, node->offset};
        if (adoptable(node, i, modules))
            (void)find_or_insert(&key, i);
        else
            node->module = 0;
    }
    for (uint32_t i = 0; i < sites; i++)
        if (mt_sites[i].node >= nodes || !mt_nodes[mt_sites[i].node].module)
            mt_sites[i].node = 0;
}

uint32_t mt_tree_new_site(uint32_t node) {
    uint32_t site = mt_region_claim(MT_TABLE_SITES);
    if (!site) {
        atomic_fetch_add_explicit(&mt_region_own->overflow_nodes, 1, memory_order_relaxed);
        return MT_PSEUDO_OVERFLOW;
    }
    atomic_store_explicit(&mt_sites[site].node, node, memory_order_relaxed);
    uint32_t none = 0;
    if (atomic_compare_exchange_strong_explicit(&mt_nodes[node].site, &none, site,
                                                memory_order_release, memory_order_relaxed))
        return site;
    atomic_store_explicit(&mt_sites[site].node, 0, memory_order_relaxed);
    return none;
}

void mt_tree_start(void) {
    for (uint32_t i = 1; i <= MT_PSEUDO_COUNT; i++)
        mt_nodes[i].signature = signature(&(struct key){0, i, 0});
}

/*
 * Modules: which ELF object an address belongs to, without the loader's lock.
 *
 * glibc's _dl_find_object() (2.35) answers from any context. What it finds is registered
 * here once, under the link map's address, with its module record in the region.
 */
#ifndef MT_TRACK_MODULES_H
#define MT_TRACK_MODULES_H

#include "base/attr.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct mt_module_slot {
    const void *link_map;
    uintptr_t start, end;               /* the whole mapping */
    uintptr_t unwind_start, unwind_end; /* the readable segment with .eh_frame_hdr */
    uintptr_t unwind_header;            /* .eh_frame_hdr, 0: no unwind tables */
    uint32_t id;                        /* module record in the region */
    _Atomic bool retired;               /* unloaded; its addresses may belong to others */
};

/* Raised when a module was unloaded: rules, stacks and nodes cached by address are void. */
extern MT_HIDDEN _Atomic uint32_t mt_module_epoch;
void mt_module_raise_epoch(void);

/* The base name used for the main program, set at init. */
extern MT_HIDDEN char mt_module_program[];

/* The module that holds code address `pc`; NULL for code outside all modules, or when the
 * table of modules is full. MT_SIGNAL_SAFE. */
const struct mt_module_slot *mt_module_find(uintptr_t pc);

/* Looks whether a registered module is gone; if so retires it and raises the epoch.
 * Called when the loader frees memory. MT_SIGNAL_SAFE. */
void mt_module_check_unloaded(void);

/* True if `pc` lies in the dynamic loader itself, whose blocks are bookkeeping of its own.
 */
extern MT_HIDDEN uintptr_t mt_loader_start, mt_loader_bytes;

void mt_module_start(void);

/* From a constructor: modules can be found in a static program too from here on. Blocks
 * from before end in [unknown code]. */
void mt_module_ready(void);

#endif

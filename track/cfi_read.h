/* Encoded pointers and the records of .eh_frame; between cfi.c and cfi_find.c. */
#ifndef MT_TRACK_CFI_READ_H
#define MT_TRACK_CFI_READ_H

#include "track/cfi.h"

struct mt_cfi_entry {
    struct mt_cfi_view initial;      /* the CIE's instructions */
    struct mt_cfi_view instructions; /* the FDE's */
    uintptr_t begin, bytes;          /* code it describes */
    uint64_t code_align;
    int64_t data_align;
    bool signal_frame;
};

/* The FDE that covers `pc`. */
bool mt_cfi_entry_find(const struct mt_module_slot *module, uintptr_t pc,
                       struct mt_cfi_entry *entry);

#endif

/* From an address to its FDE, by the binary search table of .eh_frame_hdr. */
#include "track/cfi_read.h"

#include <string.h>

/* Pointer encodings, LSB 5.0 section 10.5. */
enum {
    PE_ABSPTR = 0x00,
    PE_ULEB = 0x01,
    PE_UDATA2 = 0x02,
    PE_UDATA4 = 0x03,
    PE_UDATA8 = 0x04,
    PE_SLEB = 0x09,
    PE_SDATA2 = 0x0a,
    PE_SDATA4 = 0x0b,
    PE_SDATA8 = 0x0c,
    PE_PCREL = 0x10,
    PE_DATAREL = 0x30,
    PE_INDIRECT = 0x80,
    PE_OMIT = 0xff
};

uint64_t mt_cfi_fixed(struct mt_cfi_view *view, unsigned bytes) {
    uint64_t value = 0;
    if ((size_t)(view->end - view->at) < bytes) {
        view->bad = true;
        view->at = view->end;
        return 0;
    }
    memcpy(&value, view->at, bytes); /* little endian, as both architectures are */
    view->at += bytes;
    return value;
}

uint64_t mt_cfi_uleb(struct mt_cfi_view *view) {
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint64_t byte = mt_cfi_fixed(view, 1);
        if (shift < 64)
            value |= (byte & 0x7f) << shift;
        if (!(byte & 0x80) || view->bad)
            return value;
    }
}

int64_t mt_cfi_sleb(struct mt_cfi_view *view) {
    uint64_t value = 0;
    for (unsigned shift = 0;;) {
        uint64_t byte = mt_cfi_fixed(view, 1);
        if (shift < 64)
            value |= (byte & 0x7f) << shift;
        shift += 7;
        if (view->bad)
            return 0;
        if (!(byte & 0x80)) {
            if ((byte & 0x40) && shift < 64)
                value |= ~UINT64_C(0) << shift;
            return (int64_t)value;
        }
    }
}

static int64_t sign_extend(uint64_t value, unsigned bytes) {
    unsigned shift = 64 - 8 * bytes;
    return (int64_t)(value << shift) >> shift;
}

/* `data` is the base of data-relative values: the start of .eh_frame_hdr. */
static uintptr_t encoded(struct mt_cfi_view *view, unsigned encoding, uintptr_t data) {
    uintptr_t base = 0;
    if ((encoding & 0x70) == PE_PCREL)
        base = (uintptr_t)view->at;
    else if ((encoding & 0x70) == PE_DATAREL)
        base = data;
    else if (encoding & 0x70)
        view->bad = true;
    if (encoding & PE_INDIRECT)
        view->bad = true; /* only personalities are indirect; those are skipped */
    switch (encoding & 0x0f) {
    case PE_ABSPTR:
    case PE_UDATA8:
    case PE_SDATA8:
        return base + mt_cfi_fixed(view, 8);
    case PE_UDATA2:
        return base + mt_cfi_fixed(view, 2);
    case PE_UDATA4:
        return base + mt_cfi_fixed(view, 4);
    case PE_SDATA2:
        return base + (uintptr_t)sign_extend(mt_cfi_fixed(view, 2), 2);
    case PE_SDATA4:
        return base + (uintptr_t)sign_extend(mt_cfi_fixed(view, 4), 4);
    case PE_ULEB:
        return base + mt_cfi_uleb(view);
    case PE_SLEB:
        return base + (uintptr_t)mt_cfi_sleb(view);
    default:
        view->bad = true;
        return 0;
    }
}

static struct mt_cfi_view view_from(const struct mt_module_slot *module, uintptr_t at) {
    struct mt_cfi_view view = {(const uint8_t *)at, (const uint8_t *)module->unwind_end,
                               at < module->unwind_start || at >= module->unwind_end};
    if (view.bad)
        view.at = view.end;
    return view;
}

struct mt_cfi_view mt_cfi_block(const struct mt_module_slot *module, int32_t place) {
    struct mt_cfi_view view = view_from(module, module->unwind_start + (uint32_t)place);
    uint64_t length = mt_cfi_uleb(&view);
    if (length > (uint64_t)(view.end - view.at))
        view.bad = true;
    else
        view.end = view.at + length;
    return view;
}

/* Narrows `view` to the record it stands on, behind its length. */
static bool record(struct mt_cfi_view *view) {
    uint64_t length = mt_cfi_fixed(view, 4);
    if (length == 0xffffffff)
        length = mt_cfi_fixed(view, 8);
    if (view->bad || length == 0 || length > (uint64_t)(view->end - view->at))
        return false;
    view->end = view->at + length;
    return true;
}

static bool parse_cie(const struct mt_module_slot *module, uintptr_t at,
                      struct mt_cfi_entry *entry, unsigned *encoding, bool *augmented) {
    struct mt_cfi_view view = view_from(module, at);
    if (!record(&view) || mt_cfi_fixed(&view, 4) != 0)
        return false;
    unsigned version = (unsigned)mt_cfi_fixed(&view, 1);
    if (version != 1 && version != 3 && version != 4)
        return false;
    const char *augmentation = (const char *)view.at;
    while (mt_cfi_fixed(&view, 1) != 0)
        ;
    if (version == 4)
        (void)mt_cfi_fixed(&view, 2); /* address and segment selector sizes */
    entry->code_align = mt_cfi_uleb(&view);
    entry->data_align = mt_cfi_sleb(&view);
    uint64_t ra = version == 1 ? mt_cfi_fixed(&view, 1) : mt_cfi_uleb(&view);
    if (view.bad || ra != MT_REG_RA)
        return false;
    *encoding = PE_ABSPTR;
    *augmented = *augmentation == 'z';
    if (*augmentation && !*augmented)
        return false;
    if (*augmented) {
        uint64_t length = mt_cfi_uleb(&view);
        if (length > (uint64_t)(view.end - view.at))
            return false;
        struct mt_cfi_view data = {view.at, view.at + length, false};
        for (const char *letter = augmentation + 1; *letter; letter++) {
            if (*letter == 'R')
                *encoding = (unsigned)mt_cfi_fixed(&data, 1);
            else if (*letter == 'L')
                (void)mt_cfi_fixed(&data, 1);
            else if (*letter == 'P') {
                unsigned personality = (unsigned)mt_cfi_fixed(&data, 1);
                (void)encoded(&data, personality & 0x0f, 0);
            } else if (*letter == 'S')
                entry->signal_frame = true;
            else
                return false;
        }
        view.at += length;
        view.bad |= data.bad;
    }
    entry->initial = view;
    return !view.bad;
}

static bool parse_fde(const struct mt_module_slot *module, uintptr_t at,
                      struct mt_cfi_entry *entry) {
    struct mt_cfi_view view = view_from(module, at);
    if (!record(&view))
        return false;
    uintptr_t here = (uintptr_t)view.at;
    uint64_t back = mt_cfi_fixed(&view, 4);
    unsigned encoding;
    bool augmented;
    if (view.bad || back == 0 ||
        !parse_cie(module, here - back, entry, &encoding, &augmented))
        return false;
    entry->begin = encoded(&view, encoding, module->unwind_header);
    entry->bytes = encoded(&view, encoding & 0x0f, 0);
    if (augmented) {
        uint64_t length = mt_cfi_uleb(&view);
        if (length > (uint64_t)(view.end - view.at))
            return false;
        view.at += length;
    }
    entry->instructions = view;
    return !view.bad;
}

/* The last table row that starts at or before `pc`; rows are pairs of 4-byte offsets from
 * the header: code address, FDE. 0 when there is none. */
static uintptr_t search(const struct mt_cfi_view *table, uint64_t rows, uintptr_t header,
                        uintptr_t pc) {
    uint64_t low = 0, high = rows;
    int32_t row[2];
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        memcpy(row, table->at + middle * sizeof row, sizeof row);
        if (header + (uintptr_t)(intptr_t)row[0] <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return 0;
    memcpy(row, table->at + (low - 1) * sizeof row, sizeof row);
    return header + (uintptr_t)(intptr_t)row[1];
}

bool mt_cfi_entry_find(const struct mt_module_slot *module, uintptr_t pc,
                       struct mt_cfi_entry *entry) {
    if (!module->unwind_start)
        return false;
    struct mt_cfi_view view = view_from(module, module->unwind_header);
    unsigned version = (unsigned)mt_cfi_fixed(&view, 1);
    unsigned frame_encoding = (unsigned)mt_cfi_fixed(&view, 1);
    unsigned count_encoding = (unsigned)mt_cfi_fixed(&view, 1);
    unsigned table_encoding = (unsigned)mt_cfi_fixed(&view, 1);
    if (version != 1 || count_encoding == PE_OMIT ||
        table_encoding != (PE_DATAREL | PE_SDATA4))
        return false;
    (void)encoded(&view, frame_encoding, module->unwind_header);
    uint64_t rows = encoded(&view, count_encoding, module->unwind_header);
    if (view.bad || rows > (uint64_t)(view.end - view.at) / 8)
        return false;
    uintptr_t fde = search(&view, rows, module->unwind_header, pc);
    if (!fde)
        return false;
    memset(entry, 0, sizeof *entry);
    return parse_fde(module, fde, entry) && pc - entry->begin < entry->bytes;
}

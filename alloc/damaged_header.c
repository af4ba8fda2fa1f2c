#include "alloc/damaged_header.h"

#include "track/tree.h"

#define PROOF_BYTES    4 /* of canary and check, that agree: one in 2^32 by chance */
#define ID_PROOF_BYTES 2 /* of the check: an ID could be data of the program */

/* The extension has a check of its own. */
static bool extended(const struct mt_header *header, const struct mt_extension *extension,
                     const void *user) {
    return mt_header_size20(header) == MT_SIZE_EXTENDED &&
           extension->check == mt_extension_check(extension, user);
}

static uint64_t size_of(const struct mt_header *header,
                        const struct mt_extension *extension, const void *user) {
    uint64_t size = mt_header_size20(header);
    if (extended(header, extension, user))
        size = extension->size & ((UINT64_C(1) << 58) - 1);
    else if (size == MT_SIZE_EXTENDED)
        size = MT_SIZE_PLAUSIBLE;
    return size;
}

uintptr_t mt_damaged_canary(const struct mt_header *header,
                            const struct mt_extension *extension, const void *user) {
    uint64_t size = size_of(header, extension, user);
    return size < MT_SIZE_PLAUSIBLE ? (uintptr_t)user + (size & ~UINT64_C(15)) : 0;
}

static unsigned equal_bytes(uint32_t a, uint32_t b) {
    unsigned count = 0;
    for (unsigned byte = 0; byte < 4; byte++)
        count += !((a ^ b) >> 8 * byte & 0xff);
    return count;
}

bool mt_damaged_read(const struct mt_header *header, const struct mt_extension *extension,
                     const void *granule, void *user, struct mt_block *block) {
    uint64_t size = size_of(header, extension, user), id = mt_header_id(header);
    unsigned check = equal_bytes(header->check, mt_header_check(header, user, MT_LIVE));
    unsigned canary = 16 - (unsigned)(size & 15);
    uint32_t site = mt_header_site(header);
    bool large = extended(header, extension, user);
    if (size >= MT_SIZE_PLAUSIBLE || mt_canary_difference(granule, size & 15) ||
        (!large && canary + check < PROOF_BYTES) || !mt_region_own ||
        site >= mt_region_count(mt_region_own, MT_TABLE_SITES) || !mt_tree_node(site))
        return false;
    *block = (struct mt_block){.user = user,
                               .size = size,
                               .site = site,
                               .kind = mt_header_kind(header),
                               .log2_alignment = large && mt_header_aligned(header)
                                                     ? (unsigned)(extension->size >> 58)
                                                     : 0};
    if (check >= ID_PROOF_BYTES && id < mt_thread_ids_issued())
        block->id = id;
    return true;
}

/* How full a directory of summaries is, before another one is made in it. */
#ifndef MT_EXPORT_QUOTA_H
#define MT_EXPORT_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

/* What a summary is given at least: with less room there is none. */
#define MT_QUOTA_LEAST_BYTES 65536u

struct mt_quota {
    uint64_t files, bytes; /* most of them; 0: any number */
};

/* Whether there is room for one more summary, whole or begun, whoever made the others. Sets
 * *room_bytes to how long it may be. What cannot be counted is no reason to refuse. The
 * descriptor's own place in the directory stays. MT_SIGNAL_SAFE. */
bool mt_quota_has_room(int dir_fd, const struct mt_quota *most, uint64_t *room_bytes);

#endif

/*
 * Regions that another process wrote: read from a live process, or from a recording.
 *
 * Either way the result is a private copy with the layout of the original, so that nothing
 * the writer does later can change what is read, and whatever reads it next needs no other
 * checks than those of track/region.h. No malloc; errno untouched.
 */
#ifndef MT_EXPORT_OUTSIDE_H
#define MT_EXPORT_OUTSIDE_H

#include "track/region.h"
#include <stdint.h>

enum mt_outside_error {
    MT_OUTSIDE_OK,
    MT_OUTSIDE_NO_PROCESS,    /* no such process, or it has ended */
    MT_OUTSIDE_NO_PERMISSION, /* EPERM or EACCES */
    MT_OUTSIDE_NO_LIBRARY,    /* the process runs without libmtalloc */
    MT_OUTSIDE_OFF,           /* it runs with the library, which does not track: `off` */
    MT_OUTSIDE_NOT_REGION,    /* not a recording, or a damaged one */
    MT_OUTSIDE_NEWER,         /* written by a newer version of the library */
    MT_OUTSIDE_INCOMPLETE,    /* the process ended, or called exec, while it was read; or
                                 the file is shorter than it says */
    MT_OUTSIDE_NO_MEMORY,     /* no room for the copy */
    MT_OUTSIDE_IO,            /* any other error of a system call */
    MT_OUTSIDE_ERRORS
};

/* A copy; give it back with mt_outside_close(). */
struct mt_outside {
    const struct mt_region *region; /* has passed mt_region_check(region, bytes) */
    uint64_t bytes;
};

/* Copies the region of process `pid`. The process is neither stopped nor disturbed. */
enum mt_outside_error mt_outside_read(uint32_t pid, struct mt_outside *view);

/* Copies the region in a recorder's file or memfd; the file offset is not used. */
enum mt_outside_error mt_outside_map_file(int fd, struct mt_outside *view);

void mt_outside_close(struct mt_outside *view);

/* What to tell the user, a static text without a full stop: "no such process". */
const char *mt_outside_message(enum mt_outside_error error);

#endif

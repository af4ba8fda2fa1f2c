/* Finding the library's region in another process. Used by export/outside.c. */
#ifndef MT_EXPORT_OUTSIDE_FIND_H
#define MT_EXPORT_OUTSIDE_FIND_H

#include "export/outside.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads exactly `bytes` bytes of the process's memory. 0 or a negative errno, -EFAULT also
 * for a part. */
int mt_outside_peek(uint32_t pid, uint64_t address, void *to, size_t bytes);

/* The ELF note of the library, and of programs it is linked into (alloc/note.c). */
#define MT_NOTE_OWNER "mtalloc"
#define MT_NOTE_TYPE  1

/* Memory in the address space of another process: a living one's, or what a core holds. */
struct mt_outside_memory {
    /* As mt_outside_peek(). */
    int (*peek)(const struct mt_outside_memory *memory, uint64_t address, void *to,
                size_t bytes);
    uint32_t pid;        /* of a living process */
    const void *context; /* of any other */
};
struct mt_outside_memory mt_outside_process(uint32_t pid);

/* Copies the region at `address`. */
enum mt_outside_error mt_outside_copy(const struct mt_outside_memory *memory,
                                      uint64_t address, struct mt_outside *view);

/* The address of the region, if the ELF image whose first bytes are at `base` is the
 * library or a program that it is linked into; else NO_LIBRARY. */
enum mt_outside_error mt_outside_find_in(const struct mt_outside_memory *memory,
                                         uint64_t base, uint64_t *address);

/* The address of the region. The library tells it in that note: its descriptor is the
 * distance from itself to the pointer to the region. */
enum mt_outside_error mt_outside_find(uint32_t pid, uint64_t *address);

/* What a system call's error means for the user. */
enum mt_outside_error mt_outside_error_of(int negative_errno);

#endif

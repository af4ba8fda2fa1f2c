/* Memory from the kernel, for everything that is not a block of the program. */
#ifndef MT_BASE_PAGES_H
#define MT_BASE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MT_PAGE_BYTES 4096u

static inline uint64_t mt_page_up(uint64_t bytes) {
    return (bytes + MT_PAGE_BYTES - 1) & ~(uint64_t)(MT_PAGE_BYTES - 1);
}
static inline uint64_t mt_page_down(uint64_t bytes) {
    return bytes & ~(uint64_t)(MT_PAGE_BYTES - 1);
}

/* All of these are MT_SIGNAL_SAFE: raw system calls, errno untouched. */

/* Address space only, not accessible, without huge pages; NULL when refused. */
void *mt_pages_reserve(size_t bytes);

/* As mt_pages_reserve, backed by `fd`. */
void *mt_pages_reserve_file(size_t bytes, int fd);

/* Makes part of a reservation readable and writable. With `populate` its memory is also
 * allocated now, so that a full file system shows here and not as a SIGBUS later. */
bool mt_pages_open(void *at, size_t bytes, bool populate);

/* The same as the kernel gives it by itself, of which parts may be closed again. */
void *mt_pages_reserve_plain(size_t bytes);

/* Makes part of such a reservation inaccessible and gives its memory back: it is one
 * mapping with what is around it again, and zero when it is opened. */
void mt_pages_close(void *at, size_t bytes);

/* Zeroed readable and writable memory; NULL when refused. */
void *mt_pages_map(size_t bytes);

void mt_pages_unmap(void *at, size_t bytes);

/* True if the aligned word at `address` can be read. Costs a system call: the kernel
 * validates the argument of rt_sigprocmask before it looks at `how`, which is invalid. */
bool mt_pages_readable(uintptr_t address);

#endif

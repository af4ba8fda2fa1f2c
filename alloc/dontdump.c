/*
 * Option dontdump=heap: what the private jemalloc calls instead of the C library's
 * (alloc/jemalloc_names.txt), so that all memory it gets from the kernel is left out of
 * cores. Extent hooks could do the same, but disable jemalloc's shortcuts.
 */
#include "base/options.h"
#include "base/sys.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

void *mt_dontdump_mmap(void *at, size_t bytes, int protection, int flags, int fd,
                       off_t offset);
void *mt_dontdump_sbrk(intptr_t bytes);

static bool wanted(void) {
    return mt_options->dontdump == MT_DONTDUMP_HEAP;
}

void *mt_dontdump_mmap(void *at, size_t bytes, int protection, int flags, int fd,
                       off_t offset) {
    void *memory = mmap(at, bytes, protection, flags, fd, offset);
    if (memory == MAP_FAILED || !wanted() ||
        mt_sys3(SYS_madvise, memory, bytes, MADV_DONTDUMP) == 0)
        return memory;
    /* Rather no memory than memory that a core would hold. */
    (void)munmap(memory, bytes);
    errno = ENOMEM;
    return MAP_FAILED;
}

/* The program's break is not ours to mark. */
void *mt_dontdump_sbrk(intptr_t bytes) {
    if (!wanted())
        return sbrk(bytes);
    errno = ENOMEM;
    return (void *)-1;
}

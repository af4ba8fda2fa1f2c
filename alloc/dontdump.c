/*
 * What the private jemalloc calls instead of the C library's (alloc/jemalloc_names.txt), so
 * that it is known which memory is the heap's (base/ranges.h), and that option
 * dontdump=heap leaves it out of cores. Extent hooks could do the same, but disable
 * jemalloc's shortcuts.
 */
#include "base/options.h"
#include "base/ranges.h"
#include "base/sys.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

void *mt_dontdump_mmap(void *at, size_t bytes, int protection, int flags, int fd,
                       off_t offset);
int mt_dontdump_munmap(void *at, size_t bytes);
void *mt_dontdump_sbrk(intptr_t bytes);

static bool wanted(void) {
    return mt_options->dontdump == MT_DONTDUMP_HEAP;
}

void *mt_dontdump_mmap(void *at, size_t bytes, int protection, int flags, int fd,
                       off_t offset) {
    void *memory = mmap(at, bytes, protection, flags, fd, offset);
    if (memory == MAP_FAILED)
        return memory;
    /* Rather no memory than memory that a core would hold. */
    if (wanted() && mt_sys3(SYS_madvise, memory, bytes, MADV_DONTDUMP) != 0) {
        (void)munmap(memory, bytes);
        errno = ENOMEM;
        return MAP_FAILED;
    }
    if (flags & MAP_FIXED) /* its own, with other rights */
        mt_ranges_remove(memory, bytes);
    mt_ranges_add(MT_RANGE_HEAP, memory, bytes);
    return memory;
}

int mt_dontdump_munmap(void *at, size_t bytes) {
    mt_ranges_remove(at, bytes);
    int result = munmap(at, bytes);
    if (result != 0)
        mt_ranges_add(MT_RANGE_HEAP, at, bytes);
    return result;
}

/* The program's break is not ours to mark. */
void *mt_dontdump_sbrk(intptr_t bytes) {
    if (!wanted()) {
        void *memory = sbrk(bytes);
        if (bytes > 0 && memory != (void *)-1)
            mt_ranges_add(MT_RANGE_HEAP, memory, (size_t)bytes);
        return memory;
    }
    errno = ENOMEM;
    return (void *)-1;
}

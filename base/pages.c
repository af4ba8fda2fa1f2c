#include "base/pages.h"

#include "base/ranges.h"
#include "base/sys.h"
#include <errno.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#    define MADV_POPULATE_WRITE 23
#endif

static void *result(long address) {
    return address < 0 && address > -4096 ? NULL : (void *)address;
}

static void *map(size_t bytes, int protection, int flags, int fd) {
    void *at = result(mt_sys6(SYS_mmap, 0, (long)bytes, protection, flags, fd, 0));
    if (at)
        mt_ranges_add(MT_RANGE_OWN, at, bytes);
    return at;
}

void *mt_pages_reserve_plain(size_t bytes) {
    return map(bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
}

void *mt_pages_reserve(size_t bytes) {
    void *at = mt_pages_reserve_plain(bytes);
    if (at)
        (void)mt_sys3(SYS_madvise, at, bytes, MADV_NOHUGEPAGE);
    return at;
}

void *mt_pages_reserve_file(size_t bytes, int fd) {
    return map(bytes, PROT_NONE, MAP_SHARED | MAP_NORESERVE, fd);
}

bool mt_pages_open(void *at, size_t bytes, bool populate) {
    if (mt_sys3(SYS_mprotect, at, bytes, PROT_READ | PROT_WRITE) != 0)
        return false;
    /* On failure the rights stay: neighbours on the same pages may be in use already. */
    return !populate || mt_sys3(SYS_madvise, at, bytes, MADV_POPULATE_WRITE) == 0;
}

/* Closed by mprotect() it would stay a mapping of its own, since it has had pages. */
void mt_pages_close(void *at, size_t bytes) {
    long mapped = mt_sys6(SYS_mmap, (long)at, (long)bytes, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    if (mapped == (long)at)
        return;
    (void)mt_sys3(SYS_mprotect, at, bytes, PROT_NONE);
    (void)mt_sys3(SYS_madvise, at, bytes, MADV_DONTNEED);
}

void *mt_pages_map(size_t bytes) {
    return map(bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

void mt_pages_unmap(void *at, size_t bytes) {
    mt_ranges_remove(at, bytes);
    (void)mt_sys2(SYS_munmap, at, bytes);
}

bool mt_pages_readable(uintptr_t address) {
    /* Any other answer is a filter's; a stack that can't be proven is not read. */
    return mt_sys4(SYS_rt_sigprocmask, -1, address & ~(uintptr_t)7, 0, 8) == -EINVAL;
}

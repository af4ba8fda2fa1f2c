#include "export/outside.h"

#include "base/pages.h"
#include "base/sys.h"
#include "export/outside_find.h"
#include <errno.h>
#include <string.h>

/* More than any value of option max_metadata. */
#define REGION_BYTES_MOST (UINT64_C(5) << 30)

/* Where a region is read from: a process's memory, or a file. */
struct source {
    const struct mt_outside_memory *memory; /* NULL: the file */
    int fd;
    uint64_t base;
};

static enum mt_outside_error read_file(int fd, uint64_t offset, char *to, size_t bytes) {
    while (bytes) {
        long got = mt_sys4(SYS_pread64, fd, to, bytes, offset);
        if (got == -EINTR)
            continue;
        if (got <= 0)
            return got ? MT_OUTSIDE_IO : MT_OUTSIDE_INCOMPLETE;
        to += got;
        offset += (uint64_t)got;
        bytes -= (size_t)got;
    }
    return MT_OUTSIDE_OK;
}

static enum mt_outside_error read_part(const struct source *source, uint64_t offset,
                                       void *to, size_t bytes) {
    if (!source->memory)
        return read_file(source->fd, source->base + offset, to, bytes);
    int error = source->memory->peek(source->memory, source->base + offset, to, bytes);
    if (!error)
        return MT_OUTSIDE_OK;
    /* It was there a moment ago. */
    return error == -ESRCH ? MT_OUTSIDE_INCOMPLETE : mt_outside_error_of(error);
}

/* Opens [from, to) of the copy, which the reservation holds, and reads it. */
static enum mt_outside_error copy_part(const struct source *source, char *copy,
                                       uint64_t from, uint64_t to) {
    uint64_t page = mt_page_down(from);
    if (from == to)
        return MT_OUTSIDE_OK;
    if (!mt_pages_open(copy + page, mt_page_up(to) - page, false))
        return MT_OUTSIDE_NO_MEMORY;
    return read_part(source, from, copy + from, to - from);
}

/* How many records there are is asked for anew before each table: tables only grow, and
 * what a record refers to was there before it. */
static enum mt_outside_error copy_table(const struct source *source,
                                        struct mt_region *region, enum mt_table_id id) {
    struct mt_table now, *table = &region->table[id];
    enum mt_outside_error error = read_part(
        source, offsetof(struct mt_region, table) + id * sizeof now, &now, sizeof now);
    if (error)
        return error;
    atomic_store(&table->used, atomic_load(&now.used));
    atomic_store(&table->open, atomic_load(&now.open));
    return copy_part(source, (char *)region, table->offset,
                     mt_region_table_bytes(region, id));
}

/* Counters first and what they refer to after them, so that every reference in the copy
 * leads somewhere however busy the process is; the header's figures last. */
static enum mt_outside_error copy_tables(const struct source *source,
                                         struct mt_region *region) {
    static const enum mt_table_id order[] = {
        MT_TABLE_SHARDS, MT_TABLE_CHUNKS, MT_TABLE_EVENTS, MT_TABLE_LEAKS,
        MT_TABLE_SITES,  MT_TABLE_NODES,  MT_TABLE_MODULES};
    _Static_assert(sizeof order / sizeof *order == MT_TABLE_COUNT, "every table");
    const size_t figures = offsetof(struct mt_region, owner_pid);
    uint64_t start = region->start_monotonic_ms;
    uint64_t magic;
    enum mt_outside_error error = MT_OUTSIDE_OK;
    for (int i = 0; !error && i < MT_TABLE_COUNT; i++)
        error = copy_table(source, region, order[i]);
    if (!error)
        error =
            read_part(source, figures, (char *)region + figures, sizeof *region - figures);
    if (!error)
        error = read_part(source, 0, &magic, sizeof magic);
    if (!error && (magic != MT_REGION_MAGIC || region->start_monotonic_ms != start))
        error = MT_OUTSIDE_INCOMPLETE; /* another program, or another start of it */
    return error;
}

static enum mt_outside_error copy_region(const struct source *source,
                                         struct mt_outside *view) {
    const char *why;
    struct mt_region header;
    *view = (struct mt_outside){0};
    enum mt_outside_error error = read_part(source, 0, &header, sizeof header);
    if (error)
        return error == MT_OUTSIDE_INCOMPLETE ? MT_OUTSIDE_NOT_REGION : error;
    if (header.magic == MT_REGION_MAGIC && header.version > MT_REGION_VERSION)
        return MT_OUTSIDE_NEWER;
    if (!mt_region_check(&header, UINT64_MAX, &why) ||
        header.region_bytes > REGION_BYTES_MOST)
        return MT_OUTSIDE_NOT_REGION;
    uint64_t bytes = mt_page_up(header.region_bytes);
    struct mt_region *region = mt_pages_reserve(bytes);
    if (!region)
        return MT_OUTSIDE_NO_MEMORY;
    error = MT_OUTSIDE_NO_MEMORY;
    if (mt_pages_open(region, mt_page_up(sizeof header), false)) {
        memcpy(region, &header, sizeof header);
        error = copy_tables(source, region);
    }
    if (error) {
        mt_pages_unmap(region, bytes);
        return error;
    }
    view->region = region;
    view->bytes = bytes;
    return MT_OUTSIDE_OK;
}

enum mt_outside_error mt_outside_copy(const struct mt_outside_memory *memory,
                                      uint64_t address, struct mt_outside *view) {
    return copy_region(&(struct source){.memory = memory, .fd = -1, .base = address}, view);
}

enum mt_outside_error mt_outside_read(uint32_t pid, struct mt_outside *view) {
    struct mt_outside_memory memory = mt_outside_process(pid);
    uint64_t address;
    *view = (struct mt_outside){0};
    enum mt_outside_error error = mt_outside_find(pid, &address);
    return error ? error : mt_outside_copy(&memory, address, view);
}

enum mt_outside_error mt_outside_map_file(int fd, struct mt_outside *view) {
    return copy_region(&(struct source){.fd = fd}, view);
}

void mt_outside_close(struct mt_outside *view) {
    if (view->region)
        mt_pages_unmap((void *)(uintptr_t)view->region, view->bytes);
    *view = (struct mt_outside){0};
}

const char *mt_outside_message(enum mt_outside_error error) {
    static const char *const text[MT_OUTSIDE_ERRORS] = {
        [MT_OUTSIDE_OK] = "read",
        [MT_OUTSIDE_NO_PROCESS] = "no such process, or it has ended",
        [MT_OUTSIDE_NO_PERMISSION] = "no permission to read the process's memory",
        [MT_OUTSIDE_NO_LIBRARY] = "the process runs without libmtalloc",
        [MT_OUTSIDE_OFF] = "the process runs with libmtalloc switched off",
        [MT_OUTSIDE_NOT_REGION] = "not a recording of libmtalloc, or a damaged one",
        [MT_OUTSIDE_NEWER] = "written by a newer version of libmtalloc",
        [MT_OUTSIDE_INCOMPLETE] = "it ended before all of it was read",
        [MT_OUTSIDE_NO_MEMORY] = "not enough memory for the copy",
        [MT_OUTSIDE_IO] = "it cannot be read",
    };
    return text[error];
}

/*
 * All that is mapped as data is the program's, but for what base/ranges.h knows as the
 * library's or its allocator's, and the library's own data. So nothing has to be asked of
 * the dynamic loader, whose lock another thread may hold. glibc puts a thread's control
 * block and static thread-local storage above its stack, in one mapping; blocks of dynamic
 * thread-local storage are heap blocks of the loader's.
 */
#include "alloc/leaks_roots.h"

#include "alloc/leaks_mark.h"
#include "alloc/leaks_threads.h"
#include "alloc/watch.h"
#include "base/log_callback.h"
#include "base/sys.h"
#include "export/proc.h"
#include "track/arch.h"
#include "track/modules.h"

#include <string.h>
#include <sys/auxv.h>

static struct {
    struct mt_leaks_thread self;
    uintptr_t own_start, own_end; /* of the library; empty in a static program */
    uintptr_t guard_end;          /* where the last inaccessible mapping ends */
} now;

struct mapping {
    uintptr_t from, to;
    bool readable, writable, executable, shared, device, main_stack;
};

/* "start-end rwxp offset device inode   name" */
static bool parse(const char *line, struct mapping *mapping) {
    const char *at = line;
    *mapping = (struct mapping){.from = mt_proc_hex(&at)};
    if (*at++ != '-')
        return false;
    mapping->to = mt_proc_hex(&at);
    if (strnlen(at, 5) < 5)
        return false;
    mapping->readable = at[1] == 'r';
    mapping->writable = at[2] == 'w';
    mapping->executable = at[3] == 'x';
    mapping->shared = at[4] == 's';
    const char *name = strchr(at, '/');
    mapping->device = name && strncmp(name, "/dev/", 5) == 0 &&
                      strncmp(name, "/dev/shm/", 9) != 0 &&
                      strncmp(name, "/dev/zero", 9) != 0;
    mapping->main_stack = strstr(at, "[stack]") != NULL;
    return true;
}

/* ---- [from, to) without what is not the program's ---- */

static void mark_between(uintptr_t from, uintptr_t to, bool shared) {
    if (from < to)
        mt_leaks_mark_memory(from, to, !shared);
}

static void mark_without_own(uintptr_t from, uintptr_t to, bool shared) {
    if (now.own_end <= from || to <= now.own_start) {
        mark_between(from, to, shared);
        return;
    }
    mark_between(from, now.own_start, shared);
    mark_between(now.own_end, to, shared);
}

/* The first range that ends behind `from`. */
static size_t range_behind(uintptr_t from) {
    size_t low = 0, high = mt_leaks_heap.ranges;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mt_leaks_heap.range[middle].to <= from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void mark_programs(uintptr_t from, uintptr_t to, bool shared) {
    const struct mt_range *range = mt_leaks_heap.range;
    for (size_t i = range_behind(from); i < mt_leaks_heap.ranges && range[i].from < to;
         i++) {
        if (from < range[i].from)
            mark_without_own(from, range[i].from, shared);
        from = range[i].to;
    }
    if (from < to)
        mark_without_own(from, to, shared);
}

/* ---- stacks ---- */

/* Where what is in use of a mapping begins: it is a thread's stack if it has the thread's
 * place and control block in it and nothing accessible before it, as the C library makes
 * them, or if the kernel calls it so. Of any other all may be in use: a stack that a
 * program made, or several. */
static uintptr_t in_use_from(const struct mapping *mapping) {
    const struct mt_leaks_thread *thread = &now.self;
    for (uint32_t i = 0; thread; thread = mt_leaks_threads_at(i++)) {
        bool has = thread->low >= mapping->from && thread->low < mapping->to;
        bool own = thread->main
                       ? mapping->main_stack
                       : thread->pointer > thread->low && thread->pointer < mapping->to &&
                             now.guard_end == mapping->from;
        if (thread->still && has && own)
            return thread->low;
    }
    return mapping->from;
}

static bool line_of_maps(const char *line, void *context) {
    struct mapping mapping;
    (void)context;
    if (!parse(line, &mapping))
        return true;
    if (!mapping.readable && !mapping.writable)
        now.guard_end = mapping.to;
    /* What the loader wrote before it protected it (relro) is private data, too. */
    bool data = mapping.writable || (!mapping.executable && !mapping.shared);
    if (mapping.readable && data && !mapping.device)
        mark_programs(in_use_from(&mapping), mapping.to, mapping.shared);
    return !mt_leaks_mark_late();
}

static void find_own_data(void) {
    const struct mt_module_slot *own = mt_module_find((uintptr_t)&find_own_data);
    uintptr_t program = getauxval(AT_PHDR);
    now.own_start = now.own_end = 0;
    if (!own || program - own->start < own->end - own->start)
        return;
    now.own_start = own->start;
    now.own_end = own->end;
}

bool mt_leaks_mark_roots(uintptr_t low) {
    const struct mt_leaks_thread *thread;
    long self = mt_sys0(SYS_gettid);
    now.self = (struct mt_leaks_thread){.still = true,
                                        .low = low,
                                        .main = self == mt_sys0(SYS_getpid),
                                        .pointer = mt_thread_pointer()};
    now.guard_end = 0;
    mt_leaks_heap_know_ranges();
    find_own_data();
    /* A stack, or an alternate one, may be a block. */
    mt_leaks_mark_word(low);
    mt_leaks_mark_word(now.self.pointer);
    for (uint32_t i = 0; (thread = mt_leaks_threads_at(i)) != NULL; i++) {
        if (!thread->still)
            continue;
        mt_leaks_mark_word(thread->low);
        mt_leaks_mark_word(thread->pointer);
    }
    /* The library's data are no roots, but for what the program gave it to hand back. */
    mt_leaks_mark_word((uintptr_t)mt_log_callback_context());
    mt_watch_each_context(mt_leaks_mark_word);
    return mt_proc_lines(0, "maps", line_of_maps, NULL) > 0;
}

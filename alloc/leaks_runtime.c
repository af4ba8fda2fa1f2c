#include "alloc/leaks_runtime.h"
#include "alloc/stack_mode.h"

#include "alloc/init.h"
#include "base/options.h"
#include "track/tree.h"

#include <stdio.h>
#include <string.h>

/* Weak: a static program that uses no stream has none. */
#pragma weak stdin
#pragma weak stdout
#pragma weak stderr

bool mt_leaks_stream_buffer(const void *user) {
    FILE *const *const streams[] = {&stdin, &stdout, &stderr};
    for (unsigned i = 0; i < 3; i++)
        if (streams[i] && *streams[i] && (*streams[i])->_IO_buf_base == user)
            return true;
    return false;
}

static bool starts(const char *name, const char *with) {
    return strncmp(name, with, strlen(with)) == 0;
}

/* What the loader takes is the loader's own, whoever makes it do so: for the variables of a
 * thread that still runs, or for a library that was never closed. */
static bool loader(const char *name) {
    return starts(name, "ld-linux") || starts(name, "ld64.so.");
}

static bool runtime(const char *name) {
    static const char *const prefix[] = {"libmtalloc.so", "libc.so.",     "libstdc++.so.",
                                         "libc++.so.",    "libc++abi.so", "libgcc_s.so.",
                                         "[truncated]"};
    for (unsigned i = 0; i < sizeof prefix / sizeof prefix[0]; i++)
        if (starts(name, prefix[i]))
            return true;
    return loader(name);
}

bool mt_leaks_of_runtime(const struct mt_leak *leak) {
    uint32_t nodes = mt_region_count(mt_region_own, MT_TABLE_NODES);
    uint32_t modules = mt_region_count(mt_region_own, MT_TABLE_MODULES);
    uint32_t at = mt_tree_node(leak->site);
    if (mt_stack_mode != MT_STACK_FULL || !at)
        return false;
    for (bool innermost = true; at && at < nodes; at = mt_nodes[at].parent) {
        const struct mt_module *module = mt_region_record(
            MT_TABLE_MODULES, mt_nodes[at].module < modules ? mt_nodes[at].module : 0);
        if (innermost && loader(module->name))
            return true;
        if (!runtime(module->name))
            return false;
        innermost = false;
    }
    return true;
}

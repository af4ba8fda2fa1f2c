#include "alloc/leaks_runtime.h"

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

static bool runtime(const char *name) {
    static const char *const prefix[] = {"libmtalloc.so", "libc.so.",     "libstdc++.so.",
                                         "libc++.so.",    "libc++abi.so", "libgcc_s.so.",
                                         "ld-linux",      "ld64.so.",     "[truncated]"};
    for (unsigned i = 0; i < sizeof prefix / sizeof prefix[0]; i++)
        if (strncmp(name, prefix[i], strlen(prefix[i])) == 0)
            return true;
    return false;
}

bool mt_leaks_of_runtime(const struct mt_leak *leak) {
    uint32_t nodes = mt_region_count(mt_region_own, MT_TABLE_NODES);
    uint32_t modules = mt_region_count(mt_region_own, MT_TABLE_MODULES);
    uint32_t at = mt_tree_node(leak->site);
    if (mt_stack_mode != MT_STACK_FULL || !at)
        return false;
    for (; at && at < nodes; at = mt_nodes[at].parent) {
        const struct mt_module *module = mt_region_record(
            MT_TABLE_MODULES, mt_nodes[at].module < modules ? mt_nodes[at].module : 0);
        if (!runtime(module->name))
            return false;
    }
    return true;
}

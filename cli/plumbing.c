#include "cli/plumbing.h"

#include <stddef.h>
#include <string.h>

static bool starts_with_any(const char *text, const char *const *prefixes) {
    for (; *prefixes != NULL; prefixes++)
        if (!strncmp(text, *prefixes, strlen(*prefixes)))
            return true;
    return false;
}

bool mt_plumbing_module(const struct mt_model_module *module) {
    static const char *const runtimes[] = {
        "libmtalloc.so", "libc.so.", "libstdc++.so.", "libc++.so.", "libc++abi.so.",
        "libgcc_s.so.",  "ld-linux", "ld64.so.",      NULL,
    };
    return starts_with_any(module->name, runtimes);
}

bool mt_plumbing(const struct mt_model_module *module, const struct mt_place *place) {
    static const char *const functions[] = {
        "std::",  "__gnu_cxx::", "operator new", "void std::",   "alloc::",
        "core::", "<alloc::",    "<core::",      "<std::",       "__rust_",
        "__rdl_", "__rg_",       "hashbrown::",  "<hashbrown::", NULL,
    };
    static const char *const traits[] = {" as alloc::", " as core::", " as std::"};
    if (mt_plumbing_module(module))
        return true;
    if (place->function == NULL)
        return false;
    for (size_t i = 0; i < sizeof traits / sizeof traits[0]; i++)
        if (place->function[0] == '<' && strstr(place->function, traits[i]) != NULL)
            return true;
    return starts_with_any(place->function, functions);
}

bool mt_plumbing_trampoline(const struct mt_place *place) {
    static const char *const prefixes[] = {
        "core::ops::function::",
        "std::__invoke",
        "std::_Function_handler",
        "std::thread::_",
        NULL,
    };
    return place->function != NULL && starts_with_any(place->function, prefixes);
}

bool mt_plumbing_start(const struct mt_place *place) {
    static const char *const prefixes[] = {
        "__libc_start_main",
        "__libc_start_call_main",
        "_dl_start",
        "start_thread",
        "std::rt::lang_start",
        "std::sys::backtrace::__rust_begin_short_backtrace",
        "std::sys_common::backtrace::__rust_begin_short_backtrace",
        NULL,
    };
    static const char *const names[] = {"_start", "clone3", "__clone3", "clone", "__clone"};
    if (place->function == NULL)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!strcmp(place->function, names[i]))
            return true;
    return starts_with_any(place->function, prefixes);
}

/* The public calls of mtalloc.h. */
#include "alloc/heap_check.h"
#include "alloc/init.h"
#include "alloc/stack_mode.h"
#include "alloc/leaks.h"
#include "alloc/leaks_keep.h"
#include "base/attr.h"
#include "base/log_callback.h"
#include "export/dump.h"
#include "mtalloc/mtalloc.h"
#include "track/arch.h"

#include <errno.h>

#ifndef PACKAGE_VERSION
#    define PACKAGE_VERSION "0.1.0"
#endif

MT_EXPORT int mtalloc_dump(void) {
    (void)mt_enter();
    return mt_dump(MT_REASON_API);
}

MT_EXPORT int mtalloc_dump_fd(int fd) {
    (void)mt_enter();
    return mt_dump_fd(fd, MT_REASON_API);
}

MT_EXPORT int mtalloc_dump_to(const char *path) {
    (void)mt_enter();
    return mt_dump_to(path, MT_REASON_API);
}

MT_EXPORT int mtalloc_check(void) {
    (void)mt_enter();
    return mt_heap_check();
}

MT_EXPORT int mtalloc_set_option(const char *text) {
    (void)mt_enter();
    return mt_off ? -ENOTSUP : mt_stack_set(text);
}

MT_EXPORT void mtalloc_set_log(mtalloc_log_function function, void *context) {
    mt_log_set_callback(function, context);
}

MT_EXPORT int mtalloc_leaks(int mode) {
    struct mt_registers registers;
    MT_REGISTERS_HERE(&registers);
    (void)mt_enter();
    return mt_leaks_look((uint32_t)mode, (uintptr_t)&registers, UINT64_MAX);
}

MT_EXPORT int mtalloc_keep(void *block) {
    (void)mt_enter();
    return mt_leaks_keep(block);
}

MT_EXPORT const char *mtalloc_version(void) {
    return PACKAGE_VERSION;
}

MT_EXPORT int mtalloc_version_number(void) {
    return MTALLOC_VERSION_NUMBER;
}

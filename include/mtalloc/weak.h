/*
 * weak.h: mtalloc.h for a program that runs with or without the library. Include it in
 * place of mtalloc.h, and do not link the library: a program that is started under it, by
 * LD_PRELOAD, `mtalloc run` or as a dependency of something else, meets it, and otherwise
 * each call does nothing and returns -ENOSYS. A program that is linked with the library may
 * include it too.
 *
 *     if (mtalloc_version_number() >= 100) ...
 *
 * asks whether the library is there, and at least 0.1. A call that it lacks, since it is
 * older than this header, is -ENOSYS as well.
 *
 * Code that is neither position independent nor in a position-independent executable
 * (-no-pie with -fno-pic) has to be linked with the library to find it.
 *
 * Each function costs a test of a pointer. Since 0.1.
 */
#ifndef MTALLOC_WEAK_H
#define MTALLOC_WEAK_H

#include <errno.h>
#include <mtalloc/mtalloc.h>
#include <stddef.h>

/* A weak reference is NULL where nothing defines the symbol. */
#pragma weak mtalloc_add_limit
#pragma weak mtalloc_check
#pragma weak mtalloc_drop_mark
#pragma weak mtalloc_dump
#pragma weak mtalloc_dump_fd
#pragma weak mtalloc_dump_to
#pragma weak mtalloc_keep
#pragma weak mtalloc_leaks
#pragma weak mtalloc_mark
#pragma weak mtalloc_move_mark
#pragma weak mtalloc_name_thread
#pragma weak mtalloc_pause_thread
#pragma weak mtalloc_read_frame
#pragma weak mtalloc_read_totals
#pragma weak mtalloc_remove_limit
#pragma weak mtalloc_resume_thread
#pragma weak mtalloc_set_log
#pragma weak mtalloc_set_option
#pragma weak mtalloc_version
#pragma weak mtalloc_version_number
#pragma weak mtalloc_visit_sites

#ifdef __cplusplus
extern "C" {
#endif

#define MTALLOC_STUB static inline __attribute__((unused))

MTALLOC_STUB int mtalloc_weak_add_limit(const struct mtalloc_limit *limit) {
    return mtalloc_add_limit ? mtalloc_add_limit(limit) : -ENOSYS;
}
#define mtalloc_add_limit mtalloc_weak_add_limit

MTALLOC_STUB int mtalloc_weak_check(void) {
    return mtalloc_check ? mtalloc_check() : -ENOSYS;
}
#define mtalloc_check mtalloc_weak_check

MTALLOC_STUB int mtalloc_weak_drop_mark(int mark) {
    return mtalloc_drop_mark ? mtalloc_drop_mark(mark) : -ENOSYS;
}
#define mtalloc_drop_mark mtalloc_weak_drop_mark

MTALLOC_STUB int mtalloc_weak_dump(void) {
    return mtalloc_dump ? mtalloc_dump() : -ENOSYS;
}
#define mtalloc_dump mtalloc_weak_dump

MTALLOC_STUB int mtalloc_weak_dump_fd(int fd) {
    return mtalloc_dump_fd ? mtalloc_dump_fd(fd) : -ENOSYS;
}
#define mtalloc_dump_fd mtalloc_weak_dump_fd

MTALLOC_STUB int mtalloc_weak_dump_to(const char *path) {
    return mtalloc_dump_to ? mtalloc_dump_to(path) : -ENOSYS;
}
#define mtalloc_dump_to mtalloc_weak_dump_to

MTALLOC_STUB int mtalloc_weak_keep(void *block) {
    return mtalloc_keep ? mtalloc_keep(block) : -ENOSYS;
}
#define mtalloc_keep mtalloc_weak_keep

MTALLOC_STUB int mtalloc_weak_leaks(int mode) {
    return mtalloc_leaks ? mtalloc_leaks(mode) : -ENOSYS;
}
#define mtalloc_leaks mtalloc_weak_leaks

MTALLOC_STUB int mtalloc_weak_mark(void) {
    return mtalloc_mark ? mtalloc_mark() : -ENOSYS;
}
#define mtalloc_mark mtalloc_weak_mark

MTALLOC_STUB int mtalloc_weak_move_mark(int mark) {
    return mtalloc_move_mark ? mtalloc_move_mark(mark) : -ENOSYS;
}
#define mtalloc_move_mark mtalloc_weak_move_mark

MTALLOC_STUB int mtalloc_weak_name_thread(const char *name) {
    return mtalloc_name_thread ? mtalloc_name_thread(name) : -ENOSYS;
}
#define mtalloc_name_thread mtalloc_weak_name_thread

MTALLOC_STUB int mtalloc_weak_pause_thread(void) {
    return mtalloc_pause_thread ? mtalloc_pause_thread() : -ENOSYS;
}
#define mtalloc_pause_thread mtalloc_weak_pause_thread

MTALLOC_STUB int mtalloc_weak_read_frame(uint32_t frame, struct mtalloc_frame *out) {
    return mtalloc_read_frame ? mtalloc_read_frame(frame, out) : -ENOSYS;
}
#define mtalloc_read_frame mtalloc_weak_read_frame

MTALLOC_STUB int mtalloc_weak_read_totals(int mark, struct mtalloc_totals *totals) {
    return mtalloc_read_totals ? mtalloc_read_totals(mark, totals) : -ENOSYS;
}
#define mtalloc_read_totals mtalloc_weak_read_totals

MTALLOC_STUB int mtalloc_weak_remove_limit(int limit) {
    return mtalloc_remove_limit ? mtalloc_remove_limit(limit) : -ENOSYS;
}
#define mtalloc_remove_limit mtalloc_weak_remove_limit

MTALLOC_STUB int mtalloc_weak_resume_thread(void) {
    return mtalloc_resume_thread ? mtalloc_resume_thread() : -ENOSYS;
}
#define mtalloc_resume_thread mtalloc_weak_resume_thread

MTALLOC_STUB void mtalloc_weak_set_log(mtalloc_log_function function, void *context) {
    if (mtalloc_set_log)
        mtalloc_set_log(function, context);
}
#define mtalloc_set_log mtalloc_weak_set_log

MTALLOC_STUB int mtalloc_weak_set_option(const char *text) {
    return mtalloc_set_option ? mtalloc_set_option(text) : -ENOSYS;
}
#define mtalloc_set_option mtalloc_weak_set_option

/* "" where there is no library. */
MTALLOC_STUB const char *mtalloc_weak_version(void) {
    return mtalloc_version ? mtalloc_version() : "";
}
#define mtalloc_version mtalloc_weak_version

/* Negative where there is none. */
MTALLOC_STUB int mtalloc_weak_version_number(void) {
    return mtalloc_version_number ? mtalloc_version_number() : -ENOSYS;
}
#define mtalloc_version_number mtalloc_weak_version_number

MTALLOC_STUB int mtalloc_weak_visit_sites(int mark, mtalloc_site_visitor visit,
                                          void *context) {
    return mtalloc_visit_sites ? mtalloc_visit_sites(mark, visit, context) : -ENOSYS;
}
#define mtalloc_visit_sites mtalloc_weak_visit_sites

#ifdef __cplusplus
}
#endif
#endif

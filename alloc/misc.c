/* glibc's tuning and statistics calls. All of its malloc.o is defined here or nearby, so
 * that a static link never pulls it in. */
#include "alloc/block.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>

int mt_je_mallctl(const char *name, void *old, size_t *old_length, void *value,
                  size_t length);
void mt_je_malloc_stats_print(void (*write)(void *, const char *), void *context,
                              const char *options);

static size_t figure(const char *name) {
    size_t value = 0, length = sizeof value;
    return mt_je_mallctl(name, &value, &length, NULL, 0) == 0 ? value : 0;
}

static void refresh(void) {
    uint64_t epoch = 1;
    (void)mt_je_mallctl("epoch", NULL, NULL, &epoch, sizeof epoch);
}

/* Gives unused memory back. 1 as glibc's when some may have been released. */
MT_EXPORT int malloc_trim(size_t keep) {
    (void)keep;
    (void)mt_enter();
    /* 4096 is MALLCTL_ARENAS_ALL of jemalloc's interface. */
    return mt_je_mallctl("arena.4096.purge", NULL, NULL, NULL, 0) == 0;
}

MT_EXPORT struct mallinfo2 mallinfo2(void) {
    (void)mt_enter();
    refresh();
    size_t allocated = figure("stats.allocated"), active = figure("stats.active");
    return (struct mallinfo2){.arena = figure("stats.mapped"),
                              .uordblks = allocated,
                              .fordblks = active > allocated ? active - allocated : 0,
                              .keepcost = 0};
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
MT_EXPORT struct mallinfo mallinfo(void) {
    struct mallinfo2 info = mallinfo2();
    return (struct mallinfo){.arena = (int)info.arena,
                             .uordblks = (int)info.uordblks,
                             .fordblks = (int)info.fordblks};
}
#pragma GCC diagnostic pop

/* None of glibc's parameters has a counterpart; accepted as they are there. */
MT_EXPORT int mallopt(int parameter, int value) {
    (void)parameter;
    (void)value;
    return 1;
}

MT_EXPORT void malloc_stats(void) {
    (void)mt_enter();
    mt_je_malloc_stats_print(NULL, NULL, "mdabl");
}

MT_EXPORT int malloc_info(int options, FILE *stream) {
    if (options != 0) {
        errno = EINVAL;
        return -1;
    }
    struct mallinfo2 info = mallinfo2();
    int printed = fprintf(stream,
                          "<malloc version=\"libmtalloc\">\n"
                          "<total type=\"rest\" count=\"0\" size=\"%zu\"/>\n"
                          "<system type=\"current\" size=\"%zu\"/>\n</malloc>\n",
                          info.fordblks, info.arena);
    return printed < 0 ? -1 : 0;
}

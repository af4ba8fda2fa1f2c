/* jemalloc, as a private copy with renamed symbols (alloc/jemalloc_private.sh). */
#include "alloc/backend.h"

#include "base/attr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/sys.h"
#include "track/region_make.h"
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

void *mt_je_realloc(void *at, size_t bytes);
void *mt_je_memalign(size_t alignment, size_t bytes);
void mt_je_free(void *at);
void *mt_je_mallocx(size_t bytes, int flags);
void *mt_je_rallocx(void *at, size_t bytes, int flags);
size_t mt_je_xallocx(void *at, size_t bytes, size_t extra, int flags);
size_t mt_je_nallocx(size_t bytes, int flags);
size_t mt_je_malloc_usable_size(const void *at);
int mt_je_mallctl(const char *name, void *old, size_t *old_length, void *value,
                  size_t length);
extern const char *mt_je_malloc_conf;
extern void (*mt_je_malloc_message)(void *context, const char *text);
extern const char *mt_je_malloc_conf_2_conf_harder;

/* jemalloc's own profiler would bring libgcc_s along; it is switched off, and these two
 * stand in for what it would call. */
int mt_unwind_backtrace_stub(void *trace, void *argument);
uintptr_t mt_unwind_getip_stub(void *context);
int mt_unwind_backtrace_stub(void *trace, void *argument) {
    (void)trace;
    (void)argument;
    return 5; /* _URC_END_OF_STACK */
}
uintptr_t mt_unwind_getip_stub(void *context) {
    (void)context;
    return 0;
}

/* What jemalloc has to say goes where the log goes, or nowhere. */
static void message(void *context, const char *text) {
    (void)context;
    int fd = mt_log_fd();
    if (fd >= 0)
        (void)mt_sys3(SYS_write, fd, text, strlen(text));
}

/* Headers shift requests between size classes, and jemalloc's usual limit of 2^6 between a
 * request and the dirty extent that it may be cut from then leaves much of what was freed
 * unused: python3's peak was 1.36 times plain jemalloc's, and is 1.09 times with 2^10. What
 * the program or MALLOC_CONF says comes later and wins. */
#define BUILT_IN "lg_extent_max_active_fit:10"

void mt_backend_start(const char *conf) {
    static char both[1024] = BUILT_IN ",";
    size_t length = conf ? strlen(conf) : 0;
    mt_je_malloc_message = message;
    mt_je_malloc_conf = BUILT_IN;
    if (length > 0 && length < sizeof both - sizeof BUILT_IN) {
        memcpy(both + sizeof BUILT_IN, conf, length); /* behind the comma */
        mt_je_malloc_conf = both;
    } else if (length > 0)
        mt_je_malloc_conf = conf;
    mt_je_malloc_conf_2_conf_harder = "prof:false"; /* comes after MALLOC_CONF */
}

void *mt_backend_allocate(size_t bytes, int flags) {
    return mt_je_mallocx(bytes, flags);
}

size_t mt_backend_class(size_t bytes, int flags) {
    return mt_je_nallocx(bytes, flags);
}

bool mt_backend_resize(void *at, size_t old, size_t bytes, int flags) {
    size_t wanted = mt_je_nallocx(bytes, flags);
    if (wanted == 0)
        return false;
    if (wanted == mt_je_nallocx(old, flags))
        return true;
    return old > MT_BACKEND_SMALL && bytes > MT_BACKEND_SMALL &&
           mt_je_xallocx(at, bytes, 0, flags) == wanted;
}

static uint64_t figure(const char *name) {
    size_t value = 0, length = sizeof value;
    return mt_je_mallctl(name, &value, &length, NULL, 0) == 0 ? value : 0;
}

MT_COLD void mt_backend_refresh_figures(void) {
    uint64_t epoch = 1;
    struct mt_figures *figures = &mt_region_own->figures;
    if (mt_je_mallctl("epoch", NULL, NULL, &epoch, sizeof epoch) != 0)
        return;
    figures->allocated = figure("stats.allocated");
    figures->active = figure("stats.active");
    figures->resident = figure("stats.resident");
    figures->mapped = figure("stats.mapped");
    uint64_t at = mt_clock_monotonic_ms() - mt_region_own->start_monotonic_ms;
    figures->at_ms = at ? at : 1;
}

void *mt_plain_malloc(size_t bytes) {
    return mt_je_malloc(bytes);
}
void *mt_plain_calloc(size_t count, size_t bytes) {
    return mt_je_calloc(count, bytes);
}
void *mt_plain_realloc(void *at, size_t bytes) {
    return mt_je_realloc(at, bytes);
}
void *mt_plain_memalign(size_t alignment, size_t bytes) {
    return mt_je_memalign(alignment, bytes);
}
void mt_plain_free(void *at) {
    mt_je_free(at);
}
void mt_plain_sized_free(void *at, size_t bytes, int flags) {
    mt_je_sdallocx(at, bytes, flags);
}
size_t mt_plain_usable(const void *at) {
    return mt_je_malloc_usable_size(at);
}
void *mt_plain_mallocx(size_t bytes, int flags) {
    return mt_je_mallocx(bytes, flags);
}
void *mt_plain_rallocx(void *at, size_t bytes, int flags) {
    return mt_je_rallocx(at, bytes, flags);
}
size_t mt_plain_xallocx(void *at, size_t bytes, size_t extra, int flags) {
    return mt_je_xallocx(at, bytes, extra, flags);
}
size_t mt_plain_nallocx(size_t bytes, int flags) {
    return mt_je_nallocx(bytes, flags);
}

/* Programs linked against jemalloc call its own functions: they must reach our blocks. */
#include "contract/check.h"
#include <malloc.h>
#include <stdbool.h>

#define WEAK __attribute__((weak))
extern void *mallocx(size_t size, int flags) WEAK;
extern void *rallocx(void *block, size_t size, int flags) WEAK;
extern size_t xallocx(void *block, size_t size, size_t extra, int flags) WEAK;
extern size_t sallocx(const void *block, int flags) WEAK;
extern void dallocx(void *block, int flags) WEAK;
extern void sdallocx(void *block, size_t size, int flags) WEAK;
extern size_t nallocx(size_t size, int flags) WEAK;
extern int mallctl(const char *name, void *old, size_t *old_size, void *new,
                   size_t new_size) WEAK;
extern int mallctlnametomib(const char *name, size_t *mib, size_t *length) WEAK;
extern int mallctlbymib(const size_t *mib, size_t length, void *old, size_t *old_size,
                        void *new, size_t new_size) WEAK;
extern void malloc_stats_print(void (*write)(void *, const char *), void *context,
                               const char *options) WEAK;

#define LOG_ALIGN(power) (power)
#define ZERO             0x40
#define NO_TCACHE        (1 << 8)

static void blocks_pass_between(void) {
    for (size_t size = 1; size < 3 << 20; size += 1 + size / 9) {
        void *a = malloc(size);
        CHECK_AT(sallocx(a, 0) >= size, size);
        dallocx(a, 0);
        sdallocx(malloc(size), size, 0);
        void *b = mallocx(size, 0);
        CHECK_AT(b && is_aligned(b, 16) && malloc_usable_size(b) >= size, size);
        fill(b, size, 1);
        b = realloc(b, size + 100);
        CHECK_AT(is_filled(b, size, 1), size);
        free(b);
        void *c = malloc(size);
        fill(c, size, 2);
        c = rallocx(c, size * 2, 0);
        CHECK_AT(is_filled(c, size, 2), size);
        memset(c, 1, size * 2);
        free(c);
    }
}

static void flags(void) {
    for (int power = 3; power <= 16; power++) {
        void *a = mallocx(100, LOG_ALIGN(power));
        CHECK_AT(is_aligned(a, (size_t)1 << power), power);
        memset(a, 0xff, 100);
        size_t before = sallocx(a, 0);
        a = rallocx(a, 5000, LOG_ALIGN(power) | ZERO);
        CHECK_AT(is_aligned(a, (size_t)1 << power), power);
        CHECK_AT(before >= 5000 || is_zero((char *)a + before, 5000 - before), power);
        sdallocx(a, 5000, LOG_ALIGN(power));
    }
    for (int round = 0; round < 100; round++) {
        void *a = mallocx(333, ZERO | NO_TCACHE);
        CHECK(is_zero(a, 333));
        memset(a, 0xff, 333);
        dallocx(a, NO_TCACHE);
    }
}

static void sizes(void) {
    CHECK(nallocx(100, 0) >= 100);
    void *a = mallocx(100, 0);
    size_t now = xallocx(a, 200, 0, 0);
    CHECK(now == sallocx(a, 0) && now >= 100);
    fill(a, now, 5);
    CHECK(is_filled(a, now, 5));
    free(a);
    volatile size_t huge = (size_t)PTRDIFF_MAX + 1;
    CHECK(nallocx(huge, 0) == 0);
    CHECK(mallocx(huge, 0) == NULL);
    a = mallocx(100, 0);
    CHECK(rallocx(a, huge, 0) == NULL);
    free(a);
}

static void count_text(void *context, const char *text) {
    *(size_t *)context += strlen(text);
}

static void control(void) {
    const char *version = NULL;
    size_t length = sizeof version;
    CHECK(mallctl("version", &version, &length, NULL, 0) == 0);
    CHECK(version && !strncmp(version, "5.", 2));
    CHECK(mallctl("no.such.name", NULL, NULL, NULL, 0) == ENOENT);
    uint64_t epoch = 1;
    length = sizeof epoch;
    CHECK(mallctl("epoch", &epoch, &length, &epoch, sizeof epoch) == 0);
    size_t allocated = 0, mib[8], depth = 8;
    length = sizeof allocated;
    CHECK(mallctl("stats.allocated", &allocated, &length, NULL, 0) == 0 && allocated > 0);
    CHECK(mallctlnametomib("stats.allocated", mib, &depth) == 0 && depth == 2);
    CHECK(mallctlbymib(mib, depth, &allocated, &length, NULL, 0) == 0 && allocated > 0);
    size_t printed = 0;
    malloc_stats_print(count_text, &printed, NULL);
    CHECK(printed > 100);
}

int main(void) {
    if (!mallocx || !rallocx || !xallocx || !sallocx || !dallocx || !sdallocx || !nallocx ||
        !mallctl || !mallctlnametomib || !mallctlbymib || !malloc_stats_print) {
        puts("a function of jemalloc's API is missing");
        return 77;
    }
    blocks_pass_between();
    flags();
    sizes();
    control();
    return failures();
}

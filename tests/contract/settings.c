/* Which of jemalloc's settings win: the environment's over the program's over the
 * library's.
 */
#include "contract/check.h"
#include <stdbool.h>

extern int mallctl(const char *name, void *old, size_t *old_size, void *value,
                   size_t value_size) __attribute__((weak));

/* -rdynamic makes it visible to the library. */
const char *malloc_conf = "narenas:3,dirty_decay_ms:7000";

static size_t setting(const char *name) {
    size_t value = 0, size = sizeof value;
    unsigned small = 0;
    if (strcmp(name, "opt.narenas") != 0) {
        CHECK(mallctl(name, &value, &size, NULL, 0) == 0);
        return value;
    }
    size = sizeof small;
    CHECK(mallctl(name, &small, &size, NULL, 0) == 0);
    return small;
}

int main(int argc, char **argv) {
    bool by_environment = argc > 1 && strcmp(argv[1], "environment") == 0;
    free(malloc(1));
    CHECK(setting("opt.narenas") == 3);
    CHECK(setting("opt.lg_extent_max_active_fit") == (by_environment ? 6 : 10));
    CHECK(setting("opt.dirty_decay_ms") == (by_environment ? 5000 : 7000));
    return failures();
}

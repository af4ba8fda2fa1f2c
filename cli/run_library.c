#include "cli/run.h"

#include "cli/say.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME "libmtalloc.so.0"

static char *try(const char *directory, const char *below) {
    char *path = mt_join(directory, below, "/" NAME);
    char *real = access(path, R_OK) == 0 ? realpath(path, NULL) : NULL;
    free(path);
    return real;
}

/* Beside the command in the build tree, or where `make install` put it. */
static char *search(void) {
    static const char *const places[] = {"", "/../lib", "/../lib/x86_64-linux-gnu",
                                         "/../lib/aarch64-linux-gnu"};
    char own[4096], *found = NULL;
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    own[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(own, '/');
    if (slash != NULL) {
        *slash = '\0';
        for (size_t i = 0; found == NULL && i < sizeof places / sizeof places[0]; i++)
            found = try(own, places[i]);
    }
    return found != NULL ? found : try(MT_LIBDIR, "");
}

char *mt_run_library(void) {
    const char *chosen = getenv("MTALLOC_LIBRARY");
    bool is_chosen = chosen != NULL && chosen[0] != '\0';
    char *path = is_chosen ? realpath(chosen, NULL) : search();
    if (path == NULL) {
        mt_say(is_chosen ? "cannot find %s, which MTALLOC_LIBRARY names"
                         : "cannot find %s: set MTALLOC_LIBRARY to its path",
               is_chosen ? chosen : NAME);
    } else if (strpbrk(path, " :") != NULL) {
        mt_say("cannot preload %s: LD_PRELOAD takes no path with a space or colon", path);
        free(path);
        path = NULL;
    }
    return path;
}

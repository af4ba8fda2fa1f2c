#include "cli/dump_wait.h"

#include "cli/policy.h"
#include "cli/say.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define STEP_MS 20

static int64_t changed_ns(const struct stat *file) {
    return (int64_t)file->st_mtim.tv_sec * 1000000000 + file->st_mtim.tv_nsec;
}

/* "PROGRAM.PID.SEQUENCE.signal.RANDOM.mtalloc", and ".sealed". */
static bool is_summary(const char *name, uint32_t pid) {
    char who[32];
    snprintf(who, sizeof who, ".%u.", pid);
    return name[0] != '.' && strstr(name, who) != NULL &&
           strstr(name, ".signal.") != NULL && strstr(name, ".mtalloc") != NULL;
}

static char *newest_in(const char *directory, uint32_t pid, int64_t since_ns) {
    DIR *entries = opendir(directory);
    char *found = NULL;
    for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        struct stat file;
        if (!is_summary(entry->d_name, pid))
            continue;
        char *path = mt_join(directory, "/", entry->d_name);
        if (lstat(path, &file) == 0 && S_ISREG(file.st_mode) &&
            changed_ns(&file) >= since_ns) {
            since_ns = changed_ns(&file);
            free(found);
            found = path;
        } else
            free(path);
    }
    if (entries != NULL)
        closedir(entries);
    return found;
}

static char *look(uint32_t pid, int64_t since_ns) {
    const char *runtime = getenv("RUNTIME_DIRECTORY"), *xdg = getenv("XDG_RUNTIME_DIR");
    const char *fixed = mt_policy()->floor.dir;
    char process[32], fallback[64];
    struct stat owner;
    char *found = NULL;
    if (fixed[0])
        return newest_in(fixed, pid, since_ns);
    if (runtime != NULL)
        found = newest_in(runtime, pid, since_ns);
    if (found == NULL && xdg != NULL) {
        char *directory = mt_join(xdg, "/mtalloc", "");
        found = newest_in(directory, pid, since_ns);
        free(directory);
    }
    snprintf(process, sizeof process, "/proc/%u", pid);
    if (found != NULL || stat(process, &owner) != 0)
        return found;
    snprintf(fallback, sizeof fallback, "/var/tmp/mtalloc-%u", owner.st_uid);
    return newest_in(fallback, pid, since_ns);
}

char *mt_dump_wait(uint32_t pid, int64_t since_ns, unsigned wait_ms) {
    const struct timespec step = {.tv_nsec = STEP_MS * 1000000};
    char *found;
    while ((found = look(pid, since_ns)) == NULL && wait_ms >= STEP_MS) {
        nanosleep(&step, NULL);
        wait_ms -= STEP_MS;
    }
    return found;
}

#include "cli/dump_wait.h"

#include "cli/policy.h"
#include "cli/process.h"
#include "cli/say.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STEP_MS 20

static int64_t changed_ns(const struct stat *file) {
    return (int64_t)file->st_mtim.tv_sec * 1000000000 + file->st_mtim.tv_nsec;
}

/* "PROGRAM.PID.SEQUENCE.signal.RANDOM.mtalloc", and ".sealed". It is printed, so it holds
 * nothing that the library does not put into names. */
static bool is_summary(const char *name, uint32_t pid) {
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    char who[32];
    snprintf(who, sizeof who, ".%u.", mt_process_own_number(pid));
    return name[0] != '.' && strspn(name, allowed) == strlen(name) &&
           strstr(name, who) != NULL && strstr(name, ".signal.") != NULL &&
           strstr(name, ".mtalloc") != NULL;
}

/* Nobody else can have put it there or changed it. */
static bool is_of(uid_t owner, const struct stat *file) {
    return file->st_uid == owner && (file->st_mode & 022) == 0;
}

struct process {
    uint32_t pid;
    uid_t owner;
    int64_t since_ns;
};

static char *newest_in(const char *directory, const struct process *process) {
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int64_t since_ns = process->since_ns;
    struct stat file;
    bool theirs = fd >= 0 && fstat(fd, &file) == 0 && is_of(process->owner, &file);
    DIR *entries = theirs ? fdopendir(fd) : NULL;
    char *found = NULL;
    for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;)
        if (is_summary(entry->d_name, process->pid) &&
            fstatat(fd, entry->d_name, &file, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(file.st_mode) && is_of(process->owner, &file) &&
            changed_ns(&file) >= since_ns) {
            since_ns = changed_ns(&file);
            free(found);
            found = mt_join(directory, "/", entry->d_name);
        }
    if (entries != NULL)
        closedir(entries);
    else if (fd >= 0)
        close(fd);
    return found;
}

static char *look(const struct process *process) {
    const char *runtime = getenv("RUNTIME_DIRECTORY"), *xdg = getenv("XDG_RUNTIME_DIR");
    const char *fixed = mt_policy()->floor.dir;
    char fallback[64], *found = NULL;
    if (fixed[0])
        return newest_in(fixed, process);
    if (runtime != NULL)
        found = newest_in(runtime, process);
    if (found == NULL && xdg != NULL) {
        char *directory = mt_join(xdg, "/mtalloc", "");
        found = newest_in(directory, process);
        free(directory);
    }
    snprintf(fallback, sizeof fallback, "/var/tmp/mtalloc-%u", process->owner);
    return found != NULL ? found : newest_in(fallback, process);
}

char *mt_dump_wait(uint32_t pid, int64_t since_ns, unsigned wait_ms) {
    const struct timespec step = {.tv_nsec = STEP_MS * 1000000};
    struct process process = {pid, 0, since_ns};
    char *found;
    if (!mt_process_owner(pid, &process.owner))
        return NULL;
    while ((found = look(&process)) == NULL && wait_ms >= STEP_MS) {
        nanosleep(&step, NULL);
        wait_ms -= STEP_MS;
    }
    return found;
}

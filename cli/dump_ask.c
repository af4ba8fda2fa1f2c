#include "cli/dump_ask.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static FILE *open_proc(uint32_t pid, const char *what) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%u/%s", pid, what);
    return fopen(path, "re");
}

static bool handles(uint32_t pid, int number) {
    FILE *status = open_proc(pid, "status");
    char line[512];
    unsigned long long caught = 0;
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "SigCgt: %llx", &caught) == 1)
            break;
    if (status != NULL)
        fclose(status);
    return caught >> (number - 1) & 1;
}

/* Where the maps may be read they tell whose handler it is likely to be. */
static bool certainly_without(uint32_t pid) {
    FILE *maps = open_proc(pid, "maps");
    char *line = NULL;
    size_t room = 0;
    bool any = false, found = false;
    while (maps != NULL && getline(&line, &room, maps) > 0) {
        any = true;
        found |= strstr(line, "/libmtalloc.so") != NULL;
    }
    free(line);
    if (maps != NULL)
        fclose(maps);
    return any && !found;
}

const char *mt_dump_ask(uint32_t pid) {
    if (certainly_without(pid))
        return "it runs without libmtalloc";
    if (!handles(pid, SIGUSR1))
        return "it does not handle SIGUSR1";
    if (sigqueue((pid_t)pid, SIGUSR1, (union sigval){0}) != 0)
        return errno == EPERM ? "you may not signal it" : "the signal was refused";
    return NULL;
}

bool mt_dump_maps(uint32_t pid, int fd) {
    FILE *maps = open_proc(pid, "maps");
    struct stat status;
    char *line = NULL;
    size_t room = 0;
    unsigned long long inode;
    unsigned major, minor;
    bool found = false;
    while (maps != NULL && fstat(fd, &status) == 0 && !found &&
           getline(&line, &room, maps) > 0)
        found = sscanf(line, "%*s %*s %*s %x:%x %llu", &major, &minor, &inode) == 3 &&
                inode == status.st_ino && makedev(major, minor) == status.st_dev;
    free(line);
    if (maps != NULL)
        fclose(maps);
    return found;
}

/* The recording of a process whose memory may not be read. Its list of mappings often may:
 * the kernel asks more of who reads memory than of who reads /proc. */
#include "cli/process.h"

#include "cli/say.h"
#include "export/outside.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct mapped {
    dev_t device;
    ino_t inode;
};

/* Whether the path leads to what is mapped, and that is a recording of the process. */
static bool leads_to(const char *path, const struct mapped *mapped, uint32_t pid) {
    struct mt_outside view;
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_ino != mapped->inode || status.st_dev != mapped->device)
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    bool good = fd >= 0 && mt_outside_map_file(fd, &view) == MT_OUTSIDE_OK;
    if (fd >= 0)
        close(fd);
    if (!good)
        return false;
    good = view.region->pid == mt_process_own_number(pid);
    mt_outside_close(&view);
    return good;
}

static uint32_t parent_of(uint32_t pid) {
    char path[64], line[256];
    unsigned parent = 0;
    snprintf(path, sizeof path, "/proc/%u/status", pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "PPid: %u", &parent) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return parent;
}

/* `mtalloc run` has a file without a name, and is the parent. */
static char *at_parent(const struct mapped *mapped, uint32_t pid) {
    char directory[64], *found = NULL;
    snprintf(directory, sizeof directory, "/proc/%u/fd/", parent_of(pid));
    DIR *fds = opendir(directory);
    for (struct dirent *entry; fds != NULL && (entry = readdir(fds)) != NULL;) {
        char *path = mt_join(directory, entry->d_name, "");
        if (leads_to(path, mapped, pid)) {
            found = path;
            break;
        }
        free(path);
    }
    if (fds != NULL)
        closedir(fds);
    return found;
}

/* To open a device may do something. */
static bool may_open(const char *path) {
    return strncmp(path, "/dev/", 5) != 0 || !strncmp(path, "/dev/shm/", 9);
}

/* A line of /proc/PID/maps: a shared mapping of a file that can be opened. */
static char *of_mapping(char *line, uint32_t pid) {
    unsigned major, minor;
    unsigned long long inode;
    char permissions[8];
    int path = 0;
    if (sscanf(line, "%*s %7s %*s %x:%x %llu %n", permissions, &major, &minor, &inode,
               &path) != 4 ||
        permissions[3] != 's' || path == 0)
        return NULL;
    struct mapped mapped = {makedev(major, minor), inode};
    line[strcspn(line, "\n")] = '\0';
    if (line[path] == '/' && may_open(line + path) && leads_to(line + path, &mapped, pid))
        return mt_copy(line + path);
    return at_parent(&mapped, pid);
}

char *mt_process_recording(uint32_t pid) {
    char path[64], *line = NULL, *found = NULL;
    size_t room = 0;
    snprintf(path, sizeof path, "/proc/%u/maps", pid);
    FILE *maps = fopen(path, "re");
    while (maps != NULL && found == NULL && getline(&line, &room, maps) > 0)
        found = of_mapping(line, pid);
    free(line);
    if (maps != NULL)
        fclose(maps);
    return found;
}

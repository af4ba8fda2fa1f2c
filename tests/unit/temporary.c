#include "tests/unit/temporary.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *temporary_make(void) {
    static char path[64];
    strcpy(path, "/tmp/mtalloc-unit.XXXXXX");
    return mkdtemp(path);
}

unsigned temporary_entries(const char *path, char *name) {
    unsigned entries = 0;
    struct dirent *entry;
    DIR *directory = opendir(path);
    while (directory && (entry = readdir(directory))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        entries++;
        if (name)
            snprintf(name, 256, "%s", entry->d_name);
    }
    if (directory)
        closedir(directory);
    return entries;
}

void temporary_remove(const char *path) {
    char name[256], file[512];
    while (temporary_entries(path, name)) {
        snprintf(file, sizeof file, "%s/%s", path, name);
        if (unlink(file) != 0 && rmdir(file) != 0)
            break;
    }
    rmdir(path);
}

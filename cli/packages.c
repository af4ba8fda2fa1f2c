#include "cli/packages.h"

#include "cli/say.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTS "/var/lib/dpkg/info/"

struct scan {
    const char *const *names;
    size_t count;
    void (*found)(void *, size_t, const char *, const char *);
    void *context;
};

static void read_list(const struct scan *scan, const char *path, const char *package) {
    FILE *list = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    if (list == NULL)
        return;
    while ((length = getline(&line, &room, list)) > 0) {
        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        const char *slash = strrchr(line, '/');
        for (size_t i = 0; slash != NULL && i < scan->count; i++)
            if (!strcmp(slash + 1, scan->names[i]))
                scan->found(scan->context, i, package, line);
    }
    free(line);
    fclose(list);
}

void mt_packages_scan(const char *const *names, size_t count,
                      void (*found)(void *, size_t, const char *, const char *),
                      void *context) {
    struct scan scan = {names, count, found, context};
    DIR *directory = count > 0 ? opendir(LISTS) : NULL;
    if (directory == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char *dot = strrchr(entry->d_name, '.');
        if (dot == NULL || strcmp(dot, ".list") != 0)
            continue;
        char *path = mt_join(LISTS, entry->d_name, "");
        dot[0] = '\0';
        read_list(&scan, path, entry->d_name);
        free(path);
    }
    closedir(directory);
}

char *mt_packages_debug(const char *package) {
    size_t length = strcspn(package, ":");
    char *name = mt_copy(package);
    name[length] = '\0';
    char *debug = mt_join(name, !strcmp(name, "libc6") ? "-dbg" : "-dbgsym", "");
    free(name);
    return debug;
}

#include "cli/find_places.h"

#include "cli/elf_file.h"
#include "cli/say.h"
#include <fts.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WALK_MOST 200000 /* directory entries */

void mt_paths_add(struct mt_paths *paths, const char *path) {
    for (size_t i = 0; i < paths->count; i++)
        if (!strcmp(paths->at[i], path))
            return;
    mt_grow(paths->at, paths->count);
    paths->at[paths->count++] = mt_copy(path);
}

void mt_paths_free(struct mt_paths *paths) {
    for (size_t i = 0; i < paths->count; i++)
        free(paths->at[i]);
    free(paths->at);
    *paths = (struct mt_paths){0};
}

static void add_list(struct mt_paths *directories, const char *list) {
    char *copy = mt_copy(list != NULL ? list : ""), *rest = copy, *one;
    while ((one = strsep(&rest, ":")) != NULL)
        if (one[0] == '/')
            mt_paths_add(directories, one);
    free(copy);
}

/* /etc/ld.so.conf.d: a directory a line; comments and includes begin otherwise. */
static void add_loader_configuration(struct mt_paths *directories) {
    glob_t found;
    if (glob("/etc/ld.so.conf.d/*.conf", 0, NULL, &found) != 0)
        return;
    char line[4096];
    for (size_t i = 0; i < found.gl_pathc; i++) {
        FILE *file = fopen(found.gl_pathv[i], "re");
        while (file != NULL && fgets(line, sizeof line, file) != NULL) {
            line[strcspn(line, " \t\n#")] = '\0';
            if (line[0] == '/')
                mt_paths_add(directories, line);
        }
        if (file != NULL)
            fclose(file);
    }
    globfree(&found);
}

void mt_places_of_system(struct mt_paths *directories) {
    add_list(directories, getenv("LD_LIBRARY_PATH"));
    add_loader_configuration(directories);
    add_list(directories, "/lib:/usr/lib:/lib64:/usr/lib64:/usr/local/lib");
    add_list(directories, getenv("PATH"));
    add_list(directories, "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin");
    mt_paths_add(directories, ".");
}

void mt_places_of_runpath(struct mt_paths *directories, const char *origin,
                          const char *runpath) {
    char *copy = mt_copy(runpath), *rest = copy, *one;
    while ((one = strsep(&rest, ":")) != NULL) {
        char *mark = strchr(one, '$');
        size_t length = mark == NULL                     ? 0
                        : !strncmp(mark, "$ORIGIN", 7)   ? 7
                        : !strncmp(mark, "${ORIGIN}", 9) ? 9
                                                         : 0;
        if (mark != NULL && length > 0) {
            *mark = '\0';
            char *path = mt_join(one, origin, mark + length);
            mt_paths_add(directories, path);
            free(path);
        } else if (one[0] == '/') {
            mt_paths_add(directories, one);
        }
    }
    free(copy);
}

/* Named as one of the modules; where a module has no name, of its build. */
static bool wanted(const struct mt_model *model, const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    bool nameless = false, found = false;
    struct mt_elf_file file;
    for (uint32_t i = 0; i < model->module_count; i++) {
        if (!strcmp(model->modules[i].name, name))
            return true;
        nameless |= model->modules[i].nameless;
    }
    if (!nameless || !mt_elf_file_read(path, &file))
        return false;
    for (uint32_t i = 0; i < model->module_count && file.elf; i++)
        found |= model->modules[i].nameless && model->modules[i].build_id != NULL &&
                 !strcmp(model->modules[i].build_id, file.build_id);
    free(file.runpath);
    return found;
}

void mt_places_walk(struct mt_paths *files, const char *directory,
                    const struct mt_model *model) {
    char *roots[] = {(char *)directory, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    FTSENT *entry;
    for (int left = WALK_MOST; tree != NULL && left > 0; left--) {
        if ((entry = fts_read(tree)) == NULL)
            break;
        bool file = entry->fts_info == FTS_F || entry->fts_info == FTS_SL;
        if (file && wanted(model, entry->fts_path))
            mt_paths_add(files, entry->fts_path);
    }
    if (tree != NULL)
        fts_close(tree);
}

void mt_places_of_process(struct mt_paths *files, uint64_t pid,
                          const struct mt_model *model) {
    char name[64];
    snprintf(name, sizeof name, "/proc/%llu/maps", (unsigned long long)pid);
    FILE *maps = fopen(name, "re");
    char *line = NULL;
    size_t room = 0;
    while (maps != NULL && getline(&line, &room, maps) > 0) {
        char *path = strchr(line, '/');
        if (path == NULL)
            continue;
        path[strcspn(path, "\n")] = '\0';
        if (wanted(model, path))
            mt_paths_add(files, path);
    }
    free(line);
    if (maps != NULL)
        fclose(maps);
}

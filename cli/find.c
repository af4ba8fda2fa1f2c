#include "cli/find.h"

#include "cli/elf_file.h"
#include "cli/find_places.h"
#include "cli/packages.h"
#include "cli/say.h"
#include <stdlib.h>
#include <string.h>

struct module {
    bool looked;
    char *path, *other;
};

struct mt_find {
    const struct mt_model *model;
    struct module *modules;
    struct mt_paths files; /* whole paths known to be worth a try */
    struct mt_paths user;  /* directories of --path, not yet walked */
    struct mt_paths directories;
    struct mt_paths packaged; /* whole paths from the packages' lists */
    bool scanned;
};

struct mt_find *mt_find_new(const struct mt_model *model) {
    struct mt_find *find = mt_alloc(1, sizeof *find);
    find->model = model;
    find->modules = mt_alloc(model->module_count, sizeof *find->modules);
    mt_places_of_system(&find->directories);
    mt_places_of_process(&find->files, model->header.pid, model);
    return find;
}

void mt_find_add_path(struct mt_find *find, const char *directory) {
    mt_paths_add(&find->user, directory);
}

static void add_runpath(struct mt_find *find, const char *path, const char *runpath) {
    char *own = mt_copy(path), *slash = strrchr(own, '/');
    if (slash != NULL)
        *slash = '\0';
    mt_places_of_runpath(&find->directories, slash != NULL ? own : ".", runpath);
    free(own);
}

void mt_find_add_file(struct mt_find *find, const char *path) {
    mt_paths_add(&find->files, path);
    add_runpath(find, path, "$ORIGIN");
}

static void try_file(struct mt_find *find, uint32_t at, const char *path) {
    struct module *module = &find->modules[at];
    const char *wanted = find->model->modules[at].build_id;
    struct mt_elf_file file;
    if (module->path != NULL || !mt_elf_file_read(path, &file))
        return;
    if (file.elf && !strcmp(file.build_id, wanted != NULL ? wanted : "")) {
        module->path = mt_copy(path);
        if (file.runpath != NULL)
            add_runpath(find, path, file.runpath);
    } else if (module->other == NULL) {
        module->other = mt_copy(path);
    }
    free(file.runpath);
}

static void try_files(struct mt_find *find, uint32_t at, const struct mt_paths *files) {
    const char *name = find->model->modules[at].name;
    bool nameless = find->model->modules[at].nameless;
    for (size_t i = 0; i < files->count; i++) {
        const char *slash = strrchr(files->at[i], '/');
        if (nameless || !strcmp(slash != NULL ? slash + 1 : files->at[i], name))
            try_file(find, at, files->at[i]);
    }
}

static void packaged(void *context, size_t name, const char *package, const char *path) {
    (void)name;
    (void)package;
    mt_paths_add(&((struct mt_find *)context)->packaged, path);
}

/* One pass over the lists for all modules: a pass costs as much as a look-up. */
static void scan_packages(struct mt_find *find) {
    const struct mt_model *model = find->model;
    const char **names = mt_alloc(model->module_count, sizeof *names);
    for (uint32_t i = 0; i < model->module_count; i++)
        names[i] = model->modules[i].name;
    mt_packages_scan(names, model->module_count, packaged, find);
    free(names);
    find->scanned = true;
}

/* Not the file itself but its separate debug information: function names and lines. */
static void try_debug_file(struct mt_find *find, uint32_t at) {
    const char *id = find->model->modules[at].build_id;
    if (id == NULL || find->modules[at].path != NULL)
        return;
    char *path = mt_join("/usr/lib/debug/.build-id/__/", id + 2, ".debug");
    memcpy(strstr(path, "__"), id, 2);
    try_file(find, at, path);
    free(path);
}

static void look(struct mt_find *find, uint32_t at) {
    const char *name = find->model->modules[at].name;
    struct module *module = &find->modules[at];
    if (find->user.count > 0) {
        for (size_t i = 0; i < find->user.count; i++)
            mt_places_walk(&find->files, find->user.at[i], find->model);
        mt_paths_free(&find->user);
    }
    try_files(find, at, &find->files);
    for (size_t i = 0; module->path == NULL && i < find->directories.count; i++) {
        char *path = mt_join(find->directories.at[i], "/", name);
        try_file(find, at, path);
        free(path);
    }
    if (module->path == NULL && !find->scanned)
        scan_packages(find);
    try_files(find, at, &find->packaged);
    try_debug_file(find, at);
}

struct mt_found mt_find_module(struct mt_find *find, uint32_t at) {
    struct module *module = &find->modules[at];
    const struct mt_model_module *wanted = &find->model->modules[at];
    if (!module->looked && !wanted->pseudo && strchr(wanted->name, '/') == NULL)
        look(find, at);
    module->looked = true;
    return (struct mt_found){module->path, module->other};
}

void mt_find_free(struct mt_find *find) {
    for (uint32_t i = 0; i < find->model->module_count; i++) {
        free(find->modules[i].path);
        free(find->modules[i].other);
    }
    free(find->modules);
    mt_paths_free(&find->files);
    mt_paths_free(&find->user);
    mt_paths_free(&find->directories);
    mt_paths_free(&find->packaged);
    free(find);
}

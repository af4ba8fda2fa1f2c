/* Which functions and lines could not be named, and what would help. */
#include "cli/report.h"

#include "cli/packages.h"
#include "cli/say.h"
#include <stdlib.h>
#include <string.h>

struct packages {
    const struct mt_report *report;
    char **debug; /* by module: the package that brings its debug information */
};

/* /lib and /usr/lib are the same directory; lists name the one, the loader the other. */
static const char *below_usr(const char *path) {
    return !strncmp(path, "/usr/", 5) ? path + 4 : path;
}

static void found(void *context, size_t module, const char *package, const char *path) {
    struct packages *packages = context;
    const char *file =
        mt_symbols_module(packages->report->symbols, (uint32_t)module)->file.path;
    if (file != NULL && packages->debug[module] == NULL &&
        !strcmp(below_usr(file), below_usr(path)))
        packages->debug[module] = mt_packages_debug(package);
}

static void line(const struct mt_report *r, uint32_t at, const char *package) {
    const struct mt_symbols_module *module = mt_symbols_module(r->symbols, at);
    FILE *out = r->paper.out;
    fprintf(out, "  %6u in %s", module->lineless, r->model->modules[at].name);
    if (module->nameless > 0 && module->nameless < module->lineless)
        fprintf(out, ", %u without a name", module->nameless);
    if (module->debug)
        fputs(": built without lines, as assembly is\n", out);
    else if (module->file.path == NULL && module->file.other != NULL)
        fprintf(out, ": %s is another build (--path DIR)\n", module->file.other);
    else if (module->file.path == NULL)
        fputs(": file not found (--path DIR)\n", out);
    else if (package != NULL)
        fprintf(out, ": install %s\n", package);
    else
        fputs(": built without -g\n", out);
}

void mt_report_missing(const struct mt_report *r) {
    uint32_t count = r->model->module_count;
    uint64_t lineless = 0, asked = 0;
    const char **names = mt_alloc(count, sizeof *names);
    struct packages packages = {r, mt_alloc(count, sizeof *packages.debug)};
    for (uint32_t i = 0; i < count; i++) {
        const struct mt_symbols_module *module = mt_symbols_module(r->symbols, i);
        lineless += module->lineless;
        asked += module->asked;
        names[i] =
            module->lineless > 0 && module->file.path ? r->model->modules[i].name : "";
    }
    if (lineless > 0) {
        mt_packages_scan(names, count, found, &packages);
        fprintf(r->paper.out, "\nNo source line for %llu of %llu code addresses:\n",
                (unsigned long long)lineless, (unsigned long long)asked);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (mt_symbols_module(r->symbols, i)->lineless > 0)
            line(r, i, packages.debug[i]);
        free(packages.debug[i]);
    }
    free(packages.debug);
    free(names);
}

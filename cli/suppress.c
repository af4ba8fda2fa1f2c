#include "cli/suppress.h"

#include "cli/plumbing.h"
#include "cli/say.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPE "leak:"

struct mt_suppressions {
    char **pattern;
    uint32_t count;
};

/* What lies at the top of a stack and is nobody's mistake: glibc gives every stream that is
 * used a buffer and keeps it, the loader its tables, a thread its blocks of thread-local
 * storage. */
static const char *const built_in[] = {
    "^_IO_file_doallocate$",
    "^_IO_wfile_doallocate$",
    "^__tls_get_addr",
    "^_dl_",
    "^_dlerror",
};

/* ---- patterns ---- */

/* The pattern from here, up to a `*` or its end, fits the text from here. */
static bool fits(const char *pattern, const char *text, const char **rest,
                 const char **left) {
    for (; *pattern && *pattern != '*'; pattern++, text++) {
        if (pattern[0] == '$' && pattern[1] == '\0') {
            *rest = pattern + 1;
            *left = text;
            return *text == '\0';
        }
        if (*pattern != *text)
            return false;
    }
    *rest = pattern;
    *left = text;
    return true;
}

/* The leftmost place will do for every part, but for a last one that ends in `$`: that is
 * looked for to the end. */
bool mt_suppress_match(const char *pattern, const char *text) {
    bool floating = *pattern != '^';
    if (*text == '\0')
        return false;
    pattern += !floating;
    while (*pattern) {
        const char *rest, *left;
        if (*pattern == '*') {
            floating = true;
            pattern++;
            continue;
        }
        while (!fits(pattern, text, &rest, &left)) {
            if (!floating || *text == '\0')
                return false;
            text++;
        }
        pattern = rest;
        text = left;
        floating = false;
    }
    return true;
}

static bool any_matches(const char *const *pattern, uint32_t count, const char *text) {
    for (uint32_t i = 0; text != NULL && i < count; i++)
        if (mt_suppress_match(pattern[i], text))
            return true;
    return false;
}

/* ---- stacks ---- */

/* Made by the runtimes for themselves, before main or in the loader: no code of the program
 * is on the stack. The loader's own start has no unwind tables. */
static bool of_runtime(const struct mt_model *model, uint32_t frame) {
    bool any = false;
    for (; frame != MT_ROOT; frame = model->frames[frame].parent) {
        const struct mt_model_module *module = &model->modules[model->frames[frame].module];
        if (mt_plumbing_module(module))
            any = true;
        else if (strcmp(module->name, "[truncated]") != 0)
            return false;
    }
    return any;
}

static bool built_in_matches(const struct mt_model *model, struct mt_symbols *symbols,
                             uint32_t leaf) {
    if (!mt_plumbing_module(&model->modules[model->frames[leaf].module]))
        return false;
    const struct mt_places *places = mt_symbols_at(symbols, leaf);
    return any_matches(built_in, sizeof built_in / sizeof built_in[0],
                       places->at[places->count - 1].function);
}

bool mt_suppressed(const struct mt_suppressions *list, const struct mt_model *model,
                   struct mt_symbols *symbols, uint32_t frame) {
    if (frame == MT_ROOT)
        return false;
    if (of_runtime(model, frame) || built_in_matches(model, symbols, frame))
        return true;
    if (list == NULL)
        return false;
    const char *const *pattern = (const char *const *)list->pattern;
    for (; frame != MT_ROOT; frame = model->frames[frame].parent) {
        const struct mt_places *places = mt_symbols_at(symbols, frame);
        if (any_matches(pattern, list->count,
                        model->modules[model->frames[frame].module].name))
            return true;
        for (uint32_t i = 0; i < places->count; i++)
            if (any_matches(pattern, list->count, places->at[i].function) ||
                any_matches(pattern, list->count, places->at[i].file))
                return true;
    }
    return false;
}

/* ---- files ---- */

static bool take_line(struct mt_suppressions *list, char *line) {
    line += strspn(line, " \t");
    line[strcspn(line, "\r\n")] = '\0';
    for (size_t length = strlen(line);
         length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\t'); length--)
        line[length - 1] = '\0';
    if (line[0] == '\0' || line[0] == '#')
        return true;
    if (strncmp(line, TYPE, strlen(TYPE)) != 0 || line[strlen(TYPE)] == '\0')
        return false;
    mt_grow(list->pattern, list->count);
    list->pattern[list->count++] = mt_copy(line + strlen(TYPE));
    return true;
}

bool mt_suppressions_read(struct mt_suppressions **list, const char *path) {
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    bool good = file != NULL;
    if (*list == NULL)
        *list = mt_alloc(1, sizeof **list);
    if (file == NULL)
        mt_say("cannot open %s: %s", path, strerror(errno));
    for (unsigned number = 1; good && getline(&line, &room, file) >= 0; number++) {
        good = take_line(*list, line);
        if (!good)
            mt_say("%s line %u is not of the form leak:PATTERN", path, number);
    }
    if (good && ferror(file)) {
        mt_say("cannot read %s", path);
        good = false;
    }
    free(line);
    if (file != NULL)
        fclose(file);
    return good;
}

void mt_suppressions_free(struct mt_suppressions *list) {
    if (list == NULL)
        return;
    for (uint32_t i = 0; i < list->count; i++)
        free(list->pattern[i]);
    free(list->pattern);
    free(list);
}

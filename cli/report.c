#include "cli/report.h"

#include "cli/input.h"
#include "cli/say.h"
#include <stdlib.h>
#include <string.h>

static const struct mt_argument arguments[] = {MT_REPORT_ARGUMENTS, {0}};
static int report(int argc, char **argv);

const struct mt_command mt_command_report = {
    .name = "report",
    .operands = "FILE",
    .summary =
        "prints a summary or a recording: what holds the memory, by function, file and "
        "line",
    .arguments = arguments,
    .run = report,
};

static bool choose_sort(struct mt_report_options *options,
                        const struct mt_arguments *args) {
#define SORT(name)                                                                         \
    if (!strcmp(args->value, #name)) {                                                     \
        options->sort = MT_SORT_##name;                                                    \
        return true;                                                                       \
    }
    MT_REPORT_SORTS(SORT)
#undef SORT
#define SORT(name) " " #name
    mt_command_misused(args->command, "--sort %s is none of" MT_REPORT_SORTS(SORT),
                       args->value);
#undef SORT
    return false;
}

bool mt_report_option(struct mt_report_options *options, const struct mt_arguments *args,
                      int key) {
    switch (key) {
    case 's':
        return choose_sort(options, args);
    case 'n':
        return mt_arguments_number(args, "top", 1000000, &options->top);
    case 'd':
        return mt_arguments_number(args, "depth", 1000000, &options->depth);
    case MT_KEY_TREE:
        options->tree = true;
        break;
    case MT_KEY_FULL_PATHS:
        options->full_paths = true;
        break;
    case MT_KEY_NO_SYMBOLS:
        options->no_symbols = true;
        break;
    case MT_KEY_SUPPRESSIONS:
        return mt_suppressions_read(&options->suppressions, args->value);
    case MT_KEY_PATH:
        mt_grow(options->paths, options->path_count);
        options->paths[options->path_count++] = args->value;
        break;
    }
    return true;
}

void mt_report_options_free(struct mt_report_options *options) {
    free(options->paths);
    mt_suppressions_free(options->suppressions);
}

bool mt_report_arguments(struct mt_report_options *options, struct mt_arguments *args,
                         const char **path) {
    int key;
    while ((key = mt_arguments_next(args)) != MT_ARGUMENT_END) {
        if (key == MT_ARGUMENT_STOP)
            return false;
        if (key == MT_ARGUMENT_OPERAND && *path == NULL) {
            *path = args->value;
        } else if (key == MT_ARGUMENT_OPERAND) {
            args->status = mt_command_misused(args->command, "one FILE, not %s and %s",
                                              *path, args->value);
            return false;
        } else if (!mt_report_option(options, args, key)) {
            args->status = MT_EXIT_STATUS_USAGE;
            return false;
        }
    }
    return true;
}

struct mt_find *mt_report_find(const struct mt_model *model,
                               const struct mt_report_options *options) {
    struct mt_find *find = mt_find_new(model);
    for (size_t i = 0; i < options->path_count; i++)
        mt_find_add_path(find, options->paths[i]);
    return find;
}

/* A truncated summary has no sites either. */
static void nothing(const struct mt_report *r) {
    if (r->model->has_total && r->model->total.allocs == 0)
        fputs(
            "\nNothing was allocated here: the program brings its own allocator, or took\n"
            "no memory at all.\n",
            r->paper.out);
}

void mt_report_print(const struct mt_model *model, const struct mt_report_options *options,
                     struct mt_report_subject subject, FILE *out) {
    struct mt_find *find = options->no_symbols ? NULL : mt_report_find(model, options);
    if (find != NULL && subject.file != NULL)
        mt_find_add_file(find, subject.file);
    struct mt_report report = {
        .model = model,
        .options = options,
        .symbols = mt_symbols_new(model, find),
        .paper = mt_paper_of(out),
        .ending = subject.ending,
    };
    mt_report_totals(&report);
    mt_report_events(&report);
    mt_report_leaks(&report);
    if (model->site_count == 0)
        nothing(&report);
    else if (options->tree)
        mt_report_tree(&report);
    else
        mt_report_sites(&report);
    if (find != NULL)
        mt_report_missing(&report);
    mt_symbols_free(report.symbols);
    if (find != NULL)
        mt_find_free(find);
}

static int report(int argc, char **argv) {
    struct mt_arguments args = {
        .command = &mt_command_report, argc, 1, argv, false, NULL, 0};
    struct mt_report_options options = MT_REPORT_DEFAULTS;
    const char *path = NULL;
    if (!mt_report_arguments(&options, &args, &path))
        return args.status;
    if (path == NULL)
        return mt_command_misused(args.command, "report needs a FILE");
    struct mt_model model = {0};
    int status = mt_input_summary(path, &model);
    if (status == MT_EXIT_STATUS_OK || status == MT_EXIT_STATUS_PARTIAL)
        mt_report_print(&model, &options, (struct mt_report_subject){NULL, NULL}, stdout);
    mt_model_free(&model);
    mt_report_options_free(&options);
    return status;
}

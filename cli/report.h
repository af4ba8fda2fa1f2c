/* The report of a summary, in parts. */
#ifndef MT_CLI_REPORT_H
#define MT_CLI_REPORT_H

#include "cli/command.h"
#include "cli/format.h"
#include "cli/model.h"
#include "cli/suppress.h"
#include "cli/symbols.h"
#include <limits.h>

#define MT_REPORT_SORTS(SORT)                                                              \
    SORT(live) SORT(peak) SORT(allocated) SORT(count) SORT(temporary)
enum mt_report_sort {
    MT_SORT_default, /* live, or peak when nothing is live */
#define SORT(name) MT_SORT_##name,
    MT_REPORT_SORTS(SORT)
#undef SORT
};

struct mt_report_options {
    enum mt_report_sort sort;
    unsigned top, depth;
    bool tree, full_paths, no_symbols;
    const char **paths; /* of --path */
    size_t path_count;
    struct mt_suppressions *suppressions; /* of --suppressions */
};
void mt_report_options_free(struct mt_report_options *options);
#define MT_REPORT_UNSET UINT_MAX
#define MT_REPORT_DEFAULTS                                                                 \
    { .top = MT_REPORT_UNSET, .depth = MT_REPORT_UNSET }

/* Rows for the commands that print a report. */
enum {
    MT_KEY_TREE = 256,
    MT_KEY_FULL_PATHS,
    MT_KEY_NO_SYMBOLS,
    MT_KEY_PATH,
    MT_KEY_SUPPRESSIONS,
    MT_KEY_OWN
};
#define MT_REPORT_ARGUMENTS                                                                \
    {'s', "sort", "FIELD", "live (default), peak, allocated, count or temporary"},         \
        {'n', "top", "N", "rows to show (default 10, of a tree 40; 0 for all)"},           \
        {'d', "depth", "N",                                                                \
         "functions of a stack to show and tell apart by (default 5, of a tree all; 0 "    \
         "for "                                                                            \
         "all)"},                                                                          \
        {MT_KEY_TREE, "tree", NULL, "the call tree instead of the top sites"},             \
        {MT_KEY_PATH, "path", "DIR", "look for programs and libraries below DIR first"},   \
        {MT_KEY_SUPPRESSIONS, "suppressions", "FILE",                                      \
         "leaks that are not counted: lines leak:PATTERN, as LeakSanitizer's"},            \
        {MT_KEY_FULL_PATHS, "full-paths", NULL, "source files with their directories"}, {  \
        MT_KEY_NO_SYMBOLS, "no-symbols", NULL, "modules and offsets instead of functions"  \
    }

/* Takes one of these; false if the value was bad, which has been said. */
bool mt_report_option(struct mt_report_options *options,
                      const struct mt_arguments *arguments, int key);

/* Takes all arguments: these, and one FILE at most. False: stop with args->status, what was
 * wrong has been said. */
bool mt_report_arguments(struct mt_report_options *options, struct mt_arguments *args,
                         const char **path);

/* Where the files of the model's modules are looked for, by --path too. */
struct mt_find *mt_report_find(const struct mt_model *model,
                               const struct mt_report_options *options);

struct mt_report {
    const struct mt_model *model;
    const struct mt_report_options *options;
    struct mt_symbols *symbols;
    struct mt_paper paper;
    const char *ending; /* NULL: as the summary's state says */
};

/* What is known of the program beside its summary; NULL: not known. */
struct mt_report_subject {
    const char *file;   /* the program's */
    const char *ending; /* "exited with status 3" */
};

/* Prints everything to `out`. */
void mt_report_print(const struct mt_model *model, const struct mt_report_options *options,
                     struct mt_report_subject subject, FILE *out);

/* Whether it went on when the summary was written; what its live memory is called. */
bool mt_report_running(const struct mt_model *model);
const char *mt_report_live(const struct mt_model *model);

/* The parts, in the order in which they are printed. */
void mt_report_totals(const struct mt_report *report);
void mt_report_events(const struct mt_report *report);
void mt_report_leaks(const struct mt_report *report);
void mt_report_sites(const struct mt_report *report);
void mt_report_tree(const struct mt_report *report);
void mt_report_missing(const struct mt_report *report);

/* ---- shared by the parts ---- */

/* What a site's figures are sorted and added up by. */
uint64_t mt_report_weight(const struct mt_model_sums *sums, enum mt_report_sort sort);
enum mt_report_sort mt_report_sort(const struct mt_report *report);
void mt_report_add(struct mt_model_sums *to, const struct mt_model_sums *more);

/* A weight with its unit: bytes or a number. */
const char *mt_report_amount(const struct mt_report *report, char text[MT_FORMAT_MAX],
                             uint64_t weight);

/* "Never freed: 38.2M in 312 places, 97% in the top 10" */
struct mt_report_rows {
    uint32_t shown, count;
    uint64_t weight; /* of the shown ones */
};
void mt_report_heading(const struct mt_report *report, const struct mt_report_rows *rows,
                       uint64_t all);

/* The functions of a stack, from `frame` outwards, after `what`. */
void mt_report_stack(const struct mt_report *report, const char *what, uint32_t frame);

/* Prints "function  file:line", cut to `columns` on a terminal; returns what it took. */
size_t mt_report_place(const struct mt_report *report, uint32_t frame,
                       const struct mt_place *place, size_t columns, bool strong);
/* What it takes uncut. */
size_t mt_report_place_columns(const struct mt_report *report, uint32_t frame,
                               const struct mt_place *place);

#endif

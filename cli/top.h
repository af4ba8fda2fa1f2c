/* `mtalloc top`: what is known of a process from one look to the next. */
#ifndef MT_CLI_TOP_H
#define MT_CLI_TOP_H

#include "cli/groups.h"
#include "cli/source.h"

#define MT_TOP_SORTS(SORT) SORT(live) SORT(growth) SORT(rate) SORT(peak)
enum mt_top_sort {
#define SORT(name) MT_TOP_BY_##name,
    MT_TOP_SORTS(SORT)
#undef SORT
        MT_TOP_SORT_COUNT
};
extern const char *const mt_top_sort_name[MT_TOP_SORT_COUNT];

/* Figures of an earlier look, sites by the number of their frame. */
struct mt_top_site {
    uint32_t frame;
    struct mt_model_sums sums;
};
struct mt_top_past {
    struct mt_top_site *sites;
    uint32_t count;
    struct mt_model_total total;
    uint64_t cpu_us, at_ms; /* since the program's start */
};

struct mt_top {
    uint32_t pid;
    struct mt_source source;
    char *recording; /* where the source reads, if memory may not be read */
    struct mt_report_options options;
    enum mt_top_sort sort;
    const char *filter; /* part of a function or file; "" for all */
    unsigned interval_s, count;

    struct mt_model model; /* of the last look */
    uint64_t started_unix_ms;
    char state; /* of the process, 0: gone */
    struct mt_find *find;
    struct mt_symbols *symbols;
    struct mt_top_past before, first;
    struct mt_groups groups;
};

/* Looks at the process. Not OK: what was known stays. */
enum mt_outside_error mt_top_look(struct mt_top *top);

/* Sorts the rows by top->sort. */
void mt_top_sort(struct mt_top *top);

void mt_top_free(struct mt_top *top);

/* ---- figures of the last look ---- */

struct mt_report mt_top_report(const struct mt_top *top, FILE *out, unsigned width);

/* Between the last two looks; since the program's start if there was one only. Never 0. */
uint64_t mt_top_interval_ms(const struct mt_top *top);
uint64_t mt_top_rate(const struct mt_top *top, uint64_t now, uint64_t before);
/* Percent of one processor, MT_UNKNOWN if not known. */
uint64_t mt_top_cpu_percent(const struct mt_top *top);
/* Live bytes since the first look. */
int64_t mt_top_growth(uint64_t now, uint64_t first);
/* Whether a row is among those that the filter leaves. */
bool mt_top_shows(const struct mt_top *top, const struct mt_group *group);
/* "running", "stopped", "ended" */
const char *mt_top_state(const struct mt_top *top);

/* ---- what is printed ---- */

/* Exactly MT_TOP_HEAD_LINES lines of head, then rows, `rows` at most; width 0: uncut. */
#define MT_TOP_HEAD_LINES 8
void mt_top_print(const struct mt_top *top, const struct mt_paper *paper, unsigned rows);

/* One JSON object on a line; `rows` sites at most, 0 for all. */
void mt_top_json(const struct mt_top *top, FILE *out, unsigned rows);

/* The interactive screen, until it is left or the process has ended. An exit status. */
int mt_top_screen(struct mt_top *top);
/* Whether there is one: it needs ncurses when the command is built. */
bool mt_top_has_screen(void);

#endif

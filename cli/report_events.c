#include "cli/report.h"

#include "cli/plumbing.h"
#include <string.h>

void mt_report_stack(const struct mt_report *r, const char *what, uint32_t frame) {
    unsigned most = r->options->depth == MT_REPORT_UNSET ? 5 : r->options->depth;
    unsigned shown = 0;
    for (; frame != MT_ROOT; frame = r->model->frames[frame].parent) {
        const struct mt_places *places = mt_symbols_at(r->symbols, frame);
        for (uint32_t i = 0; i < places->count && (most == 0 || shown < most); i++) {
            if (mt_plumbing_start(&places->at[i]))
                return;
            fprintf(r->paper.out, "  %-12s ", shown++ == 0 ? what : "");
            mt_report_place(r, frame, &places->at[i],
                            r->paper.width > 40 ? r->paper.width - 16 : 24, false);
            fputs("\n", r->paper.out);
        }
    }
}

static void stack(const struct mt_report *r, const char *what, uint64_t id) {
    mt_report_stack(r, what, id != 0 ? mt_model_frame(r->model, id) : MT_ROOT);
}

void mt_report_events(const struct mt_report *r) {
    char number[MT_FORMAT_MAX], time[MT_FORMAT_MAX];
    for (uint32_t i = 0; i < r->model->event_count; i++) {
        const struct mt_model_event *event = &r->model->events[i];
        if (!strncmp(event->kind, "stack-", 6)) {
            fprintf(r->paper.out, "%sstack=%s from %s on\n", i == 0 ? "\n" : "",
                    event->kind + 6, mt_format_time(time, event->at_ms));
            continue;
        }
        fprintf(r->paper.out, "%s%s%s%s after %s", i == 0 ? "\n" : "",
                mt_paper_strong(&r->paper), event->kind, mt_paper_plain(&r->paper),
                mt_format_time(time, event->at_ms));
        if (event->size > 0)
            fprintf(r->paper.out, ", block of %s bytes",
                    mt_format_exact(number, event->size));
        if (!strncmp(event->kind, "limit-", 6))
            fprintf(r->paper.out, ", %s bytes %s", mt_format_exact(number, event->value),
                    !strcmp(event->kind, "limit-rate") ? "a second" : "live");
        fputs("\n", r->paper.out);
        stack(r, "found in", event->error_frame);
        stack(r, "allocated in", event->alloc_frame);
        stack(r, "freed in", event->free_frame);
    }
}

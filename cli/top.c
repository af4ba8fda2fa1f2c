/* `mtalloc top`: a process's memory, looked at again and again. */
#include "cli/top.h"

#include "cli/policy.h"
#include "cli/process.h"
#include "cli/say.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { KEY_ONCE = MT_KEY_OWN, KEY_JSON };
static const struct mt_argument arguments[] = {
    {'s', "sort", "FIELD", "live (default), growth, rate or peak"},
    {'f', "filter", "TEXT", "only sites with TEXT in a function, file or module"},
    {'n', "top", "N", "sites to print (default 20; 0 for all)"},
    {'d', "depth", "N", "functions of a stack to tell sites apart by (default 3)"},
    {'i', "interval", "SECONDS", "time between two looks (default 1)"},
    {'c', "count", "N", "looks to print, then end (default: until the process ends)"},
    {KEY_ONCE, "once", NULL, "print one look; rates are those since the program's start"},
    {KEY_JSON, "json", NULL, "print one JSON object a look, a line each"},
    {MT_KEY_PATH, "path", "DIR", "look for programs and libraries below DIR first"},
    {MT_KEY_NO_SYMBOLS, "no-symbols", NULL, "modules and offsets instead of functions"},
    {0},
};
static int top(int argc, char **argv);

const struct mt_command mt_command_top = {
    .name = "top",
    .operands = "PID|NAME",
    .summary = "shows what holds a running process's memory, second by second",
    .arguments = arguments,
    .run = top,
};

struct request {
    struct mt_top top;
    const char *operand;
    unsigned rows;
    bool once, json;
    struct mt_paper paper;
};

static bool choose_sort(struct mt_top *t, const struct mt_arguments *args) {
    for (int i = 0; i < MT_TOP_SORT_COUNT; i++)
        if (!strcmp(args->value, mt_top_sort_name[i])) {
            t->sort = (enum mt_top_sort)i;
            return true;
        }
#define SORT(name) " " #name
    mt_command_misused(args->command, "--sort %s is none of" MT_TOP_SORTS(SORT),
                       args->value);
#undef SORT
    return false;
}

static bool positive(const struct mt_arguments *args, const char *name, unsigned most,
                     unsigned *number) {
    if (!mt_arguments_number(args, name, most, number))
        return false;
    if (*number == 0)
        mt_command_misused(args->command, "--%s 0 is too little", name);
    return *number > 0;
}

static bool take(struct request *request, const struct mt_arguments *args, int key) {
    struct mt_top *t = &request->top;
    switch (key) {
    case 's':
        return choose_sort(t, args);
    case 'f':
        t->filter = args->value;
        return true;
    case 'n':
        return mt_arguments_number(args, "top", 1000000, &request->rows);
    case 'd':
        return positive(args, "depth", 1000, &t->options.depth);
    case 'i':
        return positive(args, "interval", 3600, &t->interval_s);
    case 'c':
        return positive(args, "count", 1000000, &t->count);
    case KEY_ONCE:
        return request->once = true;
    case KEY_JSON:
        return request->json = true;
    default:
        return mt_report_option(&t->options, args, key);
    }
}

static int parse(struct request *request, struct mt_arguments *args, bool *stop) {
    int key;
    *stop = true;
    while ((key = mt_arguments_next(args)) != MT_ARGUMENT_END) {
        if (key == MT_ARGUMENT_STOP)
            return args->status;
        if (key == MT_ARGUMENT_OPERAND && request->operand != NULL)
            return mt_command_misused(args->command, "one PID or NAME, not %s and %s",
                                      request->operand, args->value);
        if (key == MT_ARGUMENT_OPERAND)
            request->operand = args->value;
        else if (!take(request, args, key))
            return MT_EXIT_STATUS_USAGE;
    }
    if (request->operand == NULL)
        return mt_command_misused(args->command, "top needs a PID or NAME");
    if (request->once)
        request->top.count = 1;
    bool screen = !request->once && !request->json && request->top.count == 0;
    if (screen && !mt_top_has_screen())
        return mt_command_misused(
            args->command, "this mtalloc was built without ncurses: use --once or --json");
    if (screen && (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)))
        return mt_command_misused(args->command,
                                  "this is no terminal: use --once or --json");
    *stop = false;
    return MT_EXIT_STATUS_OK;
}

/* The first look decides where to read: memory, or a recording where that is refused. */
static int first_look(struct mt_top *t) {
    errno = 0;
    enum mt_outside_error error = mt_top_look(t);
    if (error == MT_OUTSIDE_NO_PERMISSION) {
        t->recording = mt_process_recording(t->pid);
        if (t->recording == NULL) {
            mt_say("cannot watch %s: %s%s", t->source.name, mt_outside_message(error),
                   mt_process_refusal(t->pid));
            return MT_EXIT_STATUS_DENIED;
        }
        mt_say("%s may not be read%s: this is from its recording", t->source.name,
               mt_process_refusal(t->pid));
        t->source.recording = t->recording;
        errno = 0;
        error = mt_top_look(t);
    }
    return error == MT_OUTSIDE_OK ? MT_EXIT_STATUS_OK
                                  : mt_source_refused(&t->source, "watch", error);
}

static void print(struct request *request) {
    if (request->json) {
        mt_top_json(&request->top, stdout, request->rows);
        return;
    }
    mt_top_print(&request->top, &request->paper,
                 request->rows > 0 ? request->rows : UINT32_MAX);
    fflush(stdout);
}

/* A process that ends while it is watched is no failure. */
static int print_looks(struct request *request) {
    struct mt_top *t = &request->top;
    for (unsigned looks = 1;; looks++) {
        print(request);
        if (looks == t->count || t->state == '\0' || ferror(stdout))
            return MT_EXIT_STATUS_OK;
        struct timespec pause = {.tv_sec = t->interval_s};
        while (nanosleep(&pause, &pause) != 0 && errno == EINTR)
            ;
        errno = 0;
        enum mt_outside_error error = mt_top_look(t);
        if (error != MT_OUTSIDE_OK && t->state != '\0')
            return mt_source_refused(&t->source, "watch", error);
        if (error != MT_OUTSIDE_OK)
            return MT_EXIT_STATUS_OK;
        if (!request->json)
            putchar('\n');
    }
}

static int top(int argc, char **argv) {
    struct mt_arguments args = {.command = &mt_command_top, argc, 1, argv, false, NULL, 0};
    struct request request = {
        .rows = 20,
        .top = {.options = {.depth = 3}, .filter = "", .interval_s = 1},
        .paper = mt_paper_of(stdout),
    };
    struct mt_top *t = &request.top;
    char name[32];
    bool stop;
    int status = parse(&request, &args, &stop);
    if (stop) {
        mt_top_free(t);
        return status;
    }
    if (!mt_source_pid(request.operand, &t->pid))
        status = mt_process_named(request.operand, &t->pid);
    snprintf(name, sizeof name, "process %u", t->pid);
    t->source = (struct mt_source){.name = name, .pid = t->pid};
    if (status == MT_EXIT_STATUS_OK && !mt_policy_permits_plain())
        status = MT_EXIT_STATUS_FAILED;
    if (status == MT_EXIT_STATUS_OK)
        status = first_look(t);
    if (status == MT_EXIT_STATUS_OK)
        status = request.json || t->count > 0 ? print_looks(&request) : mt_top_screen(t);
    mt_top_free(t);
    return status;
}

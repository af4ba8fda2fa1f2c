/* `mtalloc symbolize`: a log or an error report with functions and lines in place of
 * module+offset. What is no line of a stack goes through as it is. */
#include "cli/symbolize.h"

#include "cli/report.h"
#include "cli/say.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct mt_argument arguments[] = {
    {MT_KEY_PATH, "path", "DIR", "look for programs and libraries below DIR first"},
    {MT_KEY_FULL_PATHS, "full-paths", NULL, "source files with their directories"},
    {0},
};
static int symbolize(int argc, char **argv);

const struct mt_command mt_command_symbolize = {
    .name = "symbolize",
    .operands = "[FILE|-]",
    .summary = "prints a log or an error report with functions, files and lines",
    .arguments = arguments,
    .run = symbolize,
};

/* A byte that would draw on a terminal must not get there from a log. */
static void pass(FILE *out, bool terminal, const char *text, size_t length) {
    if (!terminal) {
        fwrite(text, 1, length, out);
        return;
    }
    for (size_t from = 0, to; from < length; from = to + 1) {
        for (to = from; to < length && text[to] != '\t' && text[to] != '\0'; to++)
            ;
        char *clean = mt_text_clean(text + from, to - from);
        fputs(clean, out);
        free(clean);
        if (to < length && text[to] == '\t')
            fputc('\t', out);
    }
}

static void print_frame(const struct mt_report *r, uint32_t frame, const char *line,
                        size_t prefix, bool terminal) {
    const struct mt_places *places = mt_symbols_at(r->symbols, frame);
    for (uint32_t i = 0; i < places->count; i++) {
        pass(r->paper.out, terminal, line, prefix);
        mt_report_place(r, frame, &places->at[i], 0, false);
        fputc('\n', r->paper.out);
    }
}

/* The second pass: the frames come in the order in which the first one met them. */
static void print(FILE *in, const struct mt_report *r, const struct mt_log_frames *frames) {
    char *line = NULL;
    size_t room = 0, next = 0;
    bool terminal = isatty(fileno(r->paper.out));
    for (ssize_t got; (got = getline(&line, &room, in)) > 0;) {
        struct mt_log_frame frame;
        size_t length = (size_t)got - (line[got - 1] == '\n');
        if (mt_log_frame(line, length, &frame) && next < frames->count &&
            frames->at[next++] != MT_ROOT)
            print_frame(r, frames->at[next - 1], line, frame.prefix, terminal);
        else {
            pass(r->paper.out, terminal, line, length);
            if ((size_t)got > length)
                fputc('\n', r->paper.out);
        }
    }
    free(line);
}

/* What cannot be read twice is kept in a file without a name. */
static FILE *readable_twice(FILE *in) {
    char block[65536];
    size_t got;
    if (fseek(in, 0, SEEK_SET) == 0)
        return in;
    FILE *copy = tmpfile();
    while (copy != NULL && (got = fread(block, 1, sizeof block, in)) > 0)
        if (fwrite(block, 1, got, copy) != got)
            break;
    if (copy != NULL && !ferror(copy) && !ferror(in) && fflush(copy) == 0)
        return copy;
    mt_say("cannot keep the input: %s", strerror(errno));
    if (copy != NULL)
        fclose(copy);
    return NULL;
}

static int translate(FILE *in, const struct mt_report_options *options) {
    struct mt_model model = {0};
    struct mt_log_frames frames = {0};
    rewind(in);
    mt_log_frames_read(in, &model, &frames);
    rewind(in);
    struct mt_find *find = mt_report_find(&model, options);
    struct mt_report report = {.model = &model,
                               .options = options,
                               .symbols = mt_symbols_new(&model, find),
                               .paper = {.out = stdout}};
    print(in, &report, &frames);
    fflush(stdout);
    report.paper = mt_paper_of(stderr);
    mt_report_missing(&report);
    if (frames.unknown > 0)
        mt_say("%zu lines left as they are: no line \"module NAME BUILD-ID\" after them",
               frames.unknown);
    bool failed = ferror(in);
    if (failed)
        mt_say("cannot read the input: %s", strerror(errno));
    mt_symbols_free(report.symbols);
    mt_find_free(find);
    mt_model_free(&model);
    free(frames.at);
    return failed ? MT_EXIT_STATUS_INPUT : MT_EXIT_STATUS_OK;
}

static int open_and_translate(const char *path, const struct mt_report_options *options) {
    bool standard = !strcmp(path, "-");
    FILE *in = standard ? stdin : fopen(path, "re");
    int status = MT_EXIT_STATUS_INPUT;
    if (in == NULL) {
        mt_say("cannot open %s: %s", path, strerror(errno));
        return status;
    }
    FILE *file = readable_twice(in);
    if (file != NULL)
        status = translate(file, options);
    if (file != NULL && file != in)
        fclose(file);
    if (!standard)
        fclose(in);
    return status;
}

static int symbolize(int argc, char **argv) {
    struct mt_arguments args = {
        .command = &mt_command_symbolize, argc, 1, argv, false, NULL, 0};
    struct mt_report_options options = MT_REPORT_DEFAULTS;
    const char *path = NULL;
    if (!mt_report_arguments(&options, &args, &path))
        return args.status;
    int status = open_and_translate(path != NULL ? path : "-", &options);
    mt_report_options_free(&options);
    return status;
}

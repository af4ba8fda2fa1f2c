/* `mtalloc run`: runs a command under the library and reports, however it ends. */
#include "cli/run.h"

#include "base/options.h"
#include "cli/command.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/policy.h"
#include "cli/say.h"
#include "cli/sealing.h"
#include "export/seal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { KEY_OPTION = MT_KEY_OWN, KEY_FAIL_ON };
static const struct mt_argument arguments[] = {
    {'o', "output", "FILE", "keep the summary in FILE"},
    {KEY_OPTION, "option", "NAME=VALUE", "an option of the library (see mtalloc options)"},
    {KEY_FAIL_ON, "fail-on", "LIST",
     "leaks, lost, errors or several: end with status 80, 82 or 81"},
    MT_REPORT_ARGUMENTS,
    {0},
};
static int run(int argc, char **argv);

const struct mt_command mt_command_run = {
    .name = "run",
    .operands = "[--] COMMAND [ARGUMENT...]",
    .summary = "runs COMMAND under the library and reports on stderr when it ends",
    .arguments = arguments,
    .stop_at_operand = true,
    .run = run,
};

struct request {
    struct mt_report_options report;
    const char *output;
    char *options; /* "k=v,k=v" */
    bool fail_on_leaks, fail_on_errors, fail_on_lost;
    char **argv; /* COMMAND and its arguments */
};

static void unknown_option(const struct mt_option_problem *problem, void *context) {
    const struct mt_option_info *option = problem->option;
    if (option == NULL)
        mt_command_misused(context, "the library has no option %.*s",
                           (int)problem->name_length, problem->name);
    else if (option->type == MT_OPT_ENUM)
        mt_command_misused(context, "option %s is one of %s", option->name, option->text);
    else if (option->type == MT_OPT_UINT || option->type == MT_OPT_SIZE)
        mt_command_misused(context, "option %s is a number from %llu to %llu", option->name,
                           (unsigned long long)option->min,
                           (unsigned long long)option->max);
    else
        mt_command_misused(context, "option %s does not take that value", option->name);
}

static bool add_option(struct request *request, struct mt_arguments *args) {
    struct mt_options scratch;
    mt_options_default(&scratch);
    if (mt_options_parse(&scratch, args->value, unknown_option, (void *)args->command) > 0)
        return false;
    char *all = mt_join(request->options, request->options[0] ? "," : "", args->value);
    free(request->options);
    request->options = all;
    return true;
}

static bool choose_failures(struct request *request, const struct mt_arguments *args) {
    char *copy = mt_copy(args->value), *rest = copy, *one;
    bool good = true;
    while (good && (one = strsep(&rest, ",")) != NULL) {
        bool leaks = !strcmp(one, "leaks"), errors = !strcmp(one, "errors");
        bool lost = !strcmp(one, "lost");
        request->fail_on_leaks |= leaks;
        request->fail_on_errors |= errors;
        request->fail_on_lost |= lost;
        good = leaks || errors || lost;
    }
    if (!good)
        mt_command_misused(args->command, "--fail-on %s is none of leaks, lost, errors",
                           args->value);
    free(copy);
    return good;
}

static bool take(struct request *request, struct mt_arguments *args, int key) {
    switch (key) {
    case 'o':
        request->output = args->value;
        return true;
    case KEY_OPTION:
        return add_option(request, args);
    case KEY_FAIL_ON:
        return choose_failures(request, args);
    default:
        return mt_report_option(&request->report, args, key);
    }
}

/* OK with argv set, or the status to stop with. */
static int parse(struct request *request, int argc, char **argv, bool *stop) {
    struct mt_arguments args = {.command = &mt_command_run, argc, 1, argv, false, NULL, 0};
    int key;
    *stop = true;
    while ((key = mt_arguments_next(&args)) != MT_ARGUMENT_END) {
        if (key == MT_ARGUMENT_STOP)
            return args.status;
        if (key == MT_ARGUMENT_OPERAND) {
            request->argv = argv + args.at - 1;
            break;
        }
        if (!take(request, &args, key))
            return MT_EXIT_STATUS_USAGE;
    }
    if (request->argv == NULL)
        return mt_command_misused(args.command, "run needs a COMMAND");
    if (request->output != NULL && !strcmp(request->output, "-"))
        return mt_command_misused(args.command, "stdout is the command's: name a FILE");
    if (request->fail_on_lost) { /* what is given explicitly comes later and wins */
        char *all = mt_join("leaks=reachable", ",", request->options);
        free(request->options);
        request->options = all;
    }
    *stop = false;
    return MT_EXIT_STATUS_OK;
}

static long plain_write(int fd, const char *bytes, size_t length) {
    ssize_t wrote = write(fd, bytes, length);
    return wrote < 0 ? -errno : wrote;
}

static bool keep(const char *path, int from) {
    struct mt_output output;
    char buffer[65536];
    off_t at = 0;
    ssize_t got = 0;
    bool sealed = mt_seal_wanted();
    if (!mt_sealing_possible() || !mt_output_open(&output, path))
        return false;
    long error = sealed ? mt_seal_begin(output.fd) : 0;
    while (error >= 0 && (got = pread(from, buffer, sizeof buffer, at)) > 0) {
        for (ssize_t done = 0; error >= 0 && done < got; done += error)
            error = sealed ? mt_seal_write(buffer + done, (size_t)(got - done))
                           : plain_write(output.fd, buffer + done, (size_t)(got - done));
        at += got;
    }
    if (error >= 0 && sealed)
        error = mt_seal_end();
    if (error >= 0)
        return mt_output_commit(&output);
    mt_say("cannot write %s: %s", path, strerror((int)-error));
    mt_output_abandon(&output);
    return false;
}

/* Of a program that did not come to its end, nobody can say what it would have freed. */
static int verdict_on_lost(const struct request *request, const struct mt_model *model,
                           const char *file, int status) {
    if (model->leaks.mode == NULL || strcmp(model->leaks.mode, "reachable") != 0) {
        mt_say("failed: nobody looked for lost blocks, which happens in exit()");
        return status == 0 ? MT_EXIT_STATUS_RUN : status;
    }
    if (mt_run_lost_untold(model, &request->report, file)) {
        mt_say("failed: nobody can tell whether blocks were lost (%s)",
               model->leaks.because);
        return status == 0 ? MT_EXIT_STATUS_RUN : status;
    }
    uint64_t lost = mt_run_lost(model, &request->report, file);
    if (lost == 0)
        return status;
    char number[MT_FORMAT_MAX];
    mt_say("failed: %s block%s lost", mt_format_exact(number, lost),
           lost == 1 ? " was" : "s were");
    return MT_EXIT_STATUS_LOST;
}

static int verdict(const struct request *request, const struct mt_model *model,
                   const char *file, int status) {
    char number[MT_FORMAT_MAX];
    if (request->fail_on_errors && mt_run_errors(model) > 0) {
        mt_say("failed: %llu heap errors", (unsigned long long)mt_run_errors(model));
        return MT_EXIT_STATUS_ERRORS;
    }
    if (status >= 128)
        return status;
    uint64_t leaked =
        request->fail_on_leaks ? mt_run_leaked(model, &request->report, file) : 0;
    if (leaked == 0)
        return request->fail_on_lost ? verdict_on_lost(request, model, file, status)
                                     : status;
    mt_say("failed: %s bytes were never freed", mt_format_exact(number, leaked));
    return MT_EXIT_STATUS_LEAKS;
}

static int conclude(const struct request *request, const struct mt_program *program,
                    int recorder, const struct mt_ended *ended) {
    int status = mt_run_status(ended->status), fd = memfd_create("summary", MFD_CLOEXEC);
    struct mt_model model = {0};
    bool told = fd >= 0 && mt_run_summary(recorder, ended, fd, program->blind);
    bool kept = told && (request->output == NULL || keep(request->output, fd));
    if (told && lseek(fd, 0, SEEK_SET) == 0 &&
        mt_input_summary_fd(fd, "the summary", &model) == MT_EXIT_STATUS_OK) {
        fputs("\n", stderr); /* what came before it is the command's */
        char *ending = mt_run_ending(&model, ended->status);
        mt_report_print(&model, &request->report,
                        (struct mt_report_subject){program->image, ending}, stderr);
        free(ending);
        status = verdict(request, &model, program->image, status);
    }
    mt_model_free(&model);
    if (fd >= 0)
        close(fd);
    bool wanted = request->output != NULL || request->fail_on_leaks ||
                  request->fail_on_errors || request->fail_on_lost;
    return status == 0 && wanted && !kept ? MT_EXIT_STATUS_RUN : status;
}

static int start(const struct request *request) {
    struct mt_program program;
    struct mt_ended ended = {0};
    int status = mt_run_find(request->argv[0], &program);
    int recorder = -1;
    char *library = NULL;
    if (status == MT_EXIT_STATUS_OK && !mt_policy_permits_plain()) {
        status = MT_EXIT_STATUS_RUN;
    } else if (status == MT_EXIT_STATUS_OK) {
        status = MT_EXIT_STATUS_RUN;
        if ((request->output == NULL || mt_output_check(request->output)) &&
            (library = mt_run_library()) != NULL && (recorder = mt_run_recorder()) >= 0)
            status = mt_run_child(&program, request->argv, library, request->options,
                                  recorder, &ended)
                         ? conclude(request, &program, recorder, &ended)
                         : MT_EXIT_STATUS_NOT_EXECUTABLE;
    }
    if (recorder >= 0)
        close(recorder);
    free(library);
    free(program.path);
    free(program.image);
    return status;
}

static int run(int argc, char **argv) {
    struct request request = {.report = MT_REPORT_DEFAULTS, .options = mt_copy("")};
    bool stop;
    int status = parse(&request, argc, argv, &stop);
    if (!stop)
        status = start(&request);
    free(request.options);
    mt_report_options_free(&request.report);
    return status;
}

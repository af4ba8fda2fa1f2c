/* The steps of `mtalloc run`. */
#ifndef MT_CLI_RUN_H
#define MT_CLI_RUN_H

#include "cli/model.h"
#include "cli/report.h"
#include <stdbool.h>
#include <sys/resource.h>

/* ---- run_program.c: what is COMMAND? ---- */

struct mt_program {
    char *path;        /* what will be executed */
    char *image;       /* the ELF file that runs: the interpreter of a script */
    bool blind;        /* the library cannot be loaded into it; that has been said */
    bool shell_script; /* no ELF file and no "#!": the shell's */
};

/* Finds the command as the shell would. Returns OK, NOT_FOUND or NOT_EXECUTABLE, and has
 * said why. */
int mt_run_find(const char *command, struct mt_program *program);

/* ---- run_library.c ---- */

/* The absolute path of libmtalloc.so: MTALLOC_LIBRARY, or what lies beside this command.
 * NULL if there is none, which has been said. */
char *mt_run_library(void);

/* ---- run_child.c ---- */

struct mt_ended {
    int status; /* of wait4() */
    struct rusage usage;
};

/* A recorder for one child: a memfd. -1 if it cannot be made, which has been said. */
int mt_run_recorder(void);

/* Runs the program with the library preloaded and waits for its end. False if it could not
 * be started, which has been said. `options` are those given on the command line. */
bool mt_run_child(const struct mt_program *program, char **argv, const char *library,
                  const char *options, int recorder, struct mt_ended *ended);

/* What a shell would return for it. */
int mt_run_status(int wait_status);

/* ---- run_summary.c ---- */

/* Turns what was recorded into a summary in `fd`. False if there is nothing to tell, and
 * says why unless `quiet`. */
bool mt_run_summary(int recorder, const struct mt_ended *ended, int fd, bool quiet);

/* "exited with status 3", "killed by SIGKILL". A new text. */
char *mt_run_ending(const struct mt_model *model, int wait_status);

/* ---- run_leaks.c ---- */

/* Bytes that were never freed, without what is suppressed, as what the C and C++ runtimes
 * keep to the end is. `file` is the program's. */
uint64_t mt_run_leaked(const struct mt_model *model,
                       const struct mt_report_options *options, const char *file);

/* Blocks that the look for leaks at the exit called lost, likewise. */
uint64_t mt_run_lost(const struct mt_model *model, const struct mt_report_options *options,
                     const char *file);

/* True if that look cannot tell: it did not come upon all blocks, or not upon all that
 * could lead to some, other than what is suppressed. */
bool mt_run_lost_untold(const struct mt_model *model,
                        const struct mt_report_options *options, const char *file);

/* Heap errors among the events. */
uint64_t mt_run_errors(const struct mt_model *model);

#endif

/* `mtalloc check-heap`: asks a process to verify its heap, and prints what it found. */
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/format.h"
#include "cli/process.h"
#include "cli/say.h"

#include <stdio.h>

static const struct mt_argument arguments[] = {
    {'t', "timeout", "SECONDS", "time to wait for the answer (default 10)"},
    {0},
};
static int check_heap(int argc, char **argv);

const struct mt_command mt_command_check_heap = {
    .name = "check-heap",
    .operands = "PID|NAME",
    .summary = "has a running process verify its heap, and prints what was found",
    .arguments = arguments,
    .run = check_heap,
};

/* In parts, each of which holds up one thread for option max_pause_ms at most. Where the
 * process goes on but does not answer any more, what it found so far is the answer. */
static int live_blocks(struct mt_ask *ask, struct mt_control *answer, bool *whole) {
    int status = mt_ask_send(ask, MT_CONTROL_CHECK_HEAP, 0, answer);
    struct mt_control next;
    *whole = status == MT_EXIT_STATUS_OK && atomic_load(&answer->result) != MT_CONTROL_MORE;
    ask->quiet = true;
    while (status == MT_EXIT_STATUS_OK && !*whole && mt_ask_wait(ask)) {
        status = mt_ask_send(ask, MT_CONTROL_CHECK_HEAP, 1, &next);
        if (status != MT_EXIT_STATUS_OK)
            return mt_process_state(ask->pid) != '\0' ? MT_EXIT_STATUS_OK : status;
        *answer = next;
        *whole = atomic_load(&answer->result) != MT_CONTROL_MORE;
    }
    return status;
}

/* Waits until some thread has allocated. Of later looks no more is taken: the rest may be
 * the answer to somebody else. */
static bool quarantine(const struct mt_ask *ask, struct mt_control *answer) {
    struct mt_control later = *answer;
    bool whole = atomic_load(&answer->waits) == 0;
    while (!whole && mt_ask_wait(ask) && mt_ask_look(ask, &later))
        whole = atomic_load(&later.quarantine) >> 32 == ask->ticket;
    atomic_store(&answer->quarantine, atomic_load(&later.quarantine));
    return whole;
}

static uint64_t damaged_blocks(const struct mt_control *answer) {
    return atomic_load(&answer->damaged) + (uint32_t)atomic_load(&answer->quarantine);
}

static void print(const struct mt_ask *ask, const struct mt_control *answer) {
    char damaged[MT_FORMAT_MAX], blocks[MT_FORMAT_MAX], bytes[MT_FORMAT_MAX];
    uint64_t count = damaged_blocks(answer);
    printf("process %u: %s damaged block%s; %s live blocks in %s of heap looked at\n",
           ask->pid, count > 0 ? mt_format_exact(damaged, count) : "no",
           count == 1 ? "" : "s", mt_format_exact(blocks, atomic_load(&answer->blocks)),
           mt_format_bytes(bytes, atomic_load(&answer->looked_at_bytes)));
    if (count > 0)
        printf("its log names them; so does mtalloc dump %u, for mtalloc report\n",
               ask->pid);
}

static int check(const char *operand, unsigned seconds) {
    struct mt_ask ask = {.verb = "check the heap of"};
    struct mt_control answer;
    bool whole = false, waited = true;
    int status = mt_ask_open(&ask, operand, seconds);
    if (status == MT_EXIT_STATUS_OK)
        status = live_blocks(&ask, &answer, &whole);
    if (status == MT_EXIT_STATUS_OK) {
        waited = quarantine(&ask, &answer);
        print(&ask, &answer);
        if (!whole)
            mt_say("not all of the heap was looked at: %s",
                   ask.why != NULL ? ask.why : "the time is over");
        if (!waited)
            mt_say(
                "blocks in quarantine were not verified: the process has allocated nothing "
                "since, or somebody else is asking it, too");
        if (damaged_blocks(&answer) > 0)
            status = MT_EXIT_STATUS_ERRORS;
        else if (!whole || !waited)
            status = MT_EXIT_STATUS_PARTIAL;
    }
    mt_ask_close(&ask);
    return status;
}

static int check_heap(int argc, char **argv) {
    struct mt_arguments args = {
        .command = &mt_command_check_heap, argc, 1, argv, false, NULL, 0};
    const char *operand = NULL;
    unsigned seconds = 10;
    int key;
    while ((key = mt_arguments_next(&args)) != MT_ARGUMENT_END) {
        if (key == MT_ARGUMENT_STOP)
            return args.status;
        if (key == 't' && !mt_arguments_number(&args, "timeout", 86400, &seconds))
            return MT_EXIT_STATUS_USAGE;
        if (key == 't')
            continue;
        if (operand != NULL)
            return mt_command_misused(args.command, "one PID or NAME, not also %s",
                                      args.value);
        operand = args.value;
    }
    if (operand == NULL)
        return mt_command_misused(args.command, "check-heap needs a PID or NAME");
    return check(operand, seconds);
}

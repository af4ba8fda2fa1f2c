/*
 * `mtalloc sanitize`: lowers a summary to what option privacy=strict would have written.
 * Only fields that are known are copied: a newer version's may hold a name.
 */
#include "cli/command.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/reader.h"
#include "cli/say.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static const struct mt_argument arguments[] = {
    {'o', "output", "FILE", "write FILE (default stdout)"},
    {0},
};
static int sanitize(int argc, char **argv);

const struct mt_command mt_command_sanitize = {
    .name = "sanitize",
    .operands = "FILE",
    .summary = "lowers a summary to privacy=strict: no names, sizes of blocks rounded",
    .arguments = arguments,
    .run = sanitize,
};

/* What may be copied, in the order of the format. "=" before a name: a text that is one of
 * a few words or a hash; "~": the size of a block; "-": a name, left empty. */
static const struct {
    const char *type, *fields;
} known[] = {
    {"header", "=format version =library privacy =reason =state -program pid sequence "
               "time_unix_ms uptime_ms =arch =stack sample frames images other_processes"},
    {"total",
     "allocs alloc_bytes frees free_bytes live live_bytes peak_bytes peak_error_bytes "
     "reallocs temporary inherited_frees captures stepped verified slow truncated checked "
     "overflow_allocs options_ignored dumps_suppressed dumps_failed events_lost"},
    {"module", "id -name =build_id"},
    {"frame", "id parent module offset"},
    {"site", "=sig frame allocs alloc_bytes frees free_bytes live live_bytes peak_bytes "
             "temporary reallocs"},
    {"thread", "thread allocs alloc_bytes frees free_bytes"},
    {"histogram", "min max allocs frees"},
    {"resource",
     "rss_bytes rss_peak_bytes threads cpu_user_us cpu_system_us metadata_bytes "
     "allocator_allocated allocator_active allocator_resident allocator_mapped "
     "allocator_age_ms"},
    {"leaks", "=mode =because at_ms lost lost_bytes indirect indirect_bytes possible "
              "possible_bytes live live_bytes reachable reachable_bytes kept kept_bytes "
              "sites_omitted blocks_omitted"},
    {"leak", "=state =sig frame blocks bytes oldest_ms"},
    {"block", "=state =sig frame id ~size age_ms"},
    {"event", "=kind at_ms id ~size ~value error_frame alloc_frame free_frame"},
};

struct work {
    const struct mt_output *output;
    XXH3_state_t *sum;
    uint64_t records;
    bool failed;
};

static void put_record(struct work *work, json_t *record) {
    char *line = json_dumps(record, JSON_COMPACT);
    char *whole = mt_join(line != NULL ? line : "", "\n", "");
    XXH3_64bits_update(work->sum, whole, strlen(whole));
    work->failed = work->failed || !mt_output_write(work->output, whole, strlen(whole));
    work->records++;
    free(line);
    free(whole);
}

/* Sums are not rounded: the sites have to add up to the totals. */
static json_t *rounded(const json_t *value) {
    json_int_t bytes = json_integer_value(value), power = 1;
    while (power < bytes && power < (json_int_t)1 << 62)
        power *= 2;
    return json_integer(bytes <= 1 ? bytes : power);
}

/* Words, versions and hashes: nothing else has a name's freedom. */
static bool plain(const json_t *value) {
    const char *text = json_string_value(value);
    return text != NULL && strlen(text) <= 2 * MT_BUILD_ID_TEXT_MAX &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-.") == strlen(text);
}

static json_t *name_of(const json_t *value) {
    static const char *const pseudo[] = {"[cut]",      "[truncated]", "[anonymous]",
                                         "[overflow]", "[untracked]", "[nested]",
                                         "[omitted]"};
    for (size_t i = 0; i < sizeof pseudo / sizeof pseudo[0]; i++)
        if (json_is_string(value) && !strcmp(json_string_value(value), pseudo[i]))
            return json_string(pseudo[i]);
    return json_string("");
}

static void copy_field(json_t *to, const json_t *record, const char *field) {
    bool marked = strchr("=-~", field[0]) != NULL;
    const char *name = field + marked;
    const json_t *value = json_object_get(record, name);
    const char *kind = json_string_value(json_object_get(record, "kind"));
    bool counts_sites = kind != NULL && !strncmp(kind, "sites-", 6);
    if (value == NULL)
        return;
    if (!strcmp(name, "privacy"))
        json_object_set_new(to, name, json_string("strict"));
    else if (field[0] == '-')
        json_object_set_new(to, name, name_of(value));
    else if (field[0] == '~' && json_is_integer(value) && !counts_sites)
        json_object_set_new(to, name, rounded(value));
    else if (json_is_integer(value) || json_is_null(value) ||
             (field[0] == '=' && plain(value)))
        json_object_set(to, name, (json_t *)value);
}

static void write_end(struct work *work, const json_t *record) {
    char sum[17];
    json_t *end = json_object();
    snprintf(sum, sizeof sum, "%016llx", (unsigned long long)XXH3_64bits_digest(work->sum));
    json_object_set_new(end, "type", json_string("end"));
    json_object_set_new(end, "records", json_integer((json_int_t)work->records));
    json_object_set_new(end, "xxh3", json_string(sum));
    copy_field(end, record, "mismatch");
    put_record(work, end);
    json_decref(end);
}

static void each(void *context, const json_t *record) {
    const char *type = json_string_value(json_object_get(record, "type"));
    if (!strcmp(type, "end")) {
        write_end(context, record);
        return;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(type, known[i].type) != 0)
            continue;
        json_t *to = json_object();
        char *copy = mt_copy(known[i].fields), *rest = copy, *field;
        json_object_set_new(to, "type", json_string(type));
        while ((field = strsep(&rest, " ")) != NULL)
            copy_field(to, record, field);
        put_record(context, to);
        json_decref(to);
        free(copy);
    }
}

static int copy(int from, const char *name, struct mt_output *output) {
    struct mt_model model = {0};
    struct work work = {.output = output, .sum = XXH3_createState()};
    if (work.sum == NULL || XXH3_64bits_reset(work.sum) != XXH_OK) {
        mt_say("cannot read %s: out of memory", name);
        XXH3_freeState(work.sum);
        return MT_EXIT_STATUS_FAILED;
    }
    struct mt_reader_verdict verdict = mt_reader_each(from, &model, each, &work);
    XXH3_freeState(work.sum);
    mt_model_free(&model);
    if (verdict.result != MT_READER_WHOLE)
        mt_say("%s %s", name, verdict.text);
    return work.failed                           ? MT_EXIT_STATUS_FAILED
           : verdict.result == MT_READER_WHOLE   ? MT_EXIT_STATUS_OK
           : verdict.result == MT_READER_PARTIAL ? MT_EXIT_STATUS_PARTIAL
                                                 : MT_EXIT_STATUS_INPUT;
}

static int sanitize_file(const char *path, const char *to) {
    const char *name;
    int from = mt_input_open(path, &name), status = MT_EXIT_STATUS_FAILED;
    struct mt_output output;
    if (from < 0)
        return MT_EXIT_STATUS_INPUT;
    if (mt_output_open(&output, to)) {
        status = copy(from, name, &output);
        if (status != MT_EXIT_STATUS_OK && status != MT_EXIT_STATUS_PARTIAL)
            mt_output_abandon(&output);
        else if (!mt_output_commit(&output))
            status = MT_EXIT_STATUS_FAILED;
    }
    mt_input_close(from);
    return status;
}

static int sanitize(int argc, char **argv) {
    struct mt_arguments args = {
        .command = &mt_command_sanitize, argc, 1, argv, false, NULL, 0};
    const char *from = NULL, *to = "-";
    int key;
    while ((key = mt_arguments_next(&args)) != MT_ARGUMENT_END) {
        if (key == MT_ARGUMENT_STOP)
            return args.status;
        if (key == 'o')
            to = args.value;
        else if (from != NULL)
            return mt_command_misused(args.command, "one FILE, not also %s", args.value);
        else
            from = args.value;
    }
    if (from == NULL)
        return mt_command_misused(args.command, "sanitize needs a FILE");
    return sanitize_file(from, to);
}

/* Any bytes as the host's policy: what is understood is a floor that no option is below
 * afterwards, what is not silences everything. */
#include "base/policy.c"

#include "tests/fuzz/target.h"

/* Options as a user might ask for who wants more than the host does. */
static const char greedy[] = "max_dumps=1000000,max_dump_bytes=1024G,min_dump_interval=0,"
                             "privacy=standard,dir=/tmp,signal=USR2";

static void check(const struct mt_policy *policy, const struct mt_options *options) {
    const struct mt_options *floor = &policy->floor;
    MUST(options->require_encryption || !policy->require_encryption);
    MUST(options->privacy >= floor->privacy);
    MUST(options->max_dumps <= floor->max_dumps);
    MUST(options->max_dump_bytes <= floor->max_dump_bytes);
    MUST(options->min_dump_interval >= floor->min_dump_interval);
    MUST(!floor->dir[0] || strcmp(floor->dir, options->dir) == 0);
    MUST(!floor->recipient[0] || strcmp(floor->recipient, options->recipient) == 0);
    MUST(!policy->no_signal || strcmp(options->signal, "none") == 0);
    MUST(!policy->silent || (options->max_dumps == 0 && options->require_encryption &&
                             strcmp(options->signal, "none") == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    static struct mt_policy policy;
    static struct mt_options options;
    if (bytes >= FILE_BYTES)
        return 0;
    char *text = malloc(bytes + 1);
    MUST(text != NULL);
    memcpy(text, data, bytes);
    text[bytes] = '\0';
    open_wide(&policy);
    if (!take_all(&policy, text, bytes))
        (void)silence(&policy, bad_line);
    mt_options_default(&options);
    MUST(mt_options_parse(&options, greedy, NULL, NULL) == 0);
    mt_policy_apply(&policy, &options);
    check(&policy, &options);
    free(text);
    return 0;
}

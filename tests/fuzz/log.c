/* Any bytes as a log with stacks in it: every line of it comes out again, and what is no
 * line of a stack as it was. */
#include "cli/symbolize.c"

#include "tests/fuzz/target.h"

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    say_nothing();
    return 0;
}

static size_t count(const char *text, size_t length, char c) {
    size_t found = 0;
    for (size_t i = 0; i < length; i++)
        found += text[i] == c;
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    struct mt_model model = {0};
    struct mt_log_frames frames = {0};
    struct mt_report_options options = MT_REPORT_DEFAULTS;
    char *out = NULL;
    size_t length = 0;
    if (bytes == 0)
        return 0;
    FILE *in = fmemopen((void *)(uintptr_t)data, bytes, "rb");
    MUST(in != NULL);
    mt_log_frames_read(in, &model, &frames);
    rewind(in);
    struct mt_report report = {.model = &model,
                               .options = &options,
                               .symbols = mt_symbols_new(&model, NULL),
                               .paper = {.out = open_memstream(&out, &length)}};
    print(in, &report, &frames);
    fclose(report.paper.out);
    fclose(in);
    size_t lines = count((const char *)data, bytes, '\n') + (data[bytes - 1] != '\n');
    MUST(count(out, length, '\n') + (out[length - 1] != '\n') == lines);
    if (frames.count == frames.unknown)
        MUST(length == bytes && memcmp(out, data, bytes) == 0);
    mt_symbols_free(report.symbols);
    mt_model_free(&model);
    free(frames.at);
    free(out);
    return 0;
}

/* Any bytes as a summary: it is read, reported in both forms, and sanitized; what comes of
 * that is as whole a summary, and sanitizing it changes nothing. */
#include "cli/sanitize.c"

#include "cli/estimate.h"
#include "cli/report.h"
#include "tests/fuzz/target.h"

static FILE *nowhere;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    say_nothing();
    nowhere = fopen("/dev/null", "w");
    return nowhere == NULL;
}

static enum mt_reader_result report_it(int fd) {
    struct mt_model model = {0};
    struct mt_report_options options = MT_REPORT_DEFAULTS;
    options.no_symbols = true;
    struct mt_reader_verdict verdict = mt_reader_read(fd, &model);
    MUST(memchr(verdict.text, '\0', sizeof verdict.text) != NULL);
    mt_estimate(&model);
    for (int tree = 0; tree < 2 && verdict.result != MT_READER_REFUSED; tree++) {
        options.tree = tree;
        mt_report_print(&model, &options, (struct mt_report_subject){NULL, NULL}, nowhere);
    }
    mt_model_free(&model);
    MUST(lseek(fd, 0, SEEK_SET) == 0);
    return verdict.result;
}

/* Into a file without a name; -1 if it was refused. */
static int sanitized(int from, int *status) {
    struct mt_output output = {.fd = file_of("", 0), .path = (char *)"memory"};
    *status = copy(from, "input", &output);
    MUST(lseek(from, 0, SEEK_SET) == 0 && lseek(output.fd, 0, SEEK_SET) == 0);
    return output.fd;
}

static void must_be_same(int a, int b) {
    char x[4096], y[4096];
    ssize_t got;
    while ((got = read(a, x, sizeof x)) > 0)
        MUST(read(b, y, sizeof y) == got && memcmp(x, y, (size_t)got) == 0);
    MUST(read(b, y, 1) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    int in = file_of(data, bytes), status, again;
    enum mt_reader_result result = report_it(in);
    int once = sanitized(in, &status);
    MUST(status == (result == MT_READER_WHOLE     ? MT_EXIT_STATUS_OK
                    : result == MT_READER_PARTIAL ? MT_EXIT_STATUS_PARTIAL
                                                  : MT_EXIT_STATUS_INPUT));
    if (result != MT_READER_REFUSED) {
        int twice = sanitized(once, &again);
        MUST(again == status);
        must_be_same(once, twice);
        close(twice);
    }
    close(once);
    close(in);
    return 0;
}

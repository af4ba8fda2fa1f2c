/* Any bytes as a sealed file, for the key in the file `key`: what opens is a beginning of
 * one of the files that were sealed, `plain.0` and on, and whole only if that is. */
#include "cli/decrypt.c"

#include "tests/fuzz/target.h"

#define PLAIN_MOST 4

static struct {
    char *bytes;
    size_t length;
} plain[PLAIN_MOST];

static void read_plain(int number) {
    char name[16];
    snprintf(name, sizeof name, "plain.%d", number);
    FILE *file = fopen(name, "rb");
    if (file == NULL)
        return;
    plain[number].bytes = calloc(1, 1 << 20);
    MUST(plain[number].bytes != NULL);
    plain[number].length = fread(plain[number].bytes, 1, 1 << 20, file);
    fclose(file);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    say_nothing();
    for (int i = 0; i < PLAIN_MOST; i++)
        read_plain(i);
    return plain[0].bytes == NULL;
}

static bool begins_one(const char *bytes, size_t length, bool whole) {
    for (int i = 0; i < PLAIN_MOST; i++)
        if (plain[i].bytes != NULL && length <= plain[i].length &&
            memcmp(bytes, plain[i].bytes, length) == 0 &&
            (!whole || length == plain[i].length))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    static char opened[1 << 20];
    struct opening opening = {.name = "input", .from = file_of(data, bytes)};
    struct mt_output output = {.fd = file_of("", 0), .path = (char *)"memory"};
    int status = begin(&opening, "key");
    if (status == MT_EXIT_STATUS_OK) {
        status = copy_all(&opening, &output);
        ssize_t length = pread(output.fd, opened, sizeof opened, 0);
        MUST(status == MT_EXIT_STATUS_OK || status == MT_EXIT_STATUS_PARTIAL);
        MUST(length >= 0 &&
             begins_one(opened, (size_t)length, status == MT_EXIT_STATUS_OK));
    }
    close(opening.from);
    close(output.fd);
    return 0;
}

/* A recording that was written over: the input says where and with what, eight bytes each
 * time. It is read as from a file and made a summary of, which is read in turn. */
#include "cli/reader.h"
#include "export/outside.h"
#include "export/summary.h"
#include "tests/fuzz/target.h"

static char *sound;
static size_t sound_bytes;

/* The file `recording`, as far as it was used. */
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    say_nothing();
    FILE *file = fopen("recording", "rb");
    MUST(file != NULL && fseek(file, 0, SEEK_END) == 0);
    sound_bytes = (size_t)ftell(file);
    rewind(file);
    sound = malloc(sound_bytes);
    MUST(sound != NULL && fread(sound, 1, sound_bytes, file) == sound_bytes);
    fclose(file);
    return 0;
}

/* Half of them go where much is decided: into the header. */
static size_t place_of(uint32_t where) {
    size_t header = 4096, words = (where & 1 ? header : sound_bytes) / 4;
    return (where >> 1) % words * 4;
}

static int damaged(const uint8_t *data, size_t bytes) {
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    MUST(fd >= 0 && write(fd, sound, sound_bytes) == (ssize_t)sound_bytes);
    for (size_t at = 0; at + 8 <= bytes; at += 8) {
        uint32_t where;
        memcpy(&where, data + at, sizeof where);
        MUST(pwrite(fd, data + at + 4, 4, (off_t)place_of(where)) == 4);
    }
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    struct mt_outside view;
    struct mt_model model = {0};
    int fd = damaged(data, bytes), out = file_of("", 0);
    if (mt_outside_map_file(fd, &view) == MT_OUTSIDE_OK) {
        struct mt_summary_target target = {.fd = out, .max_bytes = 1 << 20};
        struct mt_resources resources = {0};
        MUST(mt_summary_write(view.region, &target, MT_REASON_RECORDING, &resources) == 0);
        mt_outside_close(&view);
        MUST(lseek(out, 0, SEEK_SET) == 0);
        (void)mt_reader_read(out, &model);
        mt_model_free(&model);
    }
    close(fd);
    close(out);
    return 0;
}

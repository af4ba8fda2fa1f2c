/* A recording that was written over: the input says where and with what, eight bytes each
 * time. It is read as from a file and made a summary of, which is read in turn. */
#include "cli/reader.h"
#include "export/outside.h"
#include "export/summary.h"
#include "tests/fuzz/target.h"

static char *sound;
static size_t sound_bytes;
static int recording;

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
    recording = file_of(sound, sound_bytes);
    return 0;
}

/* Half of them go where much is decided: into the header. */
static off_t place_of(uint32_t where) {
    size_t words = (where & 1 ? sizeof(struct mt_region) : sound_bytes) / 4;
    return (off_t)((where >> 1) % words * 4);
}

/* Writes over the recording as the input says; or what was there before. */
static void change(const uint8_t *data, size_t bytes, bool damage) {
    for (size_t at = 0; at + 8 <= bytes; at += 8) {
        uint32_t where;
        memcpy(&where, data + at, sizeof where);
        off_t place = place_of(where);
        const void *with = damage ? (const void *)(data + at + 4) : sound + place;
        MUST(pwrite(recording, with, 4, place) == 4);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    struct mt_outside view;
    struct mt_model model = {0};
    int out = file_of("", 0);
    change(data, bytes, true);
    if (mt_outside_map_file(recording, &view) == MT_OUTSIDE_OK) {
        struct mt_summary_target target = {.fd = out, .max_bytes = 1 << 20};
        struct mt_resources resources = {0};
        MUST(mt_summary_write(view.region, &target, MT_REASON_RECORDING, &resources) == 0);
        mt_outside_close(&view);
        MUST(lseek(out, 0, SEEK_SET) == 0);
        (void)mt_reader_read(out, &model);
        mt_model_free(&model);
    }
    change(data, bytes, false);
    close(out);
    return 0;
}

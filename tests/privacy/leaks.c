/*
 * A library that leaks on purpose, for tests/privacy/leaks.sh: linked into a copy of it in
 * front of the functions that write (--wrap). The variable LEAK names the channel; what
 * leaks is what a mistake there would have had at hand.
 */
#include "alloc/report_print.h"
#include "base/log.h"
#include "export/files.h"
#include "export/writer.h"
#include "track/region_make.h"
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Of the leaks, not of any program's: found in memory, so early can it be asked for. */
static bool by(const char *channel) {
    const char *leak = getenv("LEAK");
    return leak && strcmp(leak, channel) == 0;
}

#define REAL(name) __real_##name
#define WRAP(name) __wrap_##name

/* A record has bytes of memory in it: of the environment. */
void REAL(mt_write_modules)(struct mt_writer *writer);
void WRAP(mt_write_modules)(struct mt_writer *writer);
void WRAP(mt_write_modules)(struct mt_writer *writer) {
    REAL(mt_write_modules)(writer);
    if (!by("summary"))
        return;
    mt_record_begin(writer, "module");
    mt_record_number(writer, "id", 99);
    mt_record_text(writer, "name", getenv("SECRET"), 64);
    mt_record_text(writer, "build_id", "00", 2);
    mt_record_end(writer);
}

/* A file's name has the working directory in it. */
int REAL(mt_file_open)(struct mt_file *file, const struct mt_file_facts *facts);
int WRAP(mt_file_open)(struct mt_file *file, const struct mt_file_facts *facts);
int WRAP(mt_file_open)(struct mt_file *file, const struct mt_file_facts *facts) {
    static char directory[4096];
    struct mt_file_facts changed = *facts;
    if (by("file-name") && getcwd(directory, sizeof directory))
        changed.program = strrchr(directory, '/') + 1;
    return REAL(mt_file_open)(file, &changed);
}

/* A message repeats the option that it does not know. */
void REAL(mt_log)(enum mt_message message, const char *a, const char *b, const char *c);
void WRAP(mt_log)(enum mt_message message, const char *a, const char *b, const char *c);
void WRAP(mt_log)(enum mt_message message, const char *a, const char *b, const char *c) {
    REAL(mt_log)(message, by("log") ? getenv("SECRET") : a, b, c);
}

/* A report shows the damaged bytes. */
void REAL(mt_finding_emit)(struct mt_finding *finding, struct mt_thread *thread,
                           uintptr_t entry);
void WRAP(mt_finding_emit)(struct mt_finding *finding, struct mt_thread *thread,
                           uintptr_t entry);
void WRAP(mt_finding_emit)(struct mt_finding *finding, struct mt_thread *thread,
                           uintptr_t entry) {
    static char bytes[40];
    struct mt_out out;
    if (by("report") && finding->block) {
        const unsigned char *end = finding->block->user;
        end += finding->block->size;
        mt_out_init(&out, -1, bytes, sizeof bytes - 1);
        for (int i = 0; i < 16; i++)
            mt_out_hex(&out, end[i], 2);
        finding->detail = bytes;
    }
    REAL(mt_finding_emit)(finding, thread, entry);
}

/* The region keeps what the program was called with, and so do a recording, a summary from
 * outside, and what the command prints. */
struct mt_region *REAL(mt_region_create)(const struct mt_region_setup *setup);
struct mt_region *WRAP(mt_region_create)(const struct mt_region_setup *setup);
struct mt_region *WRAP(mt_region_create)(const struct mt_region_setup *setup) {
    struct mt_region *region = REAL(mt_region_create)(setup);
    if (region && by("region"))
        memcpy(region->program, getenv("SECRET"), strnlen(getenv("SECRET"), 63));
    return region;
}

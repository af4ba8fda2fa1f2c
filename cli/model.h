/* A summary in memory, as docs/FORMAT.md describes it. Texts are clean for a terminal. */
#ifndef MT_CLI_MODEL_H
#define MT_CLI_MODEL_H

#include "export/summary.h" /* MT_UNKNOWN: a number that the summary has as null */
#include <stdbool.h>
#include <stdint.h>

/* Fields are declared once: N numbers, T texts, S signed numbers. */
/* clang-format off */
#define MT_HEADER_FIELDS(N, T)                                                             \
    T(library) T(privacy) T(reason) T(state) T(program) T(arch) T(stack)                   \
    N(pid) N(sequence) N(time_unix_ms) N(uptime_ms) N(sample) N(frames) N(images)      \
    N(other_processes)
#define MT_TOTAL_FIELDS(N)                                                                 \
    N(allocs) N(alloc_bytes) N(frees) N(free_bytes) N(live) N(live_bytes) N(peak_bytes)    \
    N(peak_error_bytes) N(reallocs) N(temporary) N(inherited_frees) N(captures)            \
    N(stepped) N(verified) N(slow) N(truncated) N(overflow_allocs) N(options_ignored)      \
    N(dumps_suppressed) N(dumps_failed) N(events_lost)
#define MT_RESOURCE_FIELDS(N)                                                              \
    N(rss_bytes) N(rss_peak_bytes) N(threads) N(cpu_user_us) N(cpu_system_us)              \
    N(metadata_bytes) N(allocator_allocated) N(allocator_active) N(allocator_resident)     \
    N(allocator_mapped) N(allocator_age_ms)
#define MT_SITE_FIELDS(N, S)                                                               \
    N(allocs) N(alloc_bytes) N(frees) N(free_bytes) N(live) N(live_bytes) S(peak_bytes)    \
    N(temporary) N(reallocs)
#define MT_EVENT_FIELDS(N, T)                                                              \
    T(kind) N(at_ms) N(id) N(size) N(value) N(error_frame) N(alloc_frame)           \
    N(free_frame)
#define MT_LEAKS_FIELDS(N, T)                                                              \
    T(mode) T(because) N(at_ms) N(lost) N(lost_bytes) N(indirect) N(indirect_bytes)        \
    N(possible) N(possible_bytes) N(live) N(live_bytes) N(reachable) N(reachable_bytes)    \
    N(kept) N(kept_bytes) N(sites_omitted) N(blocks_omitted)
/* A record `leak`, or `block`: that has id, size and age_ms in the place of the others. */
#define MT_LEAK_FIELDS(N, T)                                                               \
    T(state) N(blocks) N(bytes) N(oldest_ms) N(id) N(size) N(age_ms)
/* clang-format on */

#define NUMBER(name) uint64_t name;
#define SIGNED(name) int64_t name;
#define TEXT(name)   char *name;
struct mt_model_header {
    MT_HEADER_FIELDS(NUMBER, TEXT)
};
struct mt_model_total {
    MT_TOTAL_FIELDS(NUMBER)
};
struct mt_model_resource {
    MT_RESOURCE_FIELDS(NUMBER)
};
struct mt_model_sums {
    MT_SITE_FIELDS(NUMBER, SIGNED)
};
struct mt_model_event {
    MT_EVENT_FIELDS(NUMBER, TEXT)
};
struct mt_model_leaks {
    MT_LEAKS_FIELDS(NUMBER, TEXT)
};
struct mt_model_leak {
    MT_LEAK_FIELDS(NUMBER, TEXT)
    uint32_t frame; /* index in frames, or MT_ROOT: not there */
    bool single;
};
#undef NUMBER
#undef SIGNED
#undef TEXT

#define MT_BUILD_ID_TEXT_MAX 128

struct mt_model_module {
    uint32_t id;
    bool pseudo;   /* a bracketed name */
    bool nameless; /* of a strict summary; `name` then says which build it is */
    char *name;
    char *build_id; /* hex digits, NULL: none */
};

struct mt_model_frame {
    uint32_t id;
    uint32_t parent; /* index in frames, or MT_ROOT */
    uint32_t module; /* index in modules */
    uint64_t offset;
};
#define MT_ROOT UINT32_MAX

struct mt_model_site {
    uint32_t frame; /* index in frames */
    struct mt_model_sums sums;
};

struct mt_model {
    struct mt_model_header header;
    struct mt_model_total total;
    struct mt_model_resource resource;
    struct mt_model_module *modules;
    struct mt_model_frame *frames;
    struct mt_model_site *sites;
    struct mt_model_event *events;
    struct mt_model_leaks leaks; /* mode NULL: nobody has looked for any */
    struct mt_model_leak *leak;
    uint32_t module_count, frame_count, site_count, event_count, leak_count;
    uint64_t mismatch; /* of the end record */
    bool has_total;    /* false only if the summary was cut before */
};

/* Index of the frame with that id, MT_ROOT if there is none. */
uint32_t mt_model_frame(const struct mt_model *model, uint64_t id);
uint32_t mt_model_module(const struct mt_model *model, uint64_t id);

void mt_model_free(struct mt_model *model);

#endif

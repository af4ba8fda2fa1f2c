/*
 * Start, fork and exit; the only file that wires the layers together.
 *
 * The first allocation can come from the dynamic loader, before any constructor: boot()
 * runs then, with raw system calls and no allocation. What needs a working C library
 * (fork handlers, signals, files) waits for the constructor.
 */
#include "alloc/init.h"

#include "alloc/backend.h"
#include "alloc/canary.h"
#include "alloc/control.h"
#include "alloc/environment.h"
#include "alloc/guard.h"
#include "alloc/header.h"
#include "alloc/heap_check.h"
#include "alloc/leaks.h"
#include "alloc/leaks_threads.h"
#include "alloc/leaks_ages.h"
#include "alloc/limits.h"
#include "alloc/live_bits.h"
#include "alloc/marks.h"
#include "alloc/periodic.h"
#include "alloc/quarantine.h"
#include "alloc/recorder.h"
#include "alloc/stack_mode.h"
#include "alloc/thresholds.h"
#include "base/alone.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory_limit.h"
#include "base/options.h"
#include "base/pages.h"
#include "base/policy.h"
#include "base/random.h"
#include "base/sys.h"
#include "export/dump.h"
#include "export/summary.h"
#include "mtalloc/mtalloc.h"
#include "track/arch.h"
#include "track/capture.h"
#include "track/modules.h"
#include "track/sample.h"
#include "track/thread.h"
#include "track/tree.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#define METADATA_LEAST (4u << 20)

bool mt_off;
/* Alone on its page, which cores leave out. */
static union {
    struct mt_header_keys keys;
    char page[MT_PAGE_BYTES];
} secret __attribute__((aligned(MT_PAGE_BYTES)));
extern struct mt_header_keys mt_header_keys __attribute__((alias("secret")));
struct mt_canary mt_canary;

#pragma weak mtalloc_options
extern const char *malloc_conf __attribute__((weak));

static _Atomic int stage; /* 0 not started, 1 starting, 2 started */
static struct mt_environment environment;
static unsigned problems;

static void on_problem(const struct mt_option_problem *problem, void *context) {
    char allowed[160];
    (void)context;
    problems++;
    if (problem->option)
        mt_log(MT_SAY_OPTION_IGNORED, problem->option->name,
               mt_option_allowed(problem->option, allowed, sizeof allowed), NULL);
    else /* its name is not the library's to print */
        mt_log(MT_SAY_OPTION_UNKNOWN, "mtalloc options", NULL, NULL);
}

static void read_options(struct mt_options *options, bool report) {
    void (*problem)(const struct mt_option_problem *, void *) = report ? on_problem : NULL;
    mt_options_default(options);
    if (&mtalloc_options && mtalloc_options)
        (void)mt_options_parse(options, mtalloc_options, problem, NULL);
    const char *text = mt_environment_get(&environment, "MTALLOC_OPTIONS");
    if (text && !environment.secure)
        (void)mt_options_parse(options, text, problem, NULL);
}

/* No option lowers what the host's owner asks for. */
static void apply_policy(struct mt_options *options) {
    static struct mt_policy policy;
    const char *problem = mt_policy_read(MT_POLICY, &policy);
    if (problem)
        mt_log(MT_SAY_POLICY_PROBLEM, MT_POLICY, problem, NULL);
    mt_policy_apply(&policy, options);
    if (!options->require_encryption || !options->recorder[0])
        return;
    mt_log(MT_SAY_RECORDER_REFUSED, "the host's policy requires encryption", NULL, NULL);
    options->recorder[0] = '\0';
}

static void draw_keys(void) {
    (void)mt_sys3(SYS_madvise, &secret, sizeof secret, MADV_DONTDUMP);
    mt_random(&secret.keys, sizeof secret.keys);
    mt_random(&mt_canary, sizeof mt_canary);
    for (unsigned i = 0; i < sizeof mt_canary.byte; i++)
        if (!mt_canary.byte[i])
            mt_canary.byte[i] = 0xa5;
}

/* What tracking may take of a limit on memory: it must not be why a program meets it. */
static uint64_t bounded(uint64_t bytes) {
    uint64_t share = mt_memory_limit(MT_CGROUP_SELF, MT_CGROUP_MOUNT) / 16;
    if (bytes > share)
        bytes = share;
    return bytes < METADATA_LEAST ? METADATA_LEAST : bytes;
}

static void make_region(const struct mt_options *options) {
    struct mt_region_setup setup = {
        .bytes = bounded(options->max_metadata),
        .fd = -1,
        .program = environment.program,
        .stack_mode = options->stack,
        .frames = (uint32_t)options->frames,
        .sample = options->stack == MT_STACK_SAMPLED ? options->sample : 0};
    if (options->recorder[0] && !environment.secure)
        setup.fd = mt_recorder_open(options->recorder, environment.program);
    struct mt_region *region = mt_region_create(&setup);
    if (!region && setup.fd >= 0) {
        mt_log(MT_SAY_RECORDER_UNUSABLE, "no room for it: counting in private memory", NULL,
               NULL);
        (void)mt_sys1(SYS_close, setup.fd);
        setup.fd = -1;
        region = mt_region_create(&setup);
    }
    if (setup.fd >= 0)
        (void)mt_sys1(SYS_close, setup.fd);
    if (!region) {
        mt_log(MT_SAY_TABLES_UNAVAILABLE, "nothing is counted", NULL, NULL);
        return;
    }
    region->options_ignored = problems;
    mt_summary_scope(region);
    mt_tree_start();
    mt_module_start();
}

static void boot(void) {
    static struct mt_options options; /* large for a stack that malloc is called on */
    const char *conf;
    mt_environment_find(&environment);
    read_options(&options, false);
    mt_log_start(environment.secure ? "none" : options.log,
                 (enum mt_log_level)options.log_level);
    read_options(&options, true);
    if (!environment.secure)
        apply_policy(&options);
    mt_options_seal(&options);
    mt_alone_start();
    mt_backend_start(&malloc_conf ? malloc_conf : NULL);
    mt_off = options.off;
    if (mt_off)
        return;
    conf = mt_environment_get(&environment, "MALLOC_CONF");
    if (conf && strstr(conf, "prof:true"))
        mt_log(MT_SAY_PROFILER_UNAVAILABLE, "prof:true", NULL, NULL);
    draw_keys();
    mt_stack_start(options.stack);
    if (!environment.secure) /* no signals there */
        mt_guard_start(&options);
    mt_thread_bypass = mt_limits_slow(&options);
    mt_quarantine_start(&options);
    mt_live_bits_start(&options);
    mt_thresholds_boot();
    mt_capture_frames = (uint32_t)options.frames;
    mt_sample_mean = options.sample;
    memcpy(mt_module_program, environment.program,
           strnlen(environment.program, MT_MODULE_NAME_MAX - 1));
    make_region(&options);
    mt_thread_init();
}

/* Whoever comes first starts the library; a call from within, or from another thread
 * meanwhile, gets a block that is not counted. */
struct mt_thread *mt_enter_slow(void) {
    int fresh = 0;
    if (atomic_load_explicit(&stage, memory_order_acquire) != 2) {
        if (!atomic_compare_exchange_strong(&stage, &fresh, 1))
            return NULL;
        boot();
        atomic_store_explicit(&stage, 2, memory_order_release);
    }
    return mt_off ? NULL : mt_thread_start();
}

/* Asking jemalloc for its figures takes locks, so it is done here, on a slow path outside
 * of signal handlers' usual way, at most once a second. */
static void refresh_now_and_then(void) {
    static _Atomic uint64_t next_ms = 1000;
    uint64_t now = mt_clock_monotonic_ms() - mt_region_own->start_monotonic_ms;
    uint64_t due = atomic_load_explicit(&next_ms, memory_order_relaxed);
    mt_periodic_interval();
    mt_control_safe_point();
    mt_ages_note(now);
    if (now < due || !atomic_compare_exchange_strong(&next_ms, &due, now + 1000))
        return;
    mt_backend_refresh_figures();
}

static void after_detach(void) {
    mt_guard_after_fork();
    mt_stack_after_detach();
    mt_marks_after_fork(true);
    mt_leaks_after_fork();
    mt_thresholds_after_fork();
    mt_periodic_after_fork();
    mt_export_after_fork_child(mt_region_own);
}

static void after_fork_in_child(void) {
    if (mt_off || !mt_region_own)
        return;
    mt_alone_after_fork();
    mt_thread_after_fork();
    mt_marks_after_fork(false);
    mt_guard_after_fork();
    mt_thresholds_after_fork();
    mt_leaks_threads_after_fork();
    if (!mt_region_is_shared()) /* else after_detach() does */
        mt_leaks_after_fork();
    mt_periodic_after_fork();
    if (mt_region_is_shared()) {
        /* Finds its state wiped and gets a region of its own. A file is not made before
         * something is counted: often exec comes first. */
        if (!mt_options->follow_fork)
            (void)mt_enter();
    } else
        mt_export_after_fork_child(mt_region_own);
}

__attribute__((constructor(101))) static void start(void) {
    (void)mt_enter();
    if (mt_off || !mt_region_own)
        return;
    mt_module_ready();
    /* Before anything is published that a fork would have to carry over. */
    (void)pthread_atfork(NULL, NULL, after_fork_in_child);
    mt_thread_on_detach = after_detach;
    if (mt_options->follow_fork)
        mt_thread_child_recording = mt_recorder_open_child;
    if (environment.secure)
        return;
    struct mt_export_setup setup = {.region = mt_region_own,
                                    .envp = environment.envp,
                                    .refresh = mt_backend_refresh_figures};
    mt_control_prepare();
    mt_guard_start_signal();
    mt_export_start(&setup);
    mt_thread_on_refill = refresh_now_and_then;
    mt_thresholds_start();
}

/* The lowest priority number runs last: after the program's own destructors. */
__attribute__((destructor(101))) static void finish(void) {
    struct mt_registers registers;
    MT_REGISTERS_HERE(&registers);
    (void)mt_enter(); /* a forked child of a recorded process has no say in its record */
    if (mt_off || !mt_region_own)
        return;
    mt_quarantine_verify();
    mt_heap_check_at_exit();
    mt_leaks_at_exit((uintptr_t)&registers);
    atomic_store(&mt_region_own->state, MT_STATE_EXITED);
    if (mt_options->exit == MT_EXIT_SUMMARY && !environment.secure)
        (void)mt_dump(MT_REASON_EXIT); /* refreshes the figures */
    else if (mt_region_is_shared())
        mt_backend_refresh_figures(); /* a recording is read after the end */
}

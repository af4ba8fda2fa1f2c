#include "export/dump.h"

#include "track/region_make.h"

#include "base/alone.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/option_values.h"
#include "base/options.h"
#include "base/quiet.h"
#include "base/sys.h"
#include "export/files.h"
#include "export/resources.h"
#include "export/sandbox.h"
#include "export/seal.h"
#include "export/signal.h"
#include "export/stack.h"
#include <errno.h>
#include <string.h>

#define STACK_BYTES 65536

static struct mt_region *region; /* NULL: no dumps */
static void (*refresh_figures)(void);
static _Atomic uint64_t last_signal_ms; /* when the last one for a signal ended; 0: never */

static struct request {
    int fd;           /* -1: a new file */
    const char *path; /* its name; NULL: one of ours */
    enum mt_reason reason;
    int result;
    struct mt_file file;
    struct mt_resources resources;
} request;

static char stack[STACK_BYTES] __attribute__((aligned(64)));

static void log_failure(int error, enum mt_dir_problem problem) {
    char number[16];
    struct mt_out out;
    const char *text = number;
    mt_out_init(&out, -1, number, sizeof number - 1);
    mt_out_text(&out, "errno ");
    mt_out_i64(&out, -error);
    number[out.used] = '\0';
    if (problem != MT_DIR_OK)
        text = mt_dir_message(problem);
    else if (error == -ENOTSUP)
        text = "it cannot be sealed";
    else if (error == -EEXIST)
        text = "there is something of that name";
    else if (error == -ENOSPC || error == -EDQUOT)
        text = "no space left";
    else if (error == -EROFS)
        text = "read-only file system";
    else if (error == -EFBIG)
        text = "file size limit reached";
    else if (error == -EMFILE || error == -ENFILE)
        text = "no file descriptor left";
    mt_log(MT_SAY_SUMMARY_NOT_WRITTEN, text, NULL, NULL);
}

static int write_summary(int fd, uint64_t room_bytes) {
    struct mt_summary_target target = {
        .fd = fd, .max_bytes = mt_options->max_dump_bytes, .sealed = mt_seal_wanted()};
    if (target.max_bytes > room_bytes)
        target.max_bytes = room_bytes;
    if (target.sealed) /* which makes it longer */
        target.max_bytes -= target.max_bytes / 2048 + 256;
    return mt_summary_write(region, &target, request.reason, &request.resources);
}

static int open_file(struct mt_file *file) {
    struct mt_quota quota = {mt_options->max_dir_files, mt_options->max_dir_bytes};
    if (request.path)
        return mt_file_open_at(file, request.path, mt_options->dir_fixed, &quota);
    struct mt_file_facts facts = {
        .program = region->strict ? "" : region->program,
        .reason = mt_reason_name(request.reason),
        .pid = (uint32_t)mt_sys0(SYS_getpid),
        .sequence = atomic_load(&region->dumps) + 1,
        .sealed = mt_seal_wanted(),
        .quota = quota,
    };
    return mt_file_open(file, &facts);
}

static int write_file(void) {
    struct mt_file *file = &request.file;
    int result = open_file(file);
    if (result != 0)
        return result;
    result = write_summary(file->fd, file->room_bytes);
    if (result == 0)
        return mt_file_commit(file);
    mt_file_abandon(file);
    return result;
}

/* The export itself, on its own stack. */
static void work(void *unused) {
    (void)unused;
    request.file.problem = MT_DIR_OK;
    bool sealed = mt_seal_wanted(), into_file = request.fd < 0;
    bool forbidden =
        mt_sandbox_forbids(sealed || into_file ? "summary" : "figures of the process");
    if (forbidden)
        mt_resources_none(region->start_monotonic_ms, &request.resources);
    else
        mt_resources_self(region->start_monotonic_ms, &request.resources);
    if (sealed && !mt_seal_possible())
        request.result = -ENOTSUP; /* never plain instead */
    else if (forbidden && (sealed || into_file))
        request.result = -EPERM;
    else
        request.result =
            request.fd < 0 ? write_file() : write_summary(request.fd, UINT64_MAX);
    if (request.result == 0) {
        atomic_fetch_add(&region->dumps, 1);
        if (request.fd < 0 && !request.path)
            mt_log(MT_SAY_SUMMARY_WRITTEN, request.file.name, NULL, NULL);
    } else {
        atomic_fetch_add(request.file.problem == MT_DIR_FULL ? &region->dumps_suppressed
                                                             : &region->signals_failed,
                         1);
        if (!forbidden) /* which was said once */
            log_failure(request.result, request.file.problem);
    }
}

static bool too_soon(enum mt_reason reason) {
    uint64_t last = atomic_load(&last_signal_ms);
    return reason == MT_REASON_SIGNAL && last &&
           mt_clock_monotonic_ms() - last < mt_options->min_dump_interval;
}

static int refuse(void) {
    atomic_fetch_add(&region->dumps_suppressed, 1);
    return -EAGAIN;
}

/* What a parent left on the stack when it forked is no frame of the child's. */
#if defined(__SANITIZE_ADDRESS__)
void __asan_unpoison_memory_region(void const volatile *at, size_t bytes);
#    define FORGET_FRAMES() __asan_unpoison_memory_region(stack, sizeof stack)
#else
#    define FORGET_FRAMES() (void)0
#endif

/* With the flag set and signals blocked. */
static int run(int fd, const char *path, enum mt_reason reason) {
    if (atomic_load(&region->dumps) >= mt_options->max_dumps || too_soon(reason))
        return refuse();
    request.fd = fd;
    request.path = path;
    request.reason = reason;
    FORGET_FRAMES();
    mt_on_stack(work, NULL, stack + sizeof stack);
    /* From the end, so that the program gets its turn however long one takes. */
    if (reason == MT_REASON_SIGNAL)
        atomic_store(&last_signal_ms, mt_clock_monotonic_ms());
    return request.result;
}

static int dump(int fd, const char *path, enum mt_reason reason) {
    struct mt_quiet quiet;
    if (!region)
        return -ENOTSUP;
    /* A forked child that has not counted anything yet still has its parent's recording. */
    if (mt_region_is_shared() && region->pid != (uint32_t)mt_sys0(SYS_getpid))
        return -ENOTSUP;
    /* Refused without a system call: a storm of signals must cost little. */
    if (too_soon(reason))
        return refuse();
    if (reason == MT_REASON_EXIT && refresh_figures)
        refresh_figures();
    /* The flag comes after the mask: no handler can jump away with it set. */
    mt_quiet_begin(&quiet, MT_QUIET_MOST);
    int result;
    if (mt_alone_begin(MT_ALONE_DUMP)) {
        result = run(fd, path, reason);
        mt_alone_end(MT_ALONE_DUMP);
    } else {
        result = refuse();
    }
    mt_quiet_end(&quiet);
    return result;
}

bool mt_export_alone(void (*alone)(void *), void *context) {
    struct mt_quiet quiet;
    mt_quiet_begin(&quiet, MT_QUIET_MOST);
    bool mine = mt_alone_begin(MT_ALONE_DUMP);
    if (mine) {
        FORGET_FRAMES();
        mt_on_stack(alone, context, stack + sizeof stack);
        mt_alone_end(MT_ALONE_DUMP);
    }
    mt_quiet_end(&quiet);
    return mine;
}

/* Tells readers of the region which signal requests come by. */
static void note_signal(void) {
    if (region && (!mt_region_is_shared() || region->pid == (uint32_t)mt_sys0(SYS_getpid)))
        atomic_store(&region->control.signal, (uint32_t)mt_signal_taken());
}

int mt_dump(enum mt_reason reason) {
    return dump(-1, NULL, reason);
}

int mt_dump_fd(int fd, enum mt_reason reason) {
    return fd < 0 ? -EBADF : dump(fd, NULL, reason);
}

int mt_dump_to(const char *path, enum mt_reason reason) {
    return path ? dump(-1, path, reason) : -EINVAL;
}

void mt_export_start(const struct mt_export_setup *setup) {
    mt_alone_start();
    int number = 0;
    mt_sandbox_start();
    enum mt_dir_problem problem = mt_files_start(mt_options->dir, setup->envp);
    if (problem != MT_DIR_OK)
        mt_log(MT_SAY_DIRECTORY_UNUSABLE, mt_dir_message(problem), NULL, NULL);
    const char *why = mt_options->recipient[0] ? mt_seal_load(mt_options->recipient) : NULL;
    if (!mt_options->recipient[0] && mt_options->require_encryption) {
        static const uint8_t nobody[MT_SEAL_KEY_BYTES];
        mt_seal_use(NULL, nobody);
        why = "the host's policy requires it, and there is no recipient";
    }
    if (why)
        mt_log(MT_SAY_SEALING_IMPOSSIBLE, why, NULL, NULL);
    refresh_figures = setup->refresh;
    region = setup->region;
    (void)mt_option_read_signal(mt_options->signal, strlen(mt_options->signal), &number);
    if (number && !mt_signal_start(number)) {
        mt_log(MT_SAY_SIGNAL_NOT_TAKEN, "the program's own", NULL, NULL);
        atomic_store(&region->control.declined, 1);
    }
    note_signal();
}

void mt_export_after_fork_child(struct mt_region *now) {
    if (!region)
        return;
    mt_sandbox_after_fork();
    region = now;
    if (!now)
        return;
    mt_summary_scope(now);
    now->pid = (uint32_t)mt_sys0(SYS_getpid);
    atomic_store(&now->dumps, 0);
    atomic_store(&now->dumps_suppressed, 0);
    atomic_store(&now->signals_failed, 0);
    atomic_store(&last_signal_ms, 0);
    note_signal();
}

/*
 * mtalloc.h: the public interface of libmtalloc.
 *
 * A program needs none of this: linking with -lmtalloc or preloading the library is
 * enough. Everything is named mtalloc_*; nothing else is exported besides the malloc
 * family, the C++ operators and jemalloc's non-standard API.
 */
#ifndef MTALLOC_H
#define MTALLOC_H

#include <mtalloc/counts.h>
#include <mtalloc/limits.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MTALLOC_VERSION_MAJOR 0
#define MTALLOC_VERSION_MINOR 1
#define MTALLOC_VERSION_PATCH 0
#define MTALLOC_VERSION_NUMBER                                                             \
    (MTALLOC_VERSION_MAJOR * 10000 + MTALLOC_VERSION_MINOR * 100 + MTALLOC_VERSION_PATCH)

/*
 * Options compiled into the program, "key=value,key=value"; MTALLOC_OPTIONS from the
 * environment comes after it and wins. Define it in the program:
 *     const char *mtalloc_options = "exit=summary";
 * Since 0.1.
 */
extern const char *mtalloc_options;

/*
 * Writes a summary into the directory of option `dir`, as a signal would, without the
 * least interval that applies to signals. The file is complete or absent, mode 0600.
 *
 * Returns 0, or a negative errno value: -EAGAIN while another export runs or when
 * max_dumps is reached, -ENOTSUP under `off`, for a privileged (AT_SECURE) program, or when
 * a recipient is set and the summary cannot be sealed, -EDQUOT when the directory has what
 * max_dir_files or max_dir_bytes allows, -EPERM where a seccomp filter may forbid it,
 * otherwise what the system call returned. errno is left alone.
 *
 * Thread-safe. Async-signal-safe. Since 0.1.
 */
int mtalloc_dump(void);

/*
 * Writes a summary to a file descriptor, which stays open. The descriptor must be ready
 * to take all of it. Same errors, thread and signal safety as mtalloc_dump(). Since 0.1.
 */
int mtalloc_dump_fd(int fd);

/*
 * Writes a summary to a new file of this name, mode 0600: complete or absent, never in
 * place of another. As for option `dir`, the directory must belong to the effective user
 * and be writable by nobody else, and not be reached by a symbolic link at its end. A
 * relative path starts at the working directory. Where the host's policy names a directory,
 * only that one will do. Under option `recipient` the content is sealed, whatever the name
 * says.
 *
 * Returns 0 or a negative errno value: as mtalloc_dump(), and -EEXIST if there is something
 * of that name, -EACCES or -EPERM for a directory that is refused, -EISDIR without a name
 * at the end, -ENAMETOOLONG for a path of 256 bytes or a name of 160, -EINVAL for NULL.
 * errno is left alone.
 *
 * Thread-safe. Async-signal-safe. Since 0.1.
 */
int mtalloc_dump_to(const char *path);

/*
 * Checks the heap while the program goes on: the canary of every live block that lies in
 * resident memory, and the blocks in quarantine. Each damaged block is reported once in the
 * process's life, as free() would report it, and counted every time; what happens then is
 * said by option `on_error`, after all live blocks were looked at. Takes a second for some
 * gigabytes, no memory, and holds nobody up.
 *
 * Returns the number of damaged blocks, or a negative errno value: -EAGAIN while another
 * check runs, -ENOTSUP under `off`, -EPERM where the system refuses process_vm_readv() on
 * the process itself or /proc/self/maps, or a seccomp filter may forbid it. errno is left
 * alone.
 *
 * Thread-safe. Async-signal-safe where free() is: not in a handler that interrupts the
 * allocator. Since 0.1.
 */
int mtalloc_check(void);

/*
 * Changes an option while the program runs, "stack=full". Only `stack` can be: to off,
 * caller or full, or between off and sampled; what is allocated from then on is told apart
 * accordingly, what is live keeps its place, everything is counted throughout. Summaries
 * say what was on when, for the first 64 changes.
 *
 * Returns 0, or a negative errno value: -EINVAL for another option, for what is no value of
 * it, and for `sampled` where full or caller was on before, or the other way round; -EAGAIN
 * while another thread changes it; -EPERM where the host's policy forbids it; -ENOTSUP
 * under `off`. errno is left alone.
 *
 * Thread-safe. Async-signal-safe. Since 0.1.
 */
int mtalloc_set_option(const char *text);

/*
 * Hands messages to a function of the program's, in place of the destination of option
 * `log`: `level` is one of those below, `line` one line as docs/FORMAT.md ("Log") has it,
 * without a newline, valid during the call. An error report is several lines, one call
 * each. Option `log_level` applies. Messages from before the call have gone to the option's
 * destination. NULL as the function: so do those from now on.
 *
 * The function is called in any thread, maybe inside malloc or free, in a signal handler,
 * at the program's start or end, or after fork. It must not allocate nor free, wait for
 * what an interrupted thread may hold, or leave by longjmp or an exception. What it makes
 * the library say itself is dropped. Two threads may be in it at once. errno is kept.
 *
 * Thread-safe. Async-signal-safe. Since 0.1.
 */
#define MTALLOC_LOG_ERROR   0
#define MTALLOC_LOG_WARNING 1
#define MTALLOC_LOG_INFO    2
#define MTALLOC_LOG_DEBUG   3
typedef void (*mtalloc_log_function)(int level, const char *line, void *context);
void mtalloc_set_log(mtalloc_log_function function, void *context);

/*
 * Looks for blocks that were not freed, as option `leaks` does at exit. `mode` says how:
 *
 * MTALLOC_LEAKS_SITES      all live blocks, added up by the stack that allocated them
 * MTALLOC_LEAKS_BLOCKS     and the largest of them one by one
 * MTALLOC_LEAKS_REACHABLE  only those that nothing in the program leads to any more: no
 *                          global or thread-local variable, no stack or register, no
 *                          block that is not lost itself
 *
 * What is found is logged, and is in every summary from then on. Ages are "at most".
 * Takes a second for some gigabytes and no memory from the heap. Other threads go on, but
 * for MTALLOC_LEAKS_REACHABLE: a real-time signal that the program does not use makes them
 * stand still meanwhile, so calls that a handler interrupts with EINTR whatever SA_RESTART
 * says (poll, nanosleep, …) return that. Where a thread blocks all of them, or does not
 * answer within two seconds, no block is called lost, but possibly so.
 *
 * Returns the number of lost blocks (MTALLOC_LEAKS_REACHABLE) or of live ones, INT_MAX at
 * most, or a negative errno value: -EINVAL for another mode, -EAGAIN while another look
 * goes on, -ENOTSUP under `off`, -ENOMEM without memory for its tables (3 % of the heap
 * under MTALLOC_LEAKS_REACHABLE, 120 bytes for each site), -EPERM where the system refuses
 * process_vm_readv() on the process itself or /proc/self/maps. errno is left alone.
 *
 * Thread-safe. Async-signal-safe where free() is: not in a handler that interrupts the
 * allocator. Since 0.1.
 */
#define MTALLOC_LEAKS_SITES     1
#define MTALLOC_LEAKS_BLOCKS    2
#define MTALLOC_LEAKS_REACHABLE 3
int mtalloc_leaks(int mode);

/*
 * Marks a block as kept on purpose: no look for leaks reports it, nor, under
 * MTALLOC_LEAKS_REACHABLE, what hangs on it. It may be freed as any other; a realloc makes
 * another block of it.
 *
 * Returns 0, or a negative errno value: -EINVAL where `block` is no live block, -ENOSPC
 * when 4096 blocks that are still live are marked; fewer may fit, since each has only some
 * places that it can take. errno is left alone.
 *
 * Thread-safe. Async-signal-safe where free() is. Since 0.1.
 */
int mtalloc_keep(void *block);

/*
 * The library's version as text, "0.1.0". A constant. Thread-safe, async-signal-safe.
 * Since 0.1.
 */
const char *mtalloc_version(void);

/*
 * The same as a number to compare with MTALLOC_VERSION_NUMBER: major * 10000 + minor * 100
 * + patch. The program may meet an older or newer library than it was compiled for. Never
 * fails. Thread-safe, async-signal-safe. Since 0.1.
 */
int mtalloc_version_number(void);

/*
 * Names the calling thread: 1 to 31 of A-Z a-z 0-9 _ . -. The name LEAVES THE PROCESS: it
 * is in the `thread` records of summaries and in recordings, unless privacy=strict. So it
 * must say what the thread is for and nothing of whom it serves. It lasts until the thread
 * ends or is named again; "" takes it back. The kernel's name of the thread is neither read
 * nor set. A forked child of a recorded program has to name its thread anew.
 *
 * Returns 0, or -EINVAL for another text or NULL, -ENOSPC when more than 64 threads are
 * alive and this one shares its counters with others, -EAGAIN in a handler that interrupts
 * the same call, -ENOTSUP under `off`, without memory for the tables, or in a thread that
 * is past its destructors. errno is left alone.
 *
 * Thread-safe. Async-signal-safe. Since 0.1.
 */
int mtalloc_name_thread(const char *name);

/*
 * Between the two, what the calling thread allocates is counted under [untracked] instead
 * of its stack: it costs no capture and makes no site. Counts, live bytes and limits stay
 * exact, and blocks freed meanwhile are counted at their own site. Pairs may be nested. A
 * forked child goes on as its parent did. Other threads go on.
 *
 * Return 0, or -EINVAL from mtalloc_resume_thread() in a thread that is not paused,
 * -ENOTSUP under `off` or without memory for the tables. errno is left alone.
 *
 * Thread-safe. Async-signal-safe where the handler leaves it as it was. Since 0.1.
 */
int mtalloc_pause_thread(void);
int mtalloc_resume_thread(void);

#ifdef __cplusplus
}
#endif
#endif

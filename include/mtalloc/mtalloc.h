/*
 * mtalloc.h: the public interface of libmtalloc.
 *
 * A program needs none of this: linking with -lmtalloc or preloading the library is
 * enough. Everything is named mtalloc_*; nothing else is exported besides the malloc
 * family, the C++ operators and jemalloc's non-standard API.
 */
#ifndef MTALLOC_H
#define MTALLOC_H

#ifdef __cplusplus
extern "C" {
#endif

#define MTALLOC_VERSION_MAJOR 0
#define MTALLOC_VERSION_MINOR 1

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
 * Hands messages to a function of the program's, in place of the destination of option
 * `log`: `level` is one of those below, `line` one line as docs/FORMAT.md ("Log") has it,
 * without a newline, valid during the call. An error report is several lines, one call
 * each. Option `log_level` applies. Messages from before the call have gone to the option's
 * destination. NULL as the function: so do those from now on.
 *
 * The function is called in any thread, maybe inside malloc or free, in a signal handler,
 * at the program's start or end, or after fork. It must not allocate nor free, wait for
 * what an interrupted thread may hold, or leave by longjmp or an exception. What it makes
 * the library say itself is dropped. Two threads may be in it at once.
 *
 * Thread-safe. Async-signal-safe. Since 0.1.
 */
#define MTALLOC_LOG_ERROR   0
#define MTALLOC_LOG_WARNING 1
#define MTALLOC_LOG_INFO    2
#define MTALLOC_LOG_DEBUG   3
void mtalloc_set_log(void (*function)(int level, const char *line, void *context),
                     void *context);

/*
 * The library's version as text, "0.1.0". A constant. Thread-safe, async-signal-safe.
 * Since 0.1.
 */
const char *mtalloc_version(void);

#ifdef __cplusplus
}
#endif
#endif

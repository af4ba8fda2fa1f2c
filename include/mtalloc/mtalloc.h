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
 * a recipient is set and the summary cannot be sealed,
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
 * the process itself or /proc/self/maps. errno is left alone.
 *
 * Thread-safe. Async-signal-safe where free() is: not in a handler that interrupts the
 * allocator. Since 0.1.
 */
int mtalloc_check(void);

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
 * when 4096 blocks that are still live are marked. errno is left alone.
 *
 * Thread-safe. Async-signal-safe where free() is. Since 0.1.
 */
int mtalloc_keep(void *block);

/*
 * The library's version as text, "0.1.0". A constant. Thread-safe, async-signal-safe.
 * Since 0.1.
 */
const char *mtalloc_version(void);

#ifdef __cplusplus
}
#endif
#endif

/* Ending the process from inside the allocator. */
#ifndef MT_BASE_DIE_H
#define MT_BASE_DIE_H

/* Raises SIGABRT as abort() does (the program's handler runs, then the default action),
 * without taking a lock of libc. MT_SIGNAL_SAFE. */
_Noreturn void mt_die(void);

#endif

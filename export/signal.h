/* The signal that asks for a summary (option `signal`), or with a value for something else.
 */
#ifndef MT_EXPORT_SIGNAL_H
#define MT_EXPORT_SIGNAL_H

#include <stdbool.h>

/* Takes signal `number` unless the program (or its parent) gave it a disposition already.
 * True if it was taken. 0 takes nothing. */
bool mt_signal_start(int number);

/* The signal that was taken, while the program has not taken it back; else 0. */
int mt_signal_taken(void);

#endif

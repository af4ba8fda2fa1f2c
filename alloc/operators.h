/*
 * C++'s operators among themselves. A program may bring its own; the forms it does not
 * bring then call those that it does, as [new.delete] says of the C++ runtime's: what one
 * of them allocates may come back to another.
 */
#ifndef MT_ALLOC_OPERATORS_H
#define MT_ALLOC_OPERATORS_H

#include "base/attr.h"

/* Weak, so that a static link takes the program's own as well. */
#define OPERATOR MT_EXPORT __attribute__((weak))

/* Names this library's form, whichever the symbol leads to: for REPLACED(). */
#define OWN(name, symbol)                                                                  \
    extern MT_HIDDEN __typeof__(name) own_##name __attribute__((alias(symbol)))

#define REPLACED(name) MT_UNLIKELY(name != own_##name)

#endif

/* Which code only passes allocations on: a report names who asked. */
#ifndef MT_CLI_PLUMBING_H
#define MT_CLI_PLUMBING_H

#include "cli/model.h"
#include "cli/symbols.h"

/* The allocator, the C and C++ runtimes, the loader; containers of C++ and Rust. */
bool mt_plumbing(const struct mt_model_module *module, const struct mt_place *place);

/* The same for modules alone. */
bool mt_plumbing_module(const struct mt_model_module *module);

/* What only calls a function that it was given: never worth a line of a stack. */
bool mt_plumbing_trampoline(const struct mt_place *place);

/* Functions that start a program or thread: nothing of interest lies outside of them. */
bool mt_plumbing_start(const struct mt_place *place);

#endif

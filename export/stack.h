/* Running a function on another stack. */
#ifndef MT_EXPORT_STACK_H
#define MT_EXPORT_STACK_H

/* Calls function(argument) with the stack pointer at `top`, a multiple of 16, and comes
 * back. Signals whose handlers might need more stack than is there must be blocked.
 * MT_SIGNAL_SAFE. */
void mt_on_stack(void (*function)(void *), void *argument, void *top);

#endif

/* The heap check: the canaries of all live blocks, and the blocks in quarantine. */
#ifndef MT_ALLOC_HEAP_CHECK_H
#define MT_ALLOC_HEAP_CHECK_H

/* Reports each damaged block once. Returns the number of them, or a negative errno as
 * mtalloc_check() does. MT_SIGNAL_SAFE as far as freeing is. */
int mt_heap_check(void);

/* The live blocks under option `check`, within exit_budget_ms; says what was not reached.
 * The quarantine has its own, mt_quarantine_verify(). */
void mt_heap_check_at_exit(void);

#endif

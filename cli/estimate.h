/* From the counts of a summary made under stack=sampled to figures per stack. */
#ifndef MT_CLI_ESTIMATE_H
#define MT_CLI_ESTIMATE_H

#include "cli/model.h"

/* Replaces the sites' figures by estimates, as docs/FORMAT.md describes; other summaries
 * stay as they are. Sums over the stacks that end in the same call stay exact. */
void mt_estimate(struct mt_model *model);

#endif

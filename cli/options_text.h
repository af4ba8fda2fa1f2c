/* How an option is written down for people; the manual page has the same text. */
#ifndef MT_CLI_OPTIONS_TEXT_H
#define MT_CLI_OPTIONS_TEXT_H

#include "base/options.h"
#include <stdio.h>

/* Two lines: name, values, default; then the help. */
void mt_option_print(const struct mt_option_info *option, FILE *out);

#endif

/* Paragraphs for help texts. */
#ifndef MT_CLI_WRAP_H
#define MT_CLI_WRAP_H

#include <stdio.h>

/* Prints `text` and a newline, broken at blanks before column 80; the first line begins at
 * column `indent`, where the caller is, the others are indented to it. */
void mt_wrap(FILE *out, unsigned indent, const char *text);

#endif

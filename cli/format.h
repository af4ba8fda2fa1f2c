/* Numbers and names as a report shows them. */
#ifndef MT_CLI_FORMAT_H
#define MT_CLI_FORMAT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define MT_FORMAT_MAX 32

/* At most six columns: "0", "812", "1.5K", "20.0M"; bytes count in 1,024, others in 1,000.
 */
const char *mt_format_bytes(char text[MT_FORMAT_MAX], uint64_t bytes);
const char *mt_format_count(char text[MT_FORMAT_MAX], uint64_t count);

/* All digits, in groups: "1,234,567". */
const char *mt_format_exact(char text[MT_FORMAT_MAX], uint64_t number);

/* "0.4 s", "12 min", "3.2 h". */
const char *mt_format_time(char text[MT_FORMAT_MAX], uint64_t ms);

/* `part` of `whole` in whole percent; "<1%" and ">99%" for what is not nothing and
 * not all. */
const char *mt_format_share(char text[MT_FORMAT_MAX], uint64_t part, uint64_t whole);

/* Where a report goes, and how much it may look like something. */
struct mt_paper {
    FILE *out;
    unsigned width; /* columns, 0: as long as need be */
    bool colour;
};

/* Asks the terminal behind `out`; NO_COLOR and TERM=dumb switch colours off. */
struct mt_paper mt_paper_of(FILE *out);

/* Escape sequences, empty without colour. */
const char *mt_paper_strong(const struct mt_paper *paper);
const char *mt_paper_faint(const struct mt_paper *paper);
const char *mt_paper_plain(const struct mt_paper *paper);

/* Prints a text of at most `columns`; what is too long loses its middle. */
void mt_paper_fit(const struct mt_paper *paper, const char *text, size_t columns);

#endif

/* What the command says about itself: one line on stderr, nothing in it can be a control
 * sequence. And the memory calls of this layer, which say so and exit when there is none.
 */
#ifndef MT_CLI_SAY_H
#define MT_CLI_SAY_H

#include <stddef.h>

/* Prints "mtalloc: TEXT" and a newline to stderr. */
void mt_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Takes the texts while stderr is not to be written to, under a full screen; or NULL. */
extern void (*mt_say_instead)(const char *text);

/* A copy of `text` for a terminal: bytes that are no printable UTF-8, and marks that turn
 * the direction of writing, become \xNN. At most `most` bytes of text are used. */
char *mt_text_clean(const char *text, size_t most);

/* Columns that a clean text takes: its characters. */
size_t mt_text_columns(const char *text);

/* Never NULL. `count * size` is checked. */
void *mt_alloc(size_t count, size_t size);
void *mt_resize(void *block, size_t count, size_t size);
char *mt_copy(const char *text);
char *mt_join(const char *a, const char *b, const char *c);

/* Makes room for one more in an array of `count` that grows by doubling. */
#define mt_grow(array, count)                                                              \
    (((count) & ((count)-1)) == 0                                                          \
         ? (void)((array) = mt_resize((array), (count) ? (size_t)(count)*2 : 1,            \
                                      sizeof *(array)))                                    \
         : (void)0)

#endif

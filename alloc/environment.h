/* The process's start-up block, found without the C library: getenv() can't be used before
 * the library's own pointer to the environment is set, and the first malloc comes before.
 */
#ifndef MT_ALLOC_ENVIRONMENT_H
#define MT_ALLOC_ENVIRONMENT_H

#include <stdbool.h>

struct mt_environment {
    const char *const *envp; /* never NULL; ends with NULL */
    bool secure;             /* AT_SECURE: a privileged program */
    const char *program;     /* base name of the executable; a static buffer */
};

/* Reads it from the initial stack. MT_SIGNAL_SAFE. */
void mt_environment_find(struct mt_environment *environment);

/* The value of a variable, or NULL. */
const char *mt_environment_get(const struct mt_environment *environment, const char *name);

#endif

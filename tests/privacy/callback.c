/*
 * Has messages handed to itself: a summary, a heap error, and one more that the function
 * causes. Prints them, and what it got as context; then takes the destination back.
 */
#include "mtalloc/mtalloc.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char lines[8192];
static unsigned errors;
static const char word[] = "context";

static void receive(int level, const char *line, void *context) {
    if (context != word || strchr(line, '\n') != NULL)
        abort();
    errors += level == MTALLOC_LOG_ERROR;
    strncat(strcat(lines, line), "\n", 2);
    (void)mtalloc_dump_fd(-1); /* no summary, nothing said */
    errno = EDOM;
}

int main(void) {
    char *volatile block = malloc(100);
    mtalloc_set_log(receive, (void *)word);
    (void)mtalloc_dump();
    errno = 77;
    free(block);
    free(block);
    if (errno != 77)
        return 1;
    mtalloc_set_log(NULL, NULL);
    (void)mtalloc_dump();
    fputs(lines, stdout);
    printf("errors %u\n", errors);
    return 0;
}

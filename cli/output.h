/* The file that the user asked for: whole under its name, or not there. */
#ifndef MT_CLI_OUTPUT_H
#define MT_CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

struct mt_output {
    int fd;          /* write here */
    char *path;      /* as the user wrote it */
    char *temporary; /* what is renamed to path; NULL if the path is written directly */
};

/*
 * A regular file is made beside its place, mode 0600, and takes it when committed. What is
 * there and no file (a pipe, /dev/null) is written as it is; "-" is stdout. A symbolic link
 * is refused. False when it cannot be done, which has been said.
 */
bool mt_output_open(struct mt_output *output, const char *path);

/* All of the bytes. False when they could not be written, which has been said. */
bool mt_output_write(const struct mt_output *output, const void *bytes, size_t length);

/* Both end the output. False when the file could not be completed, which has been said. */
bool mt_output_commit(struct mt_output *output);
void mt_output_abandon(struct mt_output *output);

/* Whether the file could be written, so that nobody learns it after hours. */
bool mt_output_check(const char *path);

#endif

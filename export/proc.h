/* Reading /proc line by line, without memory. MT_SIGNAL_SAFE. */
#ifndef MT_EXPORT_PROC_H
#define MT_EXPORT_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens /proc/PID/FILE, /proc/self/FILE for PID 0. A descriptor or a negative errno. */
int mt_proc_open(uint32_t pid, const char *file);

/* read(), again after EINTR. */
long mt_proc_read(int fd, void *buffer, size_t bytes);

/* Gives the first 127 bytes of every line to `take`, until that returns false. Returns the
 * number of lines given or a negative errno. */
long mt_proc_lines(uint32_t pid, const char *file, bool (*take)(const char *line, void *),
                   void *context);

/* The same of an open file, from its beginning; its offset stays where it is. */
long mt_proc_lines_of(int fd, bool (*take)(const char *line, void *), void *context);
/* Reads a number in lower-case hex and moves *at behind it. */
uint64_t mt_proc_hex(const char **at);

#endif

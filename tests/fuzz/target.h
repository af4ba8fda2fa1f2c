/* What the fuzz targets share. */
#ifndef TESTS_FUZZ_TARGET_H
#define TESTS_FUZZ_TARGET_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

#define MUST(condition)                                                                    \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            dprintf(2, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);             \
            abort();                                                                       \
        }                                                                                  \
    } while (0)

/* Messages are part of what is run, and of no interest. */
static inline void say_nothing(void) {
    stderr = fopen("/dev/null", "w");
    MUST(stderr != NULL);
}

/* A file without a name that holds the bytes. */
static inline int file_of(const void *bytes, size_t length) {
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    MUST(fd >= 0 && write(fd, bytes, length) == (ssize_t)length &&
         lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

#endif

#include "examples/corpus.h"
#include "examples/memory.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALLEST_FILE 64
#define LARGEST_FILE  (256 * 1024)

static void add_document(struct corpus *corpus, char *name, char *text, size_t bytes) {
    if (corpus->count == corpus->capacity) {
        corpus->capacity = corpus->capacity != 0 ? corpus->capacity * 2 : 64;
        corpus->documents =
            must_resize(corpus->documents, corpus->capacity * sizeof *corpus->documents);
    }
    corpus->documents[corpus->count++] =
        (struct document){.name = name, .text = text, .bytes = bytes};
    corpus->bytes += bytes;
}

void corpus_add_text(struct corpus *corpus, const char *name, const char *text) {
    add_document(corpus, must_copy(name, strlen(name)), must_copy(text, strlen(text)),
                 strlen(text));
}

static bool is_compressed(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot != NULL && (strcmp(dot, ".gz") == 0 || strcmp(dot, ".xz") == 0 ||
                           strcmp(dot, ".bz2") == 0 || strcmp(dot, ".zst") == 0);
}

/* The whole file as text, or NULL. */
static char *read_text(const char *path, size_t bytes) {
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    char *text = must_allocate(bytes + 1);
    ssize_t got = read(fd, text, bytes);
    close(fd);
    if (got != (ssize_t)bytes || memchr(text, '\0', bytes) != NULL) {
        free(text);
        return NULL;
    }
    text[bytes] = '\0';
    return text;
}

static void add_file(struct corpus *corpus, const char *path, off_t size) {
    if (size < SMALLEST_FILE || size > LARGEST_FILE || is_compressed(path))
        return;
    char *text = read_text(path, (size_t)size);
    if (text != NULL)
        add_document(corpus, must_copy(path, strlen(path)), text, (size_t)size);
}

static int not_hidden(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

void corpus_add_directory(struct corpus *corpus, const char *directory) {
    struct dirent **entries;
    int count = scandir(directory, &entries, not_hidden, alphasort);
    for (int i = 0; i < count; i++) {
        char *path;
        struct stat status;
        if (asprintf(&path, "%s/%s", directory, entries[i]->d_name) < 0)
            abort();
        if (corpus->bytes < corpus->most_bytes && lstat(path, &status) == 0) {
            if (S_ISDIR(status.st_mode))
                corpus_add_directory(corpus, path);
            else if (S_ISREG(status.st_mode))
                add_file(corpus, path, status.st_size);
        }
        free(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

void corpus_free(struct corpus *corpus) {
    for (size_t i = 0; i < corpus->count; i++) {
        free(corpus->documents[i].name);
        free(corpus->documents[i].text);
    }
    free(corpus->documents);
}

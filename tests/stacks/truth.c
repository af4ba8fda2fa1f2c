#include "stacks/truth.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENTRIES 40000
#define BLOCKS  400000
#define TEXT    8192

struct entry {
    char *path;
    long allocs, bytes, frees, free_bytes;
    struct entry *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry entries[ENTRIES], *bucket[65536];
static struct {
    void *block;
    size_t size;
    struct entry *entry;
} blocks[BLOCKS];
static size_t entry_count, block_count, text_used;
static char text[64 << 20];

static _Thread_local struct truth_stack own;
__thread struct truth_stack *truth_now;

static void stop(const char *why) {
    (void)!write(2, why, strlen(why));
    _exit(3);
}

void truth_begin(const char *outer) {
    if (!truth_now)
        truth_now = &own;
    truth_now->depth = 1;
    truth_now->name[0] = outer;
}

void truth_push(const char *name) {
    if (truth_now->depth == TRUTH_DEPTH)
        stop("too deep\n");
    truth_now->name[truth_now->depth++] = name;
}

void truth_pop(void) {
    truth_now->depth--;
}

static struct entry *entry_of(const char *path, size_t length) {
    unsigned hash = 5381;
    for (size_t i = 0; i < length; i++)
        hash = hash * 33 + (unsigned char)path[i];
    struct entry **head = &bucket[hash % 65536];
    for (struct entry *entry = *head; entry; entry = entry->next)
        if (!strcmp(entry->path, path))
            return entry;
    if (entry_count == ENTRIES || text_used + length + 1 > sizeof text)
        stop("too many stacks\n");
    struct entry *made = &entries[entry_count++];
    made->path = memcpy(text + text_used, path, length + 1);
    text_used += length + 1;
    made->next = *head;
    return *head = made;
}

/* Of the stack as it is now. Called with the lock. */
static struct entry *current(size_t size) {
    static char path[TEXT];
    size_t used = 0;
    for (int i = 0; i < truth_now->depth; i++) {
        size_t length = strlen(truth_now->name[i]);
        if (used + length + 2 > sizeof path)
            stop("a stack too long\n");
        memcpy(path + used, truth_now->name[i], length);
        used += length;
        path[used++] = ';';
    }
    if (used)
        path[--used] = '\0';
    struct entry *entry = entry_of(path, used);
    entry->allocs++;
    entry->bytes += (long)size;
    return entry;
}

void truth_count(size_t size, int freed) {
    pthread_mutex_lock(&lock);
    struct entry *entry = current(size);
    entry->frees += freed;
    entry->free_bytes += freed ? (long)size : 0;
    pthread_mutex_unlock(&lock);
}

void *truth_keep(void *block, size_t size) {
    pthread_mutex_lock(&lock);
    if (block_count == BLOCKS)
        stop("too many blocks\n");
    struct entry *entry = current(size);
    blocks[block_count].block = block;
    blocks[block_count].size = size;
    blocks[block_count++].entry = entry;
    pthread_mutex_unlock(&lock);
    return block;
}

static void *take(size_t i) {
    void *block = blocks[i].block;
    blocks[i].block = NULL;
    if (block) {
        blocks[i].entry->frees++;
        blocks[i].entry->free_bytes += (long)blocks[i].size;
    }
    return block;
}

void truth_gone(void *block) {
    pthread_mutex_lock(&lock);
    size_t i = block_count;
    while (i-- && blocks[i].block != block)
        ;
    if (i == (size_t)-1)
        stop("an unknown block\n");
    take(i);
    pthread_mutex_unlock(&lock);
}

void truth_free(void *block) {
    truth_gone(block);
    free(block);
}

void truth_free_every_third(void) {
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < block_count; i += 3)
        free(take(i));
    pthread_mutex_unlock(&lock);
}

static void write_all(const char *bytes, size_t length) {
    while (length) {
        ssize_t done = write(1, bytes, length);
        if (done <= 0)
            stop("cannot write\n");
        bytes += done, length -= (size_t)done;
    }
}

void truth_print(void) {
    char line[TEXT + 100];
    for (size_t i = 0; i < entry_count; i++) {
        struct entry *e = &entries[i];
        int length = snprintf(line, sizeof line, "%ld %ld %ld %ld %s\n", e->allocs,
                              e->bytes, e->frees, e->free_bytes, e->path);
        write_all(line, (size_t)length);
    }
}

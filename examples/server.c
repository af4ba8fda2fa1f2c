/*
 * server: keeps what it is sent and prints its own totals, as a service would for its
 * metrics. A line "NAME VALUE" on standard input is a request; every EVERY requests
 * (default 1000), and at the end, a line of totals is printed. Runs with or without the
 * library.
 */
#include <mtalloc/weak.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024

struct entry {
    struct entry *next;
    char *name, *value;
};

static struct entry *bucket[BUCKETS];

static void print_totals(unsigned long requests) {
    struct mtalloc_totals totals = {.size = sizeof totals};
    if (mtalloc_read_totals(MTALLOC_START, &totals) != 0) {
        printf("requests=%lu\n", requests);
        return;
    }
    printf("requests=%lu live_blocks=%" PRId64 " live_bytes=%" PRId64 " peak_bytes=%" PRIu64
           " allocs=%" PRIu64 "\n",
           requests, totals.live, totals.live_bytes, totals.peak_bytes, totals.allocs);
}

static char *copy(const char *text) {
    char *own = strdup(text);
    if (!own)
        abort();
    return own;
}

static struct entry *find(const char *name) {
    unsigned hash = 5381;
    for (const char *at = name; *at; at++)
        hash = hash * 33 + (unsigned char)*at;
    struct entry **place = &bucket[hash % BUCKETS];
    while (*place && strcmp((*place)->name, name) != 0)
        place = &(*place)->next;
    if (!*place) {
        struct entry *entry = calloc(1, sizeof *entry);
        if (!entry)
            abort();
        entry->name = copy(name);
        *place = entry;
    }
    return *place;
}

static void handle(char *line) {
    char *value = strpbrk(line, " \n");
    if (!value || value == line)
        return;
    *value++ = '\0';
    struct entry *entry = find(line);
    free(entry->value);
    entry->value = copy(value);
}

int main(int argc, char **argv) {
    unsigned long every = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000, requests = 0;
    char *line = NULL;
    size_t bytes = 0;
    (void)mtalloc_name_thread("server");
    while (getline(&line, &bytes, stdin) > 0) {
        handle(line);
        if (++requests % (every ? every : 1) == 0)
            print_totals(requests);
    }
    free(line);
    print_totals(requests);
    return 0;
}

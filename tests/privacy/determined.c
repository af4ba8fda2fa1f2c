/* Does the same in every run: sizes, order, depths, threads one after another, a signal. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *kept[64];

__attribute__((noinline)) static void keep(unsigned number, size_t size) {
    free(kept[number % 64]);
    kept[number % 64] = malloc(size);
}

__attribute__((noinline)) static void nested(unsigned number, int depth) {
    keep(number, 10 + number % 2000);
    if (depth > 0)
        nested(number * 31 + 7, depth - 1);
    keep(number + 1, 20 + number % 300);
}

static int by_value(const void *a, const void *b) {
    keep(*(const unsigned *)a, 64);
    return memcmp(a, b, sizeof(unsigned));
}

static void *work(void *argument) {
    nested((unsigned)(size_t)argument, 20);
    return NULL;
}

static void on_signal(int number) {
    keep((unsigned)number, 77);
}

int main(void) {
    unsigned numbers[50];
    for (unsigned i = 0; i < 3000; i++)
        nested(i, (int)(i % 90));
    for (unsigned i = 0; i < 50; i++)
        numbers[i] = i * 2654435761u;
    qsort(numbers, 50, sizeof *numbers, by_value);
    for (size_t i = 0; i < 5; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, (void *)i))
            return 1;
        pthread_join(thread, NULL);
    }
    signal(SIGUSR2, on_signal);
    raise(SIGUSR2);
    char *text = NULL;
    for (size_t size = 1; size < 100000; size += size / 3 + 1)
        text = realloc(text, size);
    free(text);
    printf("%p\n", (void *)kept); /* where this run has its data */
    return 0;
}

/*
 * orders: a service that takes orders, a few thousand a second, until SIGTERM or until it
 * has taken so many as it is told. docs/GUIDE.md looks at it.
 *
 *     orders [-n COUNT] [leak] [hoard] [overrun]
 *
 * Each word plants a bug: `leak` loses the note of an order that is cancelled, `hoard`
 * keeps every order for an audit that never comes, `overrun` writes a label one byte too
 * far.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define OPEN_MOST   256
#define LABEL_BYTES 12 /* room for "order 99999" */

struct order {
    unsigned number;
    char *note, *label;
    struct order *next; /* in the audit's list */
};

static bool leak, hoard, overrun;
static struct order *open_orders[OPEN_MOST], *audit;
static volatile sig_atomic_t stopping;

static void on_stop(int number) {
    (void)number;
    stopping = 1;
}

static void *must(void *memory) {
    if (memory == NULL) {
        perror("orders");
        exit(1);
    }
    return memory;
}

static char *make_label(unsigned number) {
    char *label = must(malloc(LABEL_BYTES));
    if (overrun)
        number += 100000;
    snprintf(label, LABEL_BYTES + (overrun ? 1 : 0), "order %u", number);
    return label;
}

static char *make_note(unsigned number) {
    size_t bytes = 40 + number % 160;
    char *note = must(malloc(bytes));
    memset(note, '.', bytes - 1);
    note[bytes - 1] = '\0';
    return note;
}

static struct order *take_order(unsigned number) {
    struct order *order = must(malloc(sizeof *order));
    order->number = number;
    order->note = make_note(number);
    order->label = make_label(number);
    order->next = NULL;
    return order;
}

static void cancel_order(struct order *order) {
    if (!leak)
        free(order->note);
    free(order->label);
    free(order);
}

static void close_order(struct order *order) {
    if (order == NULL)
        return;
    if (hoard) {
        order->next = audit;
        audit = order;
    } else if (order->number % 3 == 0) {
        cancel_order(order);
    } else {
        free(order->note);
        free(order->label);
        free(order);
    }
}

static void serve(unsigned most) {
    static const struct timespec pause = {.tv_nsec = 1000000};
    for (unsigned number = 1; !stopping && (most == 0 || number <= most); number++) {
        struct order **place = &open_orders[number % OPEN_MOST];
        close_order(*place);
        *place = take_order(number);
        if (number % 8 == 0)
            nanosleep(&pause, NULL);
    }
}

int main(int argc, char **argv) {
    unsigned most = 0;
    for (int i = 1; i < argc; i++) {
        leak |= !strcmp(argv[i], "leak");
        hoard |= !strcmp(argv[i], "hoard");
        overrun |= !strcmp(argv[i], "overrun");
        if (!strcmp(argv[i], "-n") && i + 1 < argc)
            most = (unsigned)strtoul(argv[++i], NULL, 10);
    }
    signal(SIGTERM, on_stop);
    serve(most);
    for (unsigned i = 0; i < OPEN_MOST; i++)
        close_order(open_orders[i]);
    return 0;
}

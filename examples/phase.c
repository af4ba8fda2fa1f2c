/*
 * phase: which calls hold more memory after a phase of the program than before it. A mark
 * is set, the phase runs, and each stack that holds more since then is printed, the
 * innermost frames first, as module+offset: for addr2line, less one.
 */
#include <mtalloc/mtalloc.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FRAMES 4

static void print_stack(uint32_t at) {
    struct mtalloc_frame frame = {.size = sizeof frame};
    for (int i = 0; i < FRAMES && mtalloc_read_frame(at, &frame) == 0; i++) {
        printf("    #%d %s+0x%" PRIx64 "\n", i, frame.module, frame.offset);
        at = frame.parent;
    }
}

static int print_growth(const struct mtalloc_site *site, void *context) {
    (void)context;
    if (site->live_bytes > 0) {
        printf("%" PRId64 " bytes more in %" PRId64 " blocks, site %016" PRIx64 "\n",
               site->live_bytes, site->live, site->signature);
        print_stack(site->frame);
    }
    return 0;
}

/* ---- a phase that keeps more than it should ---- */

static char *kept[100];

__attribute__((noinline)) static char *make_label(int number) {
    char *label = malloc(64);
    if (label)
        (void)snprintf(label, 64, "number %d", number);
    return label;
}

static void run_phase(void) {
    for (int i = 0; i < 1000; i++) {
        char *label = make_label(i);
        free(kept[i % 100]);
        kept[i % 100] = label;
    }
}

int main(void) {
    int mark = mtalloc_mark();
    if (mark < 0) {
        fprintf(stderr, "phase: no mark: error %d\n", -mark);
        return 1;
    }
    run_phase();
    (void)mtalloc_visit_sites(mark, print_growth, NULL);
    (void)mtalloc_drop_mark(mark);
    for (int i = 0; i < 100; i++)
        free(kept[i]);
    return 0;
}

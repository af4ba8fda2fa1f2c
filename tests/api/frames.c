/* frames [strict]: the frames of a site are the functions that the program knows of. */
#include "api/api.h"
#include <link.h>

static uintptr_t base;

static int first_object(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size, (void)unused;
    base = info->dlpi_addr;
    return 1;
}

__attribute__((noinline)) static void *inner(void) {
    return malloc(12345);
}
__attribute__((noinline)) static void *outer(void) {
    return inner();
}

static int find(const struct mtalloc_site *site, void *context) {
    if (!site->allocs || site->alloc_bytes / site->allocs != 12345)
        return 0;
    *(struct mtalloc_site *)context = *site;
    return 7; /* is returned, and ends the visit */
}

static int count(const struct mtalloc_site *site, void *context) {
    (void)site;
    ++*(int *)context;
    return 0;
}
static int stop(const struct mtalloc_site *site, void *context) {
    (void)site;
    return ++*(int *)context == 2;
}

/* The return address lies in the function. */
static bool within(const struct mtalloc_frame *frame, void *(*function)(void)) {
    uintptr_t at = base + (uintptr_t)frame->offset;
    return at > (uintptr_t)function && at < (uintptr_t)function + 64;
}

static void wrong(uint32_t last) {
    struct mtalloc_frame frame = {.size = sizeof frame};
    EQUAL(-ENOENT, mtalloc_read_frame(0, &frame));
    EQUAL(-ENOENT, mtalloc_read_frame(last + 100000, &frame));
    EQUAL(-ENOENT, mtalloc_read_frame(UINT32_MAX, &frame));
    frame.size = 119;
    EQUAL(-EINVAL, mtalloc_read_frame(last, &frame));
    /* What a later version has is left alone. */
    struct {
        struct mtalloc_frame frame;
        unsigned char later[8];
    } newer = {.later = {1, 2, 3, 4, 5, 6, 7, 8}};
    newer.frame.size = sizeof newer;
    EQUAL(0, mtalloc_read_frame(last, &newer.frame));
    EQUAL(sizeof frame, newer.frame.size);
    EQUAL(1, newer.later[0]);
    EQUAL(-EINVAL, mtalloc_read_frame(last, NULL));
    EQUAL(-EINVAL, mtalloc_read_totals(MTALLOC_START, NULL));
    struct mtalloc_totals totals = {.size = sizeof totals - 1};
    EQUAL(-EINVAL, mtalloc_read_totals(MTALLOC_START, &totals));
    totals.size = sizeof totals;
    EQUAL(-EINVAL, mtalloc_read_totals(1, &totals));
    EQUAL(-EINVAL, mtalloc_read_totals(-1, &totals));
    EQUAL(-EINVAL, mtalloc_read_totals(17, &totals));
    EQUAL(-EINVAL, mtalloc_visit_sites(1, count, NULL));
    EQUAL(-EINVAL, mtalloc_visit_sites(MTALLOC_START, NULL, NULL));
    for (int i = -1; i < 18; i++) {
        EQUAL(-EINVAL, mtalloc_move_mark(i));
        EQUAL(-EINVAL, mtalloc_drop_mark(i));
    }
    for (int i = 1; i <= 16; i++)
        EQUAL(i, mtalloc_mark());
    EQUAL(-ENOSPC, mtalloc_mark());
    EQUAL(0, mtalloc_drop_mark(5));
    EQUAL(5, mtalloc_mark());
}

/* A mark that is being read is not taken away under the reader. */
static int drop(const struct mtalloc_site *site, void *context) {
    (void)site;
    EQUAL(-EBUSY, mtalloc_drop_mark(*(int *)context));
    EQUAL(-EBUSY, mtalloc_move_mark(*(int *)context));
    free(malloc(54321));
    return 3;
}

int main(int argc, char **argv) {
    struct mtalloc_site site;
    struct mtalloc_frame frame = {.size = sizeof frame};
    int sites = 0, visits = 0, mark = mtalloc_mark();
    bool strict = argc > 1 && strcmp(argv[1], "strict") == 0;
    (void)dl_iterate_phdr(first_object, NULL);
    free(outer());
    EQUAL(7, mtalloc_visit_sites(MTALLOC_START, find, &site));
    EQUAL(7, mtalloc_visit_sites(mark, find, &site));
    EQUAL(0, mtalloc_read_frame(site.frame, &frame));
    CHECK(within(&frame, inner));
    EQUAL(0, mtalloc_read_frame(frame.parent, &frame));
    CHECK(within(&frame, outer));
    CHECK(strcmp(frame.module, strict ? "" : "frames") == 0);
    CHECK(frame.build_id_bytes >= 8 && frame.build_id_bytes <= 32);
    for (uint32_t i = 0; i < frame.build_id_bytes; i++)
        printf("%02x", frame.build_id[i]);
    printf(" %016llx\n", (unsigned long long)site.signature);
    int depth = 2;
    for (uint32_t at = frame.parent; mtalloc_read_frame(at, &frame) == 0; at = frame.parent)
        depth++;
    CHECK(depth >= 4); /* inner, outer, main, what called it */
    EQUAL(0, frame.parent);
    (void)mtalloc_visit_sites(MTALLOC_START, count, &sites);
    CHECK(sites >= 2);
    EQUAL(1, mtalloc_visit_sites(MTALLOC_START, stop, &visits));
    EQUAL(2, visits);
    EQUAL(3, mtalloc_visit_sites(mark, drop, &mark));
    EQUAL(0, mtalloc_drop_mark(mark));
    wrong(site.frame);
    return 0;
}

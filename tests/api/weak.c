/* weak present|absent: one program, with the library or without, in C and in C++. */
#include <mtalloc/weak.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int seen;

static int visit(const struct mtalloc_site *site, void *context) {
    (void)site, (void)context;
    return ++seen;
}

static void call(const struct mtalloc_crossing *crossing, void *context) {
    (void)crossing, (void)context;
}

/* The results of all the calls, but for the version's. */
#define CALLS 15
static void call_all(int result[CALLS]) {
    struct mtalloc_totals totals;
    struct mtalloc_frame frame;
    struct mtalloc_limit limit;
    int mark;
    memset(&limit, 0, sizeof limit);
    totals.size = sizeof totals;
    frame.size = sizeof frame;
    limit.size = sizeof limit;
    limit.kind = MTALLOC_LIMIT_LIVE;
    limit.bytes = 1000000000;
    limit.call = call;
    result[0] = mtalloc_dump_fd(-1);
    result[1] = mtalloc_dump_to("");
    result[2] = mtalloc_check();
    result[3] = mtalloc_read_totals(MTALLOC_START, &totals);
    result[4] = mtalloc_visit_sites(MTALLOC_START, visit, NULL);
    result[5] = mtalloc_read_frame(1, &frame);
    result[6] = mark = mtalloc_mark();
    result[7] = mtalloc_move_mark(mark);
    result[8] = mtalloc_drop_mark(mark);
    result[9] = mtalloc_name_thread("main");
    result[10] = mtalloc_pause_thread();
    result[11] = mtalloc_resume_thread();
    result[12] = mtalloc_add_limit(&limit);
    result[13] = mtalloc_remove_limit(result[12]);
    result[14] = mtalloc_dump();
}

int main(int argc, char **argv) {
    static const int there[CALLS] = {-EBADF, -ENOENT, 0, 0, 1, 0, 1, 0,
                                     0,      0,       0, 0, 1, 0, 0};
    int absent = argc == 2 && strcmp(argv[1], "absent") == 0, result[CALLS];
    int (*read)(int, struct mtalloc_totals *) = mtalloc_read_totals;
    void *volatile block = malloc(10);
    free(block);
    call_all(result);
    for (int i = 0; i < CALLS; i++)
        if (result[i] != (absent ? -ENOSYS : there[i])) {
            printf("call %d returned %d\n", i, result[i]);
            return 1;
        }
    if ((mtalloc_version_number() < MTALLOC_VERSION_NUMBER) != absent ||
        (mtalloc_version()[0] == '\0') != absent ||
        (read(17, NULL) != -ENOSYS) == absent) /* a mark that is none */
        return 2;
    return 0;
}

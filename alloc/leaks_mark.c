/*
 * A stack of headers to look behind, of bounded size. What does not fit is noted as pending
 * in the bitmap and found by going over that, again until nothing is pending: the scheme of
 * Boehm and Weiser ("Garbage collection in an uncooperative environment", 1988) and of
 * their collector's mark stack. Words wait in a short queue before they are followed, while
 * what they lead to is fetched (Cher, Hosking, Vitek, "Software prefetching for mark-sweep
 * garbage collection", 2004). Depth of the program's structures costs no depth here.
 */
#include "alloc/leaks_mark.h"

#include "alloc/resident.h"
#include "base/clock.h"
#include "base/sys.h"

#include <sys/auxv.h>
#include <sys/uio.h>

#define STACK_MOST  (1u << 16)
#define COPY_BYTES  ((size_t)64 << 10)
#define SMALL_BYTES ((size_t)64 << 10) /* blocks that are read without asking for pages */
#define NO_HEAD     UINT64_MAX
#define WAITING     32u
/* jemalloc's thread-local data, which lie among the program's, hold keys of its address
 * tree: multiples of this, which can be headers but no block's own address. */
#define LEAF_BYTES (UINT64_C(1) << 30)

struct waiting {
    const struct mt_leaks_area *area; /* NULL: none */
    uintptr_t word;
};

static struct {
    struct waiting waiting[WAITING];
    unsigned in_turn;
    uintptr_t *stack;
    size_t depth;
    uint64_t head; /* the lost block that is gone on from, or NO_HEAD */
    bool still, pending, late;
    uint64_t until_ms;
    unsigned since_asked;
    int pagemap;
    long pid;
    size_t page_bytes;
    char *copy; /* of COPY_BYTES */
    unsigned char *resident;
} now;
#define MEMORY_BYTES (STACK_MOST * sizeof(uintptr_t) + COPY_BYTES + MT_RESIDENT_PAGES)

bool mt_leaks_mark_begin(bool still, int pagemap, uint64_t until_ms) {
    char *memory = mt_pages_map(MEMORY_BYTES);
    if (!memory)
        return false;
    now.stack = (uintptr_t *)memory;
    now.copy = memory + STACK_MOST * sizeof(uintptr_t);
    now.resident = (unsigned char *)now.copy + COPY_BYTES;
    memset(now.waiting, 0, sizeof now.waiting);
    now.depth = 0;
    now.head = NO_HEAD;
    now.still = still;
    now.pagemap = pagemap;
    now.until_ms = until_ms;
    now.pending = now.late = false;
    now.pid = mt_sys0(SYS_getpid);
    now.page_bytes = getauxval(AT_PAGESZ);
    return true;
}

void mt_leaks_mark_end(void) {
    mt_pages_unmap(now.stack, MEMORY_BYTES);
    now.stack = NULL;
}

/* Bytes that could be read, from the first on. */
static size_t copy(uintptr_t from, void *to, size_t bytes) {
    struct iovec local = {to, bytes}, remote = {(void *)from, bytes};
    long got = mt_sys6(SYS_process_vm_readv, now.pid, (long)&local, 1, (long)&remote, 1, 0);
    return got < 0 ? 0 : (size_t)got;
}

bool mt_leaks_open(uintptr_t at, struct mt_block *block) {
    struct {
        struct mt_extension extension;
        struct mt_header header;
    } copied;
    const struct mt_header *header = (const struct mt_header *)at;
    const struct mt_extension *extension = (const struct mt_extension *)header - 1;
    void *user = (void *)(at + sizeof *header);
    if (!now.still) {
        /* An extension is on the same page as its header; what is no extension's need not
         * be there. */
        size_t before = at % now.page_bytes ? sizeof *extension : 0;
        if (copy(at - before, (char *)&copied.header - before, sizeof *header + before) !=
            sizeof *header + before)
            return false;
        header = &copied.header;
        extension = &copied.extension;
    }
    return mt_block_read(header, extension, user, MT_LIVE, block);
}

static void push(uint64_t granule, uintptr_t header) {
    if (MT_LIKELY(now.depth < STACK_MOST))
        now.stack[now.depth++] = header;
    else {
        mt_leaks_set_pending(granule);
        now.pending = true;
    }
}

/* Asked for its mark first, since that is nearer than the header. */
static void follow(const struct mt_leaks_area *area, uintptr_t word) {
    uint64_t granule;
    uintptr_t header;
    struct mt_block block;
    if (!mt_leaks_heap_before(area, word, &granule, &header))
        return;
    if (word == header && word % LEAF_BYTES == 0)
        return;
    enum mt_leaks_mark mark = mt_leaks_mark(granule);
    bool fresh = mark == MT_MARK_NONE;
    if (!fresh && !(mark == MT_MARK_HEAD && granule != now.head))
        return;
    if (!mt_leaks_open(header, &block) ||
        word - header > sizeof(struct mt_header) + block.size)
        return;
    mt_leaks_set_mark(granule, now.head == NO_HEAD ? MT_MARK_REACHED : MT_MARK_INDIRECT);
    if (fresh)
        push(granule, header);
}

/* A word waits until some more have come, while the processor fetches what it leads to. */
void mt_leaks_mark_word(uintptr_t word) {
    if (MT_LIKELY(word - 1 - mt_leaks_heap.before >= mt_leaks_heap.span))
        return;
    const struct mt_leaks_area *area = mt_leaks_heap_area(word);
    if (!area)
        return;
    struct waiting *place = &now.waiting[now.in_turn++ % WAITING];
    struct waiting first = *place;
    *place = (struct waiting){area, word};
    mt_leaks_heap_fetch(area, word);
    if (first.area)
        follow(first.area, first.word);
}

/* The oldest; false: none waits. */
static bool follow_one(void) {
    for (unsigned i = 0; i < WAITING; i++) {
        struct waiting *place = &now.waiting[now.in_turn++ % WAITING];
        struct waiting first = *place;
        place->area = NULL;
        if (first.area) {
            follow(first.area, first.word);
            return true;
        }
    }
    return false;
}

/* Asks the clock, where much is read at once. */
static bool late_by_now(void) {
    now.late = now.late || mt_clock_monotonic_ms() >= now.until_ms;
    return now.late;
}

static void mark_words(uintptr_t from, size_t bytes) {
    const uintptr_t *word = (const uintptr_t *)from;
    for (size_t i = 0; i < bytes / sizeof *word; i++)
        mt_leaks_mark_word(word[i]);
}

static void mark_copied(uintptr_t from, uintptr_t to) {
    while (from < to && !late_by_now()) {
        size_t bytes = to - from < COPY_BYTES ? to - from : COPY_BYTES;
        size_t got = copy(from, now.copy, bytes) & ~(sizeof(uintptr_t) - 1);
        mark_words((uintptr_t)now.copy, got);
        if (got < bytes) /* a page that cannot be read */
            got = now.page_bytes - (from + got) % now.page_bytes + got;
        from += got;
    }
}

/* Pages that hold anything, in pieces that are read as the memory demands. */
static void mark_resident(uintptr_t from, uintptr_t to, int pagemap) {
    while (from < to && !late_by_now()) {
        uintptr_t page = from & ~(now.page_bytes - 1), run = 0;
        size_t pages = (to - page + now.page_bytes - 1) / now.page_bytes;
        if (pages > MT_RESIDENT_PAGES)
            pages = MT_RESIDENT_PAGES;
        mt_resident(pagemap, page, pages, now.resident);
        for (size_t i = 0; i <= pages; i++) {
            uintptr_t at = page + i * now.page_bytes;
            if (i < pages && now.resident[i]) {
                run = run ? run : at < from ? from : at;
                continue;
            }
            uintptr_t end = at < to ? at : to;
            if (run)
                mark_copied(run, end);
            run = 0;
        }
        from = page + pages * now.page_bytes;
    }
}

void mt_leaks_mark_memory(uintptr_t from, uintptr_t to, bool swapping) {
    from = (from + sizeof from - 1) & ~(sizeof from - 1);
    if (from < to)
        mark_resident(from, to, swapping ? now.pagemap : -1);
}

/* Behind a header. What is on the header's page is as readable as that was when it was
 * found; behind it may be pages that the program made inaccessible. */
static void mark_contents(uintptr_t header) {
    struct mt_block block;
    if (!mt_leaks_open(header, &block))
        return;
    uintptr_t from = (uintptr_t)block.user, to = from + (block.size & ~UINT64_C(7));
    if (now.still && header / now.page_bytes == (to - 1) / now.page_bytes)
        mark_words(from, to - from);
    else if (block.size <= SMALL_BYTES)
        mark_copied(from, to);
    else
        mark_resident(from, to, now.pagemap);
}

bool mt_leaks_mark_late(void) {
    return now.late || (++now.since_asked % 1024 == 0 && late_by_now());
}

static void empty_stack(void) {
    do {
        while (now.depth && !mt_leaks_mark_late())
            mark_contents(now.stack[--now.depth]);
    } while (!now.late && follow_one());
    now.depth = 0;
}

static void mark_pending(uint64_t granule, uintptr_t header) {
    (void)granule;
    if (now.late)
        return;
    mark_contents(header);
    empty_stack();
}

static void go_on(void) {
    empty_stack();
    while (now.pending && !now.late) {
        now.pending = false;
        mt_leaks_heap_each(true, mark_pending);
    }
}

void mt_leaks_mark_blocks(void) {
    now.pending = true; /* blocks that are roots themselves */
    go_on();
}

static void mark_head(uint64_t granule, uintptr_t header) {
    if (mt_leaks_mark(granule) != MT_MARK_NONE || now.late)
        return;
    mt_leaks_set_mark(granule, MT_MARK_HEAD);
    now.head = granule;
    mark_contents(header);
    go_on();
}

void mt_leaks_mark_heads(void) {
    mt_leaks_heap_each(false, mark_head);
    now.head = NO_HEAD;
}

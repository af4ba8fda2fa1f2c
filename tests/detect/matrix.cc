/*
 * One bug, in one of the ways to allocate, at one size, in one variant:
 *
 *     matrix BUG WAY SIZE VARIANT [correct]
 *
 * tests/detect/matrix.py has the table of what is reported. The correct twin does all of it
 * but the bug.
 */
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <new>
#include <pthread.h>

static bool bug;
static std::size_t size;
static const char *way, *variant;

static bool is(const char *one, const char *other) {
    return std::strcmp(one, other) == 0;
}

__attribute__((noinline)) static char *get(std::size_t n) {
    void *volatile block = nullptr;
    if (is(way, "malloc"))
        block = malloc(n);
    else if (is(way, "calloc"))
        block = calloc(1, n);
    else if (is(way, "realloc"))
        block = realloc(nullptr, n);
    else if (is(way, "memalign"))
        block = memalign(64, n);
    else if (is(way, "new"))
        block = ::operator new(n);
    else if (is(way, "array"))
        block = ::operator new[](n);
    return static_cast<char *>(block);
}

__attribute__((noinline)) static void put_as(const char *kind, void *volatile block) {
    if (is(kind, "new"))
        ::operator delete(block);
    else if (is(kind, "array"))
        ::operator delete[](block);
    else
        free(block);
}

static void *put_thread(void *block) {
    put_as(way, block);
    return nullptr;
}

static void put(void *block) {
    pthread_t thread;
    if (!is(variant, "thread"))
        put_as(way, block);
    else if (pthread_create(&thread, nullptr, put_thread, block) == 0)
        pthread_join(thread, nullptr);
}

/* Never the byte that is there, which a random canary makes one in 255 times. */
__attribute__((noinline)) static void write_at(void *block, std::ptrdiff_t index) {
    volatile char *volatile at = static_cast<char *>(block);
    at[index] = static_cast<char>(at[index] ^ 0x55);
}

__attribute__((noinline)) static void read_at(void *block, std::ptrdiff_t index) {
    volatile char *volatile at = static_cast<char *>(block);
    (void)at[index];
}

/* Without a read before it; no byte that freed blocks are filled with. */
__attribute__((noinline)) static void store_at(void *block, std::ptrdiff_t index) {
    volatile char *volatile at = static_cast<char *>(block);
    at[index] = 0x21;
}

/* The nearest bytes that lie on no page of a block in a guard slot: behind what alignment
 * leaves at a right one's end, before what a left one's header takes. */
static std::ptrdiff_t behind() {
    std::size_t to = is(way, "memalign") ? 64 : 16;
    return static_cast<std::ptrdiff_t>((size + to - 1) / to * to);
}
static std::ptrdiff_t before() {
    return is(way, "memalign") ? -65 : size < (1 << 20) - 1 ? -17 : -33;
}

static void others() {
    void *volatile held[7] = {};
    std::size_t n = (size > 10000 ? 0 : 2 * size) + 300; /* quarantine has room for them */
    for (unsigned i = 0; is(variant, "later") && i < 1000; i++) {
        free(held[i % 7]);
        held[i % 7] = i % 3 ? malloc(n + i) : calloc(3, n / 3);
    }
    for (void *one : held)
        free(one);
}

/* The block, as the variant wants it. */
static char *make() {
    if (is(variant, "moved")) /* through realloc, from where it does not fit */
        return static_cast<char *>(realloc(get(size / 3 + 1), size));
    if (!is(variant, "last"))
        return get(size);
    enum { COUNT = 200 }; /* the last one in memory of several slabs */
    static char *all[COUNT];
    int count = size > 100000 ? 5 : COUNT, last = 0;
    for (int i = 0; i < count; i++)
        if ((all[i] = get(size)) > all[last])
            last = i;
    for (int i = 0; i < count; i++)
        if (i != last)
            put(all[i]);
    return all[last];
}

static void damage(const char *name, char *block) {
    std::ptrdiff_t n = static_cast<std::ptrdiff_t>(size), past = n / 16 * 16 + 16;
    volatile char *volatile at = block;
    if (is(name, "overflow"))
        write_at(block, bug ? n : n - 1);
    else if (is(name, "overflow_zero"))
        at[bug ? n : n - 1] = 0;
    else if (is(name, "overflow_all"))
        for (std::ptrdiff_t i = bug ? n : n - 1; i < (bug ? past : n); i++)
            write_at(block, i);
    else if (is(name, "past_read"))
        read_at(block, bug ? behind() : n - 1);
    else if (is(name, "past_write"))
        store_at(block, bug ? behind() : n - 1);
    else if (is(name, "before_read"))
        read_at(block, bug ? before() : 0);
    else if (is(name, "before_write"))
        store_at(block, bug ? before() : 0);
    else if (is(name, "underflow"))
        write_at(block, bug ? -1 : 0);
    else if (is(name, "underflow_all"))
        for (std::ptrdiff_t i = bug ? -16 : 0; i < (bug ? 0 : 1); i++)
            write_at(block, i);
}

static void *resize(void *block) {
    void *volatile moved = realloc(block, 2 * size);
    return moved;
}

/* Reads, writes to, frees or resizes what has been freed. */
static bool after_free(const char *name, char *block) {
    bool first = is(name, "write_first") || is(name, "read_first");
    bool last = is(name, "write_last") || is(name, "read_last");
    if (first || last) {
        std::ptrdiff_t at = last ? static_cast<std::ptrdiff_t>(size) - 1 : 0;
        void (*access)(void *, std::ptrdiff_t) = *name == 'r' ? read_at : store_at;
        if (!bug)
            access(block, at);
        put(block);
        if (bug)
            access(block, at);
        others();
    } else if (is(name, "double_free") || is(name, "realloc_freed")) {
        void *other = is(name, "realloc_freed") ? get(size) : nullptr;
        put(block);
        others();
        if (is(name, "realloc_freed"))
            put(resize(bug ? block : other));
        else if (bug)
            put(block);
    } else
        return false;
    return true;
}

static bool wrong_free(const char *name, char *block) {
    static char global[64];
    char local[64];
    char *volatile place = block;
    if (is(name, "middle"))
        place += bug ? size / 2 / 16 * 16 + 1 : 0;
    else if (is(name, "stack") && bug)
        place = local + 16;
    else if (is(name, "global") && bug)
        place = global + 16;
    else if (is(name, "wrong_kind")) {
        put_as(!bug               ? way
               : is(way, "array") ? "new"
               : is(way, "new")   ? "free"
                                  : "array",
               block);
        return true;
    } else if (!is(name, "stack") && !is(name, "global"))
        return false;
    others();
    put(place);
    return true;
}

static void *volatile kept; /* what is never freed */

int main(int argc, char **argv) {
    if (argc < 5)
        return 2;
    bug = argc == 5;
    way = argv[2];
    size = static_cast<std::size_t>(std::atol(argv[3]));
    variant = argv[4];
    char *block = make();
    if (!after_free(argv[1], block) && !wrong_free(argv[1], block)) {
        damage(argv[1], block);
        others();
        if (is(variant, "kept"))
            kept = block;
        else
            put(is(argv[1], "overflow_zero") && is(way, "malloc") ? resize(block) : block);
    }
    std::puts("went on");
    return 0;
}

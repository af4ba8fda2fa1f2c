// Runs every entry point while the n-th call to the allocator below fails, for every n. A
// failure is NULL and ENOMEM, or bad_alloc; the old block stays; nothing is left behind.
// What this file was given and gave back is printed, for the summary to agree with.
#include "contract/check.h"
#include "torture/fake_backend.h"

#include <initializer_list>
#include <malloc.h>
#include <mtalloc/mtalloc.h>
#include <new>
#include <unistd.h>

extern "C" {
void *mallocx(size_t size, int flags);
void *rallocx(void *user, size_t size, int flags);
size_t xallocx(void *user, size_t size, size_t extra, int flags);
void dallocx(void *user, int flags);
void sdallocx(void *user, size_t size, int flags);
void free_sized(void *user, size_t size);
void free_aligned_sized(void *user, size_t alignment, size_t size);
}

static unsigned long allocs, alloc_bytes, frees, free_bytes, refused, refused_in_round;

static void *got(void *block, size_t size) {
    if (block) {
        allocs++, alloc_bytes += size;
        memset(block, 0x3c, size);
    } else {
        CHECK(errno == ENOMEM);
        refused_in_round++;
    }
    errno = 0;
    return block;
}

static void given(const void *block, size_t size) {
    if (block)
        frees++, free_bytes += size;
}

static void plain(size_t size) {
    void *a = got(malloc(size), size);
    void *b = calloc(1, size);
    CHECK(!b || is_zero(b, size));
    got(b, size);
    given(a, size), free(a);
    given(b, size);
    free_sized(b, size);
}

static void aligned(size_t size) {
    void *a = got(memalign(256, size), size), *b = got(aligned_alloc(64, size), size);
    void *c = got(valloc(size), size), *d = nullptr;
    errno = posix_memalign(&d, 4096, size);
    CHECK((errno == 0) == (d != nullptr));
    got(d, size);
    for (void *block : {a, c, d})
        given(block, size), free(block);
    given(b, size);
    free_aligned_sized(b, 64, size);
}

static void resized(size_t size) {
    void *block = got(malloc(size), size), *moved;
    for (size_t next : {size + 1, size * 3, size / 2 + 1, size * 2, std::size_t{5}}) {
        if (!block)
            return;
        fill(block, size, 9);
        moved = next % 2 ? realloc(block, next) : reallocarray(block, next / 2, 2);
        CHECK(is_filled(moved ? moved : block, moved && next < size ? next : size, 9));
        if (got(moved, next)) {
            given(block, size);
            block = moved, size = next;
        }
    }
    given(block, size), free(block);
}

static void by_jemallocs_names(size_t size) {
    void *a = got(mallocx(size, 0), size), *b = got(mallocx(size, 6 | 0x40), size);
    if (a) {
        void *moved = got(rallocx(a, size * 4, 7), size * 4);
        if (moved)
            given(a, size);
        given(moved ? moved : a, moved ? size * 4 : size);
        dallocx(moved ? moved : a, 0);
    }
    given(b, size);
    if (b)
        sdallocx(b, size, 6);
}

template <typename Allocate> static void *caught(Allocate allocate, size_t size) {
    void *block = nullptr;
    try {
        block = allocate();
    } catch (const std::bad_alloc &) {
        errno = ENOMEM;
    }
    return got(block, size);
}

static void by_operators(size_t size) {
    constexpr std::align_val_t wide{128};
    void *a = caught([=] { return ::operator new(size); }, size);
    void *b = caught([=] { return ::operator new[](size); }, size);
    void *c = caught([=] { return ::operator new(size, wide); }, size);
    void *d = caught([=] { return ::operator new[](size, wide); }, size);
    void *e = got(::operator new(size, std::nothrow), size);
    void *f = got(::operator new[](size, wide, std::nothrow), size);
    for (void *block : {a, b, c, d, e, f})
        given(block, size);
    ::operator delete(a, size);
    ::operator delete[](b);
    ::operator delete(c, wide);
    ::operator delete[](d, wide);
    ::operator delete(e);
    ::operator delete[](f, wide);
}

static void script() {
    for (size_t size : {std::size_t{24}, std::size_t{3000}, std::size_t{1} << 20}) {
        plain(size);
        aligned(size);
        resized(size);
        by_jemallocs_names(size);
        by_operators(size);
    }
}

// torture TWICE: how many calls ask twice before they give up.
int main(int argc, char **argv) {
    unsigned long before, bytes_before, n = 0;
    try { // what the C++ runtime keeps for its first exception
        throw 1;
    } catch (int) {
    }
    script();
    CHECK(refused_in_round == 0);
    before = fake_live, bytes_before = fake_live_bytes;
    do {
        n++;
        fake_calls = 0, fake_fail_at = n, refused_in_round = 0;
        script();
        refused += refused_in_round != 0;
        CHECK_AT(fake_live == before && fake_live_bytes == bytes_before, n);
    } while (fake_calls >= n && n < 10000);
    fake_fail_at = 0;
    CHECK(fake_wrong == 0);
    CHECK(argc == 2 && refused_in_round == 0);
    CHECK(refused == n - 1 - strtoul(argv[1], nullptr, 10) && n > 50);
    if (mtalloc_dump_fd(3) != 0 && ++failed)
        puts("no summary");
    printf("%lu %lu %lu %lu\n", allocs, alloc_bytes, frees, free_bytes);
    return failures();
}

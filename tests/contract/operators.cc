// Every operator new and delete of C++17, the new-handler loop, over-aligned types.
#include "contract/check.h"
#include <memory>
#include <new>
#include <vector>

using std::align_val_t;
using std::nothrow;

static std::size_t volatile huge = static_cast<std::size_t>(PTRDIFF_MAX) + 1;
static std::size_t volatile beyond = static_cast<std::size_t>(1) << 62;

static void plain() {
    for (std::size_t size = 0; size < 100000; size += 1 + size / 3) {
        void *a = ::operator new(size), *b = ::operator new[](size);
        void *c = ::operator new(size, nothrow), *d = ::operator new[](size, nothrow);
        CHECK_AT(a && b && c && d && a != b && c != d, size);
        CHECK_AT(is_aligned(a, 16) && is_aligned(b, 16) && is_aligned(c, 16), size);
        fill(a, size, 1), fill(b, size, 2), fill(c, size, 3), fill(d, size, 4);
        CHECK_AT(is_filled(a, size, 1) && is_filled(d, size, 4), size);
        ::operator delete(a);
        ::operator delete[](b);
        ::operator delete(c, nothrow);
        ::operator delete[](d, nothrow);
        ::operator delete(::operator new(size), size);
        ::operator delete[](::operator new[](size), size);
    }
    ::operator delete(nullptr);
    ::operator delete[](nullptr);
    ::operator delete (nullptr, std::size_t{8});
    ::operator delete (nullptr, align_val_t{64});
}

static void aligned() {
    for (std::size_t power = 1; power <= 1 << 16; power *= 2) {
        auto alignment = static_cast<align_val_t>(power);
        for (std::size_t size : {0, 1, 100, 5000}) {
            void *a = ::operator new(size, alignment),
                 *b = ::operator new[](size, alignment);
            void *c = ::operator new(size, alignment, nothrow);
            void *d = ::operator new[](size, alignment, nothrow);
            CHECK_AT(is_aligned(a, power) && is_aligned(b, power), power);
            CHECK_AT(c && is_aligned(c, power) && d && is_aligned(d, power), power);
            memset(a, 1, size), memset(b, 1, size), memset(c, 1, size), memset(d, 1, size);
            ::operator delete(a, alignment);
            ::operator delete[](b, alignment);
            ::operator delete(c, alignment, nothrow);
            ::operator delete[](d, alignment, nothrow);
            ::operator delete(::operator new(size, alignment), size, alignment);
            ::operator delete[](::operator new[](size, alignment), size, alignment);
        }
    }
}

struct alignas(256) Wide {
    char bytes[300];
};

static void over_aligned_types() {
    auto one = std::make_unique<Wide>();
    CHECK(is_aligned(one.get(), 256));
    Wide *array = new Wide[7];
    CHECK(is_aligned(array, 256));
    delete[] array;
    std::vector<Wide> many(5);
    many.resize(50);
    CHECK(is_aligned(many.data(), 256));
}

static int calls;
static void third_time_gives_up() {
    if (++calls == 3)
        std::set_new_handler(nullptr);
}
struct Other : std::bad_alloc {};
static void throws_other() {
    calls++;
    throw Other();
}

template <typename Allocate> static void refused(Allocate allocate, bool throws) {
    bool caught = false;
    void *got = nullptr;
    calls = 0;
    std::set_new_handler(third_time_gives_up);
    try {
        got = allocate();
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    CHECK(got == nullptr && caught == throws && calls == 3);

    caught = false;
    calls = 0;
    std::set_new_handler(throws_other);
    try {
        got = allocate();
    } catch (const Other &) {
        caught = true;
    }
    CHECK(got == nullptr && caught == throws && calls == 1);

    caught = false;
    std::set_new_handler(nullptr);
    try {
        got = allocate();
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    CHECK(got == nullptr && caught == throws);
}

static void out_of_memory(std::size_t size) {
    align_val_t wide{64};
    refused([=] { return ::operator new(size); }, true);
    refused([=] { return ::operator new[](size); }, true);
    refused([=] { return ::operator new(size, wide); }, true);
    refused([=] { return ::operator new[](size, wide); }, true);
    refused([=] { return ::operator new(size, nothrow); }, false);
    refused([=] { return ::operator new[](size, nothrow); }, false);
    refused([=] { return ::operator new(size, wide, nothrow); }, false);
    refused([=] { return ::operator new[](size, wide, nothrow); }, false);
}

// A handler that frees memory makes the next try succeed.
static void *reserve;
static void releases_reserve() {
    ::operator delete(reserve);
    reserve = nullptr;
    huge = 1000;
    std::set_new_handler(nullptr);
}

int main() {
    plain();
    aligned();
    over_aligned_types();
    out_of_memory(huge);
    out_of_memory(beyond);
    reserve = ::operator new(1000);
    std::set_new_handler(releases_reserve);
    try {
        ::operator delete(::operator new(huge));
        CHECK(!"huge succeeded");
    } catch (const std::bad_alloc &) {
        CHECK(reserve == nullptr);
    }
    return failures();
}

// A program that brings its own operator new and delete, over malloc and over an arena;
// what libstdc++ allocates comes from them too.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <new>
#include <string>
#include <sys/mman.h>
#include <vector>

static unsigned long news, deletes;
constexpr std::size_t arena_bytes = 1 << 16;
static std::size_t used;

// Begins at a page whose neighbour before it can't be read: nothing may look for a header.
static char *arena() {
    static char *begin = [] {
        auto *at =
            static_cast<char *>(mmap(nullptr, 4096 + arena_bytes, PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        mprotect(at, 4096, PROT_NONE);
        return at + 4096;
    }();
    return begin;
}

void *operator new(std::size_t size) {
    news++;
    if (size == 40 && used + size <= arena_bytes) {
        void *at = arena() + used;
        used += 48;
        return at;
    }
    if (void *at = std::malloc(size))
        return at;
    throw std::bad_alloc();
}
void operator delete(void *at) noexcept {
    deletes += at != nullptr;
    if (at < arena() || at >= arena() + arena_bytes)
        std::free(at);
}
void operator delete(void *at, std::size_t) noexcept {
    operator delete(at);
}

int main() {
    {
        std::map<int, std::string> map;
        for (int i = 0; i < 3000; i++)
            map[i * 7919 % 3001] = std::string(static_cast<std::size_t>(i % 90), 'x');
        std::vector<long *> others;
        for (int i = 0; i < 1000; i++)
            others.push_back(new long[5]);
        for (long *one : others)
            delete[] one;
        delete new (std::nothrow) std::string(40, 'n');
        delete[] new (std::nothrow) long[5];
        struct five {
            long of[5];
            ~five() { of[0] = 0; }
        };
        delete new five; // the sized form
        delete[] new five[3];
    }
    std::printf("%lu %lu %zu\n", news, deletes, used);
    return news == deletes ? 0 : 1;
}

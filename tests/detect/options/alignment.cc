// Every way to free with an alignment that is not the block's; with an argument, with that
// which is, as programs may do it.
#include <cstdio>
#include <cstdlib>
#include <new>

extern "C" {
void free_aligned_sized(void *, std::size_t, std::size_t);
void *mallocx(std::size_t, int);
void sdallocx(void *, std::size_t, int);
}

static void *volatile block;

template <class... Rest> static void *fresh(std::size_t size, Rest... rest) {
    return block = ::operator new(size, rest...);
}

int main(int argc, char **) {
    bool bug = argc == 1;
    auto to = [](std::size_t n) { return std::align_val_t(n); };
    ::operator delete(fresh(100, to(64)), to(bug ? 32 : 64));
    if (bug)
        ::operator delete(fresh(200, to(64)));
    ::operator delete(fresh(300), to(bug ? 128 : 16));
    sdallocx(block = mallocx(400, 6), 400, bug ? 5 : 6);
    sdallocx(block = mallocx(400, 3), 400, 0);
    free_aligned_sized(block = aligned_alloc(64, 512), bug ? 256 : 64, 512);
    free_aligned_sized(block = aligned_alloc(8, 512), 8, 512);
    free(block = aligned_alloc(4096, 4096));
    std::puts("went on");
    return 0;
}

// Blocks that are freed by another family than made them, or with another size; with an
// argument, all as it should be. Programs do this and live: reported, not stopped.
#include <cstdio>
#include <cstdlib>
#include <new>

static std::size_t volatile forty = 40, sizes[] = {40, 48};

__attribute__((noinline)) static void release(void *block, bool array, bool by_malloc) {
    if (by_malloc)
        free(block);
    else if (array)
        ::operator delete[](block);
    else
        ::operator delete(block);
}

int main(int argc, char **) {
    bool bug = argc == 1;
    release(::operator new(forty), false, bug);
    release(malloc(forty), false, !bug);
    release(::operator new[](forty), !bug, false);
    void *volatile sized = ::operator new(forty);
    ::operator delete(sized, sizes[bug]);
    puts("went on");
    return 0;
}

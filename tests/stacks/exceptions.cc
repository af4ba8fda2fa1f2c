/*
 * Exceptions that pass through hundreds of frames, with allocations in the destructors that
 * run on their way and in the handlers; blocks that the C++ library allocates for us.
 */
#include "stacks/truth.h"
#include <cstdlib>
#include <map>
#include <string>

/* In front of each exception lie 128 bytes of the C++ runtime's own. */
#define EXCEPTION(type) truth_count(sizeof(type) + 128, 1)

static volatile int opaque = 1; /* keeps the compiler from knowing numbers */
static int reached;

/* Leaves the shadow stack as the frame that holds it leaves the real one. */
struct scope {
    explicit scope(const char *name) { truth_push(name); }
    ~scope() { truth_pop(); }
};

extern "C" NOINLINE void on_the_way(int size) {
    scope here(__func__);
    ALLOC((size_t)size);
}

struct guard {
    int size;
    bool often;
    ~guard() {
        if (often)
            on_the_way(size);
    }
};

extern "C" NOINLINE void thrower(int value) {
    scope here(__func__);
    ALLOC(61);
    EXCEPTION(int);
    throw value;
}

extern "C" NOINLINE void falls(int depth) {
    scope here(__func__);
    guard held{62, depth % 7 == 0};
    if (depth == 0)
        thrower(opaque);
    else
        falls(depth - 1);
    reached++;
}

extern "C" NOINLINE void catches(int depth) {
    scope here(__func__);
    try {
        falls(depth);
    } catch (int value) {
        ALLOC(63);
        on_the_way(64 * value);
    }
    on_the_way(65);
}

extern "C" NOINLINE void passes_on(int depth) {
    scope here(__func__);
    try {
        if (depth > 0)
            passes_on(depth - 1);
        else
            falls(20);
    } catch (...) {
        on_the_way(66);
        throw;
    }
}

/* One exception on its way while another is thrown and caught in a destructor. */
struct nested {
    ~nested() { catches(5); }
};
extern "C" NOINLINE void throws_within(void) {
    scope here(__func__);
    try {
        nested inner;
        falls(10);
    } catch (int) {
        ALLOC(67);
    }
}

extern "C" NOINLINE void by_the_library(int count) {
    scope here(__func__);
    std::map<int, long> numbers;
    for (int i = 0; i < count; i++) {
        truth_count(sizeof(std::_Rb_tree_node<std::pair<const int, long>>), 1);
        numbers[i * 7 % 31] = i;
    }
    for (int size = 16; size < 400; size += 50) {
        truth_count((size_t)size + 1, 1);
        std::string text((size_t)size, 'x');
        truth_count((size_t)size * 2 + 1, 1);
        text.push_back('y');
        reached += (int)text.size();
    }
}

int main() {
    truth_begin(FROM_START);
    {
        scope here(__func__);
        for (int round = 0; round < 3; round++) {
            catches(round);
            catches(300 * opaque + round);
            catches(40);
            try {
                passes_on(30 + round);
            } catch (int) {
                on_the_way(68);
            }
            throws_within();
            by_the_library(20 * opaque);
            truth_free_every_third();
        }
    }
    truth_print();
    return reached < 0;
}

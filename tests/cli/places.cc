// The same for a C++ compiler's names: a template in a namespace with a long argument.
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

extern const char __executable_start[];

namespace store {
template <class T> struct Shelf {
    __attribute__((noinline)) static void put(const T &) {
        std::printf("template %lu\n",
                    (unsigned long)((uintptr_t)__builtin_return_address(0) -
                                    ((uintptr_t)__executable_start & ~(uintptr_t)4095)));
        __asm__ volatile("");
    }
};
struct Book {
    explicit Book(int) {
        Shelf<std::map<std::string, int>>::put({});
        __asm__ volatile("");
    }
};
} // namespace store

int main() {
    store::Book book(1);
    return 0;
}

// The C++ part of cxx_by_dlopen.c.
#include <new>

extern "C" int plugin_refused(unsigned long size) {
    try {
        ::operator delete(::operator new(size));
    } catch (const std::bad_alloc &) {
        return 1;
    }
    return 0;
}

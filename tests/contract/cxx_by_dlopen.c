/* A C program whose C++ runtime arrives with a plug-in still gets std::bad_alloc. */
#include "contract/check.h"
#include <dlfcn.h>

int main(int argc, char **argv) {
    void *plugin = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!plugin) {
        printf("%s\n", dlerror());
        return 1;
    }
    int (*refused)(unsigned long) = (int (*)(unsigned long))dlsym(plugin, "plugin_refused");
    CHECK(refused(SIZE_MAX / 2 + 1) == 1);
    CHECK(refused(100) == 0);
    dlclose(plugin);
    return failures();
}

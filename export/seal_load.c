/* Loading libmtalloc-seal.so, in the one process that asked for it. */
#include "export/seal.h"

#include "base/out.h"
#include <dlfcn.h>
#include <string.h>

#define OBJECT "libmtalloc-seal.so.0"

/* A static program cannot load the object: it may lack these, and dlopen is asked for by
 * name, since the linker warns of it there. */
#pragma weak dlsym
#pragma weak dladdr

/* Beside this library, wherever that was loaded from: nothing in the environment names
 * the object. A program that the library is linked into has it where it was installed. */
static bool find(char *path, size_t room) {
    static const char library[] = "libmtalloc.so";
    struct mt_out out;
    Dl_info self;
    const char *name = "", *slash = NULL;
    mt_out_init(&out, -1, path, room - 1);
    if (dladdr && dladdr((void *)mt_seal_load, &self) && self.dli_fname) {
        name = self.dli_fname;
        slash = strrchr(name, '/');
    }
    if (slash && strncmp(slash + 1, library, sizeof library - 1) == 0)
        mt_out_bytes(&out, name, (size_t)(slash - name));
    else
        mt_out_text(&out, MT_LIBDIR);
    mt_out_text(&out, "/" OBJECT);
    path[out.used] = '\0';
    return out.used < room - 1;
}

const char *mt_seal_load(const char *recipient) {
    static char path[4096];
    uint8_t key[MT_SEAL_KEY_BYTES] = {0};
    void *(*open)(const char *, int) = NULL;
    void *object = NULL;
    const struct mt_sealing *sealing = NULL;
    bool good = mt_seal_key(recipient, key);
    if (good && dlsym && find(path, sizeof path)) {
        void *found = dlsym(RTLD_DEFAULT, "dlopen");
        memcpy(&open, &found, sizeof open);
    }
    if (open)
        object = open(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (object)
        sealing = dlsym(object, "mtalloc_sealing");
    mt_seal_use(sealing, key);
    if (!good)
        return "the recipient is no public key";
    if (!object)
        return OBJECT " cannot be loaded";
    return mt_seal_possible() ? NULL : OBJECT " is of another version";
}

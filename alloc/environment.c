#include "alloc/environment.h"

#include "base/sys.h"
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

extern void *__libc_stack_end;

/* System V ABI: at the initial stack pointer lie argc, argv and NULL, envp and NULL. */
static const char *const *find_envp(void) {
    static const char *const none[1];
    /* A static program's start sets both, but __libc_stack_end to its own frame. */
    if (!getauxval(AT_BASE) && environ)
        return (const char *const *)environ;
    const long *top = __libc_stack_end;
    if (!top || top[0] < 0 || top[0] > 1 << 24)
        return none;
    const char *const *argv = (const char *const *)(top + 1);
    return argv[top[0]] ? none : argv + top[0] + 1;
}

static const char *find_program(void) {
    static char path[256];
    long length =
        mt_sys4(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", path, sizeof path - 1);
    const char *name = path;
    if (length > 0)
        path[length] = '\0';
    else if (getauxval(AT_EXECFN))
        name = (const char *)getauxval(AT_EXECFN);
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

void mt_environment_find(struct mt_environment *environment) {
    environment->envp = find_envp();
    environment->secure = getauxval(AT_SECURE) != 0;
    environment->program = find_program();
}

const char *mt_environment_get(const struct mt_environment *environment, const char *name) {
    size_t length = strlen(name);
    for (const char *const *entry = environment->envp; *entry; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

/* cage kill|errno|shut COMMAND …: runs it under a filter that is in force before it starts,
 * and for ptrace and process_vm_readv kills or refuses; `shut` refuses to open files as
 * well. */
#include "tests/privacy/cage.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    int calls[] = {SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, -1, -1};
    if (argc > 1 && strcmp(argv[1], "shut") == 0)
        calls[3] = SYS_openat;
    if (argc < 3 || cage(calls,
                         strcmp(argv[1], "kill") == 0 ? SECCOMP_RET_KILL_PROCESS
                                                      : SECCOMP_RET_ERRNO | EPERM,
                         SECCOMP_RET_ALLOW) != 0) {
        perror("cage");
        return 77;
    }
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    return 127;
}

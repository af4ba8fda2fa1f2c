#include "cli/run.h"

#include "cli/elf_file.h"
#include "cli/say.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static bool executable(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* As execvp() does: the first executable; failing that, the first that exists. */
static char *search(const char *command) {
    const char *path = getenv("PATH");
    char *copy = mt_copy(path != NULL ? path : "/bin:/usr/bin"), *rest = copy, *directory;
    char *found = NULL;
    while ((directory = strsep(&rest, ":")) != NULL) {
        char *file = mt_join(directory[0] != '\0' ? directory : ".", "/", command);
        bool good = executable(file);
        if (good || (found == NULL && access(file, F_OK) == 0)) {
            free(found);
            found = mt_copy(file);
        }
        free(file);
        if (good)
            break;
    }
    free(copy);
    return found;
}

static int check(const char *command, const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) {
        bool absent = errno == ENOENT || errno == ENOTDIR;
        mt_say("cannot run %s: %s", command, strerror(errno));
        return absent ? MT_EXIT_STATUS_NOT_FOUND : MT_EXIT_STATUS_NOT_EXECUTABLE;
    }
    if (S_ISDIR(status.st_mode))
        mt_say("cannot run %s: it is a directory", command);
    else if (!executable(path))
        mt_say("cannot run %s: it is not executable", command);
    else
        return MT_EXIT_STATUS_OK;
    return MT_EXIT_STATUS_NOT_EXECUTABLE;
}

/* The interpreter that a "#!" line names; NULL if there is no such line. */
static char *interpreter(const char *path, bool *elf) {
    char head[256];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, head, sizeof head - 1) : 0;
    if (fd >= 0)
        close(fd);
    head[got > 0 ? got : 0] = '\0';
    /* A program that may be run but not read is taken for one that can be counted. */
    *elf = fd < 0 || (got > SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0);
    if (got < 2 || head[0] != '#' || head[1] != '!')
        return NULL;
    char *name = head + 2 + strspn(head + 2, " \t");
    name[strcspn(name, " \t\r\n")] = '\0';
    return mt_copy(name);
}

/* The loader ignores LD_PRELOAD for a program that gets more rights than its caller has. */
static bool privileged(const char *path) {
    struct stat status;
    if (geteuid() == 0 || stat(path, &status) != 0)
        return false;
    return ((status.st_mode & S_ISUID) && status.st_uid != geteuid()) ||
           ((status.st_mode & S_ISGID) && status.st_gid != getegid()) ||
           getxattr(path, "security.capability", NULL, 0) > 0;
}

static const char *obstacle(const char *image) {
    struct mt_elf_file file, self;
    if (privileged(image))
        return "it runs with more rights than you have (setuid or capabilities)";
    if (!mt_elf_file_read(image, &file) || !file.elf)
        return NULL;
    free(file.runpath);
    if (!file.interpreter && !file.library)
        return "it is statically linked";
    if (mt_elf_file_read("/proc/self/exe", &self)) {
        free(self.runpath);
        if (self.elf && (self.machine != file.machine || self.class != file.class))
            return "it is for another kind of processor";
    }
    return NULL;
}

int mt_run_find(const char *command, struct mt_program *program) {
    bool elf;
    *program = (struct mt_program){0};
    program->path = strchr(command, '/') != NULL ? mt_copy(command) : search(command);
    if (program->path == NULL || command[0] == '\0') {
        mt_say("cannot run %s: there is no such command", command);
        return MT_EXIT_STATUS_NOT_FOUND;
    }
    int status = check(command, program->path);
    if (status != MT_EXIT_STATUS_OK)
        return status;
    char *script = interpreter(program->path, &elf);
    program->shell_script = script == NULL && !elf;
    const char *image = script != NULL          ? script
                        : program->shell_script ? "/bin/sh"
                                                : program->path;
    char *real = realpath(image, NULL);
    program->image = real != NULL ? real : mt_copy(image);
    const char *why = privileged(program->path) && script == NULL
                          ? obstacle(program->path)
                          : obstacle(program->image);
    free(script);
    if (why != NULL)
        mt_say("%s will not be counted: %s, so libmtalloc is not loaded into it", command,
               why);
    program->blind = why != NULL;
    return MT_EXIT_STATUS_OK;
}

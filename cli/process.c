#include "cli/process.h"

#include "cli/dump_ask.h"
#include "cli/exit_status.h"
#include "cli/say.h"
#include "cli/source.h"
#include "export/outside_find.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The program's file name: the kernel's own name of a process is cut at 15 bytes and can be
 * set by the program. Where the link may not be read that name has to do. */
static bool is_called(uint32_t pid, const char *name) {
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%u/exe", pid);
    ssize_t length = readlink(path, text, sizeof text - 1);
    if (length > 0) {
        text[length] = '\0';
        char *deleted = strstr(text, " (deleted)"), *slash = strrchr(text, '/');
        if (deleted != NULL)
            *deleted = '\0';
        return !strcmp(slash != NULL ? slash + 1 : text, name);
    }
    snprintf(path, sizeof path, "/proc/%u/comm", pid);
    FILE *comm = fopen(path, "re");
    bool same = comm != NULL && fgets(text, sizeof text, comm) != NULL &&
                strcspn(text, "\n") > 0 && !strncmp(text, name, strcspn(text, "\n")) &&
                (strcspn(text, "\n") == strlen(name) || strcspn(text, "\n") == 15);
    if (comm != NULL)
        fclose(comm);
    return same;
}

/* Where reading is refused it may have the library; the caller will learn. */
static bool may_have_library(uint32_t pid) {
    uint64_t address;
    enum mt_outside_error error = mt_outside_find(pid, &address);
    return error == MT_OUTSIDE_OK || error == MT_OUTSIDE_NO_PERMISSION;
}

struct found {
    uint32_t called, with_library, pid;
    char list[256]; /* "12, 345" */
};

static void take(struct found *found, uint32_t pid, const char *name) {
    size_t used = strlen(found->list);
    if (pid == (uint32_t)getpid() || !is_called(pid, name))
        return;
    found->called++;
    if (!may_have_library(pid))
        return;
    found->with_library++;
    found->pid = pid;
    if (used < sizeof found->list - 16)
        snprintf(found->list + used, sizeof found->list - used, "%s%u", used ? ", " : "",
                 pid);
    else if (used < sizeof found->list - 4 && found->list[used - 1] != '.')
        strcat(found->list, " ..");
}

int mt_process_named(const char *name, uint32_t *pid) {
    struct found found = {0};
    DIR *proc = opendir("/proc");
    uint32_t number;
    for (struct dirent *entry; proc != NULL && (entry = readdir(proc)) != NULL;)
        if (mt_source_pid(entry->d_name, &number))
            take(&found, number, name);
    if (proc != NULL)
        closedir(proc);
    *pid = found.pid;
    if (found.with_library == 1)
        return MT_EXIT_STATUS_OK;
    if (found.with_library > 1) {
        mt_say("%s is the name of several processes, choose one by its PID: %s", name,
               found.list);
        return MT_EXIT_STATUS_USAGE;
    }
    if (found.called == 0)
        mt_say("no process is called %s", name);
    else if (found.called == 1)
        mt_say("%s runs without libmtalloc", name);
    else
        mt_say("%u processes are called %s, all without libmtalloc", found.called, name);
    return MT_EXIT_STATUS_PROCESS;
}

char mt_process_state(uint32_t pid) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%u/stat", pid);
    FILE *file = fopen(path, "re");
    size_t got = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file != NULL)
        fclose(file);
    text[got] = '\0';
    const char *at = strrchr(text, ')');
    return at != NULL && at[1] == ' ' && at[2] != 'Z' && at[2] != 'X' ? at[2] : '\0';
}

/* The line of /proc/PID/status that begins so. */
static bool status_line(uint32_t pid, const char *title, char line[512]) {
    char path[64];
    bool found = false;
    snprintf(path, sizeof path, "/proc/%u/status", pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && !found && fgets(line, 512, file) != NULL)
        found = !strncmp(line, title, strlen(title));
    if (file != NULL)
        fclose(file);
    return found;
}

bool mt_process_owner(uint32_t pid, uid_t *owner) {
    char line[512];
    return status_line(pid, "Uid:", line) && sscanf(line, "Uid: %*u %u", owner) == 1;
}

/* NSpid: from this namespace's to its own. */
uint32_t mt_process_own_number(uint32_t pid) {
    char line[512];
    const char *last = status_line(pid, "NSpid:", line) ? strrchr(line, '\t') : NULL;
    return last != NULL ? (uint32_t)strtoul(last, NULL, 10) : pid;
}

uint32_t mt_process_that_maps(uint32_t own_number, int fd) {
    DIR *proc = opendir("/proc");
    uint32_t pid, found = 0;
    for (struct dirent *entry; found == 0 && proc != NULL && (entry = readdir(proc));)
        if (mt_source_pid(entry->d_name, &pid) &&
            mt_process_own_number(pid) == own_number && mt_dump_maps(pid, fd))
            found = pid;
    if (proc != NULL)
        closedir(proc);
    return found;
}

const char *mt_process_refusal(uint32_t pid) {
    char path[64];
    struct stat status;
    snprintf(path, sizeof path, "/proc/%u", pid);
    if (stat(path, &status) == 0 && status.st_uid != geteuid())
        return " (it runs as another user)";
    FILE *file = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
    int scope = file != NULL ? fgetc(file) : '0';
    if (file != NULL)
        fclose(file);
    return scope == '1'   ? " (kernel.yama.ptrace_scope is 1: only its parent may)"
           : scope == '2' ? " (kernel.yama.ptrace_scope is 2: only an administrator may)"
           : scope == '3' ? " (kernel.yama.ptrace_scope is 3: nobody may)"
                          : "";
}

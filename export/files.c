#include "export/files.h"

#include "base/out.h"
#include "base/random.h"
#include "base/sys.h"
#include "export/directory.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#ifndef RENAME_NOREPLACE /* <stdio.h> is not for this layer */
#    define RENAME_NOREPLACE 1
#endif
#define CREATE_FLAGS  (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)
#define TRIES         8
#define PROGRAM_BYTES 64
#define TEMPORARY     ".part"

static void add_sanitised(struct mt_out *out, const char *text) {
    for (size_t i = 0; i < PROGRAM_BYTES && text[i]; i++) {
        char c = text[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c >= '0' && c <= '9') || c == '_' || c == '-' || (c == '.' && i);
        mt_out_bytes(out, plain ? &c : "_", 1);
    }
}

static void make_name(struct mt_file *file, const struct mt_file_facts *facts,
                      uint64_t random) {
    struct mt_out out;
    mt_out_init(&out, -1, file->name, sizeof file->name - 1);
    add_sanitised(&out, facts->program[0] ? facts->program : "program");
    mt_out_text(&out, ".");
    mt_out_u64(&out, facts->pid);
    mt_out_text(&out, ".");
    mt_out_u64(&out, facts->sequence);
    mt_out_text(&out, ".");
    mt_out_text(&out, facts->reason);
    mt_out_text(&out, ".");
    mt_out_hex(&out, random, 16);
    mt_out_text(&out, facts->sealed ? ".mtalloc.sealed" : ".mtalloc");
    file->name[out.used] = '\0';
}

/* Hidden, so that `*.mtalloc` finds complete files only. */
static void temporary_name(struct mt_file *file) {
    size_t length = strlen(file->name);
    file->temporary[0] = '.';
    memcpy(file->temporary + 1, file->name, length);
    memcpy(file->temporary + 1 + length, TEMPORARY, sizeof TEMPORARY);
}

static int create(struct mt_file *file) {
    return (int)mt_sys4(SYS_openat, file->dir_fd, file->temporary, CREATE_FLAGS, 0600);
}

static void close_dir(struct mt_file *file) {
    if (!file->dir_fd_borrowed)
        (void)mt_sys1(SYS_close, file->dir_fd);
    file->dir_fd = -1;
}

static bool has_room(struct mt_file *file, const struct mt_quota *quota) {
    if (mt_quota_has_room(file->dir_fd, quota, &file->room_bytes))
        return true;
    file->problem = MT_DIR_FULL;
    close_dir(file);
    return false;
}

int mt_file_open(struct mt_file *file, const struct mt_file_facts *facts) {
    file->fd = file->dir_fd = -1;
    file->keeps = false;
    file->problem = mt_directory_open(&file->dir_fd, &file->dir_fd_borrowed);
    if (file->problem != MT_DIR_OK)
        return -EACCES;
    if (!has_room(file, &facts->quota))
        return -EDQUOT;
    int result = -EEXIST;
    for (int i = 0; i < (facts->random ? 1 : TRIES) && result == -EEXIST; i++) {
        uint64_t random = facts->random;
        if (!random)
            mt_random(&random, sizeof random);
        make_name(file, facts, random);
        temporary_name(file);
        result = create(file);
    }
    if (result < 0) {
        close_dir(file);
        return result;
    }
    file->fd = result;
    return 0;
}

/* The name is the program's, so what is written before it has one of ours. */
static int create_at(struct mt_file *file, const char *name) {
    struct stat there;
    struct mt_out out;
    uint64_t random;
    if (mt_sys4(SYS_newfstatat, file->dir_fd, name, &there, AT_SYMLINK_NOFOLLOW) == 0)
        return -EEXIST;
    mt_random(&random, sizeof random);
    mt_out_init(&out, -1, file->temporary, sizeof file->temporary - 1);
    mt_out_text(&out, ".mtalloc.");
    mt_out_hex(&out, random, 16);
    mt_out_text(&out, TEMPORARY);
    file->temporary[out.used] = '\0';
    memcpy(file->name, name, strlen(name) + 1);
    return create(file);
}

int mt_file_open_at(struct mt_file *file, const char *path, bool fixed,
                    const struct mt_quota *quota) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t before = (size_t)(name - path), length = strlen(name);
    file->fd = file->dir_fd = -1;
    file->keeps = true;
    file->dir_fd_borrowed = false;
    file->problem = MT_DIR_OK;
    if (before >= MT_DIR_PATH_MAX || length >= MT_FILE_NAME_MAX)
        return -ENAMETOOLONG;
    if (!length || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return *path ? -EISDIR : -ENOENT;
    file->problem = mt_directory_open_at(path, before, &file->dir_fd);
    if (file->problem != MT_DIR_OK)
        return file->problem == MT_DIR_MISSING ? -ENOENT : -EACCES;
    if (!has_room(file, quota))
        return -EDQUOT;
    int result = -EPERM;
    if (!fixed || mt_directory_is(file->dir_fd))
        result = create_at(file, name);
    if (result < 0) {
        close_dir(file);
        return result;
    }
    file->fd = result;
    return 0;
}

/* Some file systems cannot rename without replacing, others have no links. */
static int name_new(const struct mt_file *file) {
    int fd = file->dir_fd;
    long result = mt_sys6(SYS_renameat2, fd, (long)file->temporary, fd, (long)file->name,
                          RENAME_NOREPLACE, 0);
    if (result != -EINVAL && result != -ENOSYS)
        return (int)result;
    result = mt_sys6(SYS_linkat, fd, (long)file->temporary, fd, (long)file->name, 0, 0);
    if (result == 0)
        (void)mt_sys3(SYS_unlinkat, fd, file->temporary, 0);
    return (int)result;
}

int mt_file_commit(struct mt_file *file) {
    /* Network file systems report a full disk here. The descriptor is gone in any case. */
    long result = mt_sys1(SYS_close, file->fd);
    file->fd = -1;
    if (result == 0 || result == -EINTR)
        result = file->keeps ? name_new(file)
                             : mt_sys4(SYS_renameat, file->dir_fd, file->temporary,
                                       file->dir_fd, file->name);
    if (result != 0)
        (void)mt_sys3(SYS_unlinkat, file->dir_fd, file->temporary, 0);
    close_dir(file);
    return (int)result;
}

void mt_file_abandon(struct mt_file *file) {
    (void)mt_sys1(SYS_close, file->fd);
    (void)mt_sys3(SYS_unlinkat, file->dir_fd, file->temporary, 0);
    file->fd = -1;
    close_dir(file);
}

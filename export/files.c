#include "export/files.h"

#include "base/out.h"
#include "base/random.h"
#include "base/sys.h"
#include "export/directory.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

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
static void temporary_name(const struct mt_file *file, char name[MT_FILE_NAME_MAX + 8]) {
    size_t length = strlen(file->name);
    name[0] = '.';
    memcpy(name + 1, file->name, length);
    memcpy(name + 1 + length, TEMPORARY, sizeof TEMPORARY);
}

static int create(struct mt_file *file) {
    char name[MT_FILE_NAME_MAX + 8];
    temporary_name(file, name);
    return (int)mt_sys4(SYS_openat, file->dir_fd, name, CREATE_FLAGS, 0600);
}

static void close_dir(struct mt_file *file) {
    if (!file->dir_fd_borrowed)
        (void)mt_sys1(SYS_close, file->dir_fd);
    file->dir_fd = -1;
}

int mt_file_open(struct mt_file *file, const struct mt_file_facts *facts) {
    file->fd = file->dir_fd = -1;
    file->problem = mt_directory_open(&file->dir_fd, &file->dir_fd_borrowed);
    if (file->problem != MT_DIR_OK)
        return -EACCES;
    if (!mt_quota_has_room(file->dir_fd, &facts->quota, &file->room_bytes)) {
        file->problem = MT_DIR_FULL;
        close_dir(file);
        return -EDQUOT;
    }
    int result = -EEXIST;
    for (int i = 0; i < (facts->random ? 1 : TRIES) && result == -EEXIST; i++) {
        uint64_t random = facts->random;
        if (!random)
            mt_random(&random, sizeof random);
        make_name(file, facts, random);
        result = create(file);
    }
    if (result < 0) {
        close_dir(file);
        return result;
    }
    file->fd = result;
    return 0;
}

int mt_file_commit(struct mt_file *file) {
    char name[MT_FILE_NAME_MAX + 8];
    temporary_name(file, name);
    /* Network file systems report a full disk here. The descriptor is gone in any case. */
    long result = mt_sys1(SYS_close, file->fd);
    file->fd = -1;
    if (result == 0 || result == -EINTR)
        result = mt_sys4(SYS_renameat, file->dir_fd, name, file->dir_fd, file->name);
    if (result != 0)
        (void)mt_sys3(SYS_unlinkat, file->dir_fd, name, 0);
    close_dir(file);
    return (int)result;
}

void mt_file_abandon(struct mt_file *file) {
    char name[MT_FILE_NAME_MAX + 8];
    temporary_name(file, name);
    (void)mt_sys1(SYS_close, file->fd);
    (void)mt_sys3(SYS_unlinkat, file->dir_fd, name, 0);
    file->fd = -1;
    close_dir(file);
}

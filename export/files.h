/*
 * Where summaries go, and how a file comes to be there: complete or not at all.
 *
 * The one place that opens files for output. The directory must belong to the effective
 * user, be writable by nobody else, and be no symbolic link; that is checked anew before
 * every file. MT_SIGNAL_SAFE throughout: no malloc, no stdio, no lock, errno untouched.
 */
#ifndef MT_EXPORT_FILES_H
#define MT_EXPORT_FILES_H

#include "export/quota.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MT_DIR_PATH_MAX  256
#define MT_FILE_NAME_MAX 160

/* Why a directory was refused; mt_dir_message() has the texts. */
enum mt_dir_problem {
    MT_DIR_OK,
    MT_DIR_MISSING,
    MT_DIR_SYMLINK,    /* a symbolic link, or no directory at all */
    MT_DIR_NOT_OWNED,  /* belongs to another user than the effective one */
    MT_DIR_WRITABLE,   /* by group or others */
    MT_DIR_REPLACED,   /* not the directory that was there at start */
    MT_DIR_UNREADABLE, /* any other error of open() or mkdir() */
    MT_DIR_NONE,       /* no directory could be named */
    MT_DIR_FULL,       /* has as much in it as it may */
    MT_DIR_PROBLEMS
};
const char *mt_dir_message(enum mt_dir_problem problem);

/*
 * Settles where files will go. `dir` (option `dir`), when not empty, is opened now and
 * kept as a close-on-exec descriptor, so that a later chroot() or chdir() changes nothing;
 * otherwise only names are noted, taken from `envp`, and nothing is opened or made before
 * the first file. Both texts are copied. Returns what is wrong with `dir` so far; it is
 * looked at again when a file is made.
 */
enum mt_dir_problem mt_files_start(const char *dir, const char *const *envp);

/* What a file's name is made of: PROGRAM.PID.SEQUENCE.REASON.RANDOM.mtalloc */
struct mt_file_facts {
    const char *program; /* everything but letters, digits, '_', '-', '.' becomes '_' */
    const char *reason;
    uint32_t pid, sequence;
    uint64_t random;       /* 0: draw one */
    bool sealed;           /* then .sealed follows */
    struct mt_quota quota; /* of the directory */
};

struct mt_file {
    int fd; /* write here */
    int dir_fd;
    bool dir_fd_borrowed;
    bool keeps;                  /* what has the name already is left alone */
    enum mt_dir_problem problem; /* set when mt_file_open() refused the directory */
    uint64_t room_bytes;         /* most that the directory's quota leaves for it */
    char name[MT_FILE_NAME_MAX];
    char temporary[MT_FILE_NAME_MAX + 8];
};

/* Opens a new file under a temporary name, mode 0600. Returns 0 or a negative errno,
 * -EDQUOT with MT_DIR_FULL, and then nothing is left behind. */
int mt_file_open(struct mt_file *file, const struct mt_file_facts *facts);

/* The same for a file that the program names, which must not exist: -EEXIST. With `fixed`
 * its directory must be the one that other files go to: -EPERM. */
int mt_file_open_at(struct mt_file *file, const char *path, bool fixed,
                    const struct mt_quota *quota);

/* Gives the file its name. On an error, returned as a negative errno, it is removed. */
int mt_file_commit(struct mt_file *file);

/* Removes it. */
void mt_file_abandon(struct mt_file *file);

#endif

#include "export/outside_find.h"

#include "base/sys.h"
#include "export/proc.h"
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#define HEADERS_MOST 128
#define NOTES_MOST   (64u * 1024)

struct search {
    const struct mt_outside_memory *memory;
    uint64_t region; /* what was looked for */
    bool library;    /* a note was found, with no region behind it */
    int error;       /* that ended the search */
};

enum mt_outside_error mt_outside_error_of(int error) {
    switch (error) {
    case -ESRCH:
    case -ENOENT:
        return MT_OUTSIDE_NO_PROCESS;
    case -EPERM:
    case -EACCES:
        return MT_OUTSIDE_NO_PERMISSION;
    case -ENOMEM:
        return MT_OUTSIDE_NO_MEMORY;
    case -EFAULT:
        return MT_OUTSIDE_INCOMPLETE;
    default:
        return MT_OUTSIDE_IO;
    }
}

int mt_outside_peek(uint32_t pid, uint64_t address, void *to, size_t bytes) {
    size_t done = 0;
    while (done < bytes) {
        struct iovec here = {(char *)to + done, bytes - done};
        struct iovec there = {(void *)(uintptr_t)(address + done), bytes - done};
        long got =
            mt_sys6(SYS_process_vm_readv, (long)pid, (long)&here, 1, (long)&there, 1, 0);
        if (got == -EINTR)
            continue;
        if (got <= 0)
            return got ? (int)got : -EFAULT;
        done += (size_t)got;
    }
    return 0;
}

static int peek_process(const struct mt_outside_memory *memory, uint64_t address, void *to,
                        size_t bytes) {
    return mt_outside_peek(memory->pid, address, to, bytes);
}

struct mt_outside_memory mt_outside_process(uint32_t pid) {
    return (struct mt_outside_memory){.peek = peek_process, .pid = pid};
}

static int peek(const struct search *search, uint64_t address, void *to, size_t bytes) {
    return search->memory->peek(search->memory, address, to, bytes);
}

static uint64_t hex(const char **text) {
    uint64_t value = 0;
    for (;; (*text)++) {
        char c = **text;
        if (c >= '0' && c <= '9')
            value = value << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value << 4 | (uint64_t)(c - 'a' + 10);
        else
            return value;
    }
}

/* Follows a note of ours to the region. True when the search is over. */
static bool follow(struct search *search, uint64_t descriptor) {
    int64_t distance;
    uint64_t region;
    if (peek(search, descriptor, &distance, sizeof distance) != 0 ||
        peek(search, descriptor + (uint64_t)distance, &region, sizeof region) != 0)
        return false;
    search->library = true;
    search->region = region;
    return region != 0;
}

static bool search_notes(struct search *search, uint64_t at, const Elf64_Phdr *segment) {
    uint64_t align = segment->p_align == 8 ? 8 : 4;
    uint64_t size = segment->p_filesz < NOTES_MOST ? segment->p_filesz : NOTES_MOST;
    uint64_t place = 0;
    Elf64_Nhdr note;
    while (place + sizeof note <= size) {
        char owner[sizeof MT_NOTE_OWNER];
        if (peek(search, at + place, &note, sizeof note) != 0)
            return false;
        uint64_t name = place + sizeof note;
        uint64_t descriptor = (name + note.n_namesz + align - 1) & ~(align - 1);
        if (note.n_type == MT_NOTE_TYPE && note.n_namesz == sizeof owner &&
            note.n_descsz == sizeof(uint64_t) &&
            peek(search, at + name, owner, sizeof owner) == 0 &&
            memcmp(owner, MT_NOTE_OWNER, sizeof owner) == 0 &&
            follow(search, at + descriptor))
            return true;
        place = (descriptor + note.n_descsz + align - 1) & ~(align - 1);
    }
    return false;
}

/* The ELF image whose first bytes are mapped at `base`. */
static bool search_image(struct search *search, uint64_t base) {
    Elf64_Ehdr elf;
    Elf64_Phdr segment;
    uint64_t bias = base;
    int error = peek(search, base, &elf, sizeof elf);
    if (error == -EPERM || error == -EACCES || error == -ESRCH) {
        search->error = error;
        return true;
    }
    if (error || memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 ||
        elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_phentsize != sizeof segment)
        return false;
    for (unsigned i = 0; i < elf.e_phnum && i < HEADERS_MOST; i++) {
        uint64_t at = base + elf.e_phoff + i * sizeof segment;
        if (peek(search, at, &segment, sizeof segment) != 0)
            return false;
        if (segment.p_type == PT_LOAD && segment.p_offset == 0)
            bias = base - segment.p_vaddr;
    }
    for (unsigned i = 0; i < elf.e_phnum && i < HEADERS_MOST; i++) {
        uint64_t at = base + elf.e_phoff + i * sizeof segment;
        if (peek(search, at, &segment, sizeof segment) != 0)
            return false;
        if (segment.p_type == PT_NOTE &&
            search_notes(search, bias + segment.p_vaddr, &segment))
            return true;
    }
    return false;
}

/* "start-end perms offset device inode path": images begin at offset 0 of a file. Devices
 * are left alone, reading them may have effects. */
static bool take_mapping(const char *line, void *context) {
    const char *at = line;
    uint64_t start = hex(&at);
    at = strchr(at, ' ');
    if (!at || at[1] != 'r')
        return true;
    at = strchr(at + 1, ' ');
    if (!at)
        return true;
    at++;
    bool image = hex(&at) == 0 && strchr(at, '/') && !strstr(at, " /dev/");
    return !image || !search_image(context, start);
}

enum mt_outside_error mt_outside_find_in(const struct mt_outside_memory *memory,
                                         uint64_t base, uint64_t *address) {
    struct search search = {.memory = memory};
    (void)search_image(&search, base);
    *address = search.region;
    return search.region    ? MT_OUTSIDE_OK
           : search.library ? MT_OUTSIDE_OFF
                            : MT_OUTSIDE_NO_LIBRARY;
}

enum mt_outside_error mt_outside_find(uint32_t pid, uint64_t *address) {
    struct mt_outside_memory memory = mt_outside_process(pid);
    struct search search = {.memory = &memory};
    if (!pid)
        return MT_OUTSIDE_NO_PROCESS;
    long lines = mt_proc_lines(pid, "maps", take_mapping, &search);
    if (lines < 0 || search.error)
        return mt_outside_error_of(search.error ? search.error : (int)lines);
    *address = search.region;
    if (search.region)
        return MT_OUTSIDE_OK;
    if (search.library)
        return MT_OUTSIDE_OFF;
    return lines ? MT_OUTSIDE_NO_LIBRARY : MT_OUTSIDE_NO_PROCESS; /* none: a zombie */
}

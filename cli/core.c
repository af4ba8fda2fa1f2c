/*
 * A core holds, by default, the first page of every ELF image, where the library's note is,
 * all private memory that was written to, and so the library's pointer to the region and
 * the region; not what is shared with a file that has a name, which a recorder's region is.
 *
 * The core may be damaged, or made to be: it is read with pread within the file's size, and
 * what is found is checked as any region is.
 */
#include "cli/core.h"

#include "cli/say.h"
#include "export/outside_find.h"
#include "track/region.h"
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_BYTES    4096u
#define SEGMENTS_MOST 1000000u
#define NOTES_MOST    (16u << 20)
/* Reads that it takes to find the region, besides those of the file's pages. A program with
 * 20,000 libraries takes fewer; segments that lie over each other could take years. */
#define READS_MOST 2000000u

struct segment {
    uint64_t address, bytes, offset; /* what the file has of it */
};

struct core {
    int fd;
    Elf *elf;
    uint64_t file_bytes;
    struct segment *segments; /* by address */
    size_t count;
    uint64_t *reads_left;
};

/* What lies over each other, in a made-up core, is not found. */
static const struct segment *segment_at(const struct core *core, uint64_t address) {
    size_t low = 0, high = core->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (core->segments[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    const struct segment *last = low > 0 ? &core->segments[low - 1] : NULL;
    return last != NULL && address - last->address < last->bytes ? last : NULL;
}

static int peek(const struct mt_outside_memory *memory, uint64_t address, void *to,
                size_t bytes) {
    const struct core *core = memory->context;
    for (size_t done = 0; done < bytes;) {
        const struct segment *segment = segment_at(core, address + done);
        if (segment == NULL)
            return -EFAULT;
        uint64_t into = address + done - segment->address, rest = segment->bytes - into;
        size_t wanted = rest < bytes - done ? (size_t)rest : bytes - done;
        uint64_t cost = 1 + wanted / PAGE_BYTES;
        if (*core->reads_left < cost) {
            *core->reads_left = 0;
            return -EFAULT;
        }
        *core->reads_left -= cost;
        ssize_t got =
            pread(core->fd, (char *)to + done, wanted, (off_t)(segment->offset + into));
        if (got <= 0)
            return -EFAULT;
        done += (size_t)got;
    }
    return 0;
}

/* What goes beyond the file's end was cut off. */
static void add_segment(struct core *core, const GElf_Phdr *header) {
    if (header->p_offset >= core->file_bytes || header->p_filesz == 0)
        return;
    uint64_t bytes = core->file_bytes - header->p_offset;
    if (bytes > header->p_filesz)
        bytes = header->p_filesz;
    core->segments[core->count++] =
        (struct segment){header->p_vaddr, bytes, header->p_offset};
}

static int by_address(const void *a, const void *b) {
    const struct segment *one = a, *other = b;
    return (one->address > other->address) - (one->address < other->address);
}

static bool read_segments(struct core *core) {
    size_t count;
    GElf_Phdr header;
    if (elf_getphdrnum(core->elf, &count) != 0 || count > SEGMENTS_MOST)
        return false;
    core->segments = mt_alloc(count, sizeof *core->segments);
    for (size_t i = 0; i < count; i++)
        if (gelf_getphdr(core->elf, (int)i, &header) != NULL && header.p_type == PT_LOAD)
            add_segment(core, &header);
    qsort(core->segments, core->count, sizeof *core->segments, by_address);
    return core->count > 0;
}

/* ---- which file was mapped there ---- */

/* NT_FILE: count and page size, then start, end and offset of each mapping, then the names,
 * each with its NUL. */
static char *name_in(const char *note, size_t bytes, uint64_t address) {
    uint64_t head[2], entry[3], found = UINT64_MAX;
    if (bytes < sizeof head)
        return NULL;
    memcpy(head, note, sizeof head);
    if (head[0] > (bytes - sizeof head) / sizeof entry)
        return NULL;
    for (uint64_t i = 0; i < head[0] && found == UINT64_MAX; i++) {
        memcpy(entry, note + sizeof head + i * sizeof entry, sizeof entry);
        if (address >= entry[0] && address < entry[1])
            found = i;
    }
    const char *name = note + sizeof head + head[0] * sizeof entry, *end = note + bytes;
    for (; found != UINT64_MAX && name < end; found--) {
        size_t length = strnlen(name, (size_t)(end - name));
        if (name + length == end)
            return NULL;
        if (found == 0)
            return mt_text_clean(name, length);
        name += length + 1;
    }
    return NULL;
}

static char *mapped_file(const struct core *core, uint64_t address) {
    size_t count, at, name, descriptor;
    uint64_t left = NOTES_MOST;
    GElf_Phdr header;
    GElf_Nhdr note;
    if (elf_getphdrnum(core->elf, &count) != 0)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (gelf_getphdr(core->elf, (int)i, &header) == NULL || header.p_type != PT_NOTE ||
            header.p_filesz > left || header.p_offset > core->file_bytes)
            continue;
        left -= header.p_filesz;
        Elf_Data *data = elf_getdata_rawchunk(core->elf, (int64_t)header.p_offset,
                                              header.p_filesz, ELF_T_NHDR);
        at = 0;
        while (data != NULL && (at = gelf_getnote(data, at, &note, &name, &descriptor)) > 0)
            if (note.n_type == NT_FILE)
                return name_in((const char *)data->d_buf + descriptor, note.n_descsz,
                               address);
    }
    return NULL;
}

/* ---- the region ---- */

static enum mt_outside_error find_by_note(const struct mt_outside_memory *memory,
                                          uint64_t *address) {
    const struct core *core = memory->context;
    enum mt_outside_error best = MT_OUTSIDE_NO_LIBRARY;
    for (size_t i = 0; i < core->count; i++) {
        enum mt_outside_error error =
            mt_outside_find_in(memory, core->segments[i].address, address);
        if (error == MT_OUTSIDE_OK)
            return error;
        if (error == MT_OUTSIDE_OFF)
            best = error;
    }
    return best;
}

/* Where the note was left out: a region begins a page. Segments of a made-up core may lie
 * over each other; no more is looked at than the file has. */
static bool copy_by_magic(const struct mt_outside_memory *memory, struct mt_outside *view) {
    const struct core *core = memory->context;
    uint64_t left = core->file_bytes / PAGE_BYTES + core->count;
    for (size_t i = 0; i < core->count; i++) {
        const struct segment *segment = &core->segments[i];
        for (uint64_t at = 0; at < segment->bytes && left > 0 && *core->reads_left > 0;
             at += PAGE_BYTES, left--) {
            uint64_t magic = 0;
            if (pread(core->fd, &magic, sizeof magic, (off_t)(segment->offset + at)) ==
                    (ssize_t)sizeof magic &&
                magic == MT_REGION_MAGIC &&
                mt_outside_copy(memory, segment->address + at, view) == MT_OUTSIDE_OK)
                return true;
        }
    }
    return false;
}

/* What is not in the core is most often a recorder's. */
static void say_why(const struct core *core, const char *path, enum mt_outside_error error,
                    uint64_t address) {
    char *file = error == MT_OUTSIDE_NOT_REGION || error == MT_OUTSIDE_INCOMPLETE
                     ? mapped_file(core, address)
                     : NULL;
    if (*core->reads_left == 0)
        mt_say("cannot dump %s: the core is damaged, or made to be read for ever", path);
    else if (file != NULL)
        mt_say(
            "cannot dump %s: the counters were in a recording, which a core leaves out: %s",
            path, file);
    else if (error == MT_OUTSIDE_NO_LIBRARY)
        mt_say("cannot dump %s: the process ran without libmtalloc, or the core leaves out "
               "where its counters are",
               path);
    else if (error == MT_OUTSIDE_INCOMPLETE ||
             (error == MT_OUTSIDE_NOT_REGION && segment_at(core, address) == NULL))
        mt_say("cannot dump %s: the core is cut short, or leaves memory out", path);
    else
        mt_say("cannot dump %s: %s", path, mt_outside_message(error));
    free(file);
}

static enum mt_outside_error read_region(const struct core *core, const char *path,
                                         struct mt_outside *view) {
    struct mt_outside_memory memory = {.peek = peek, .context = core};
    uint64_t address = 0;
    enum mt_outside_error error = find_by_note(&memory, &address);
    if (error == MT_OUTSIDE_OK)
        error = mt_outside_copy(&memory, address, view);
    if (error != MT_OUTSIDE_OK && error != MT_OUTSIDE_OFF && copy_by_magic(&memory, view))
        error = MT_OUTSIDE_OK;
    if (error != MT_OUTSIDE_OK && error != MT_OUTSIDE_IO)
        say_why(core, path, error, address);
    return error;
}

static bool is_core(const struct core *core) {
    GElf_Ehdr header;
    return core->elf != NULL && elf_kind(core->elf) == ELF_K_ELF &&
           gelf_getehdr(core->elf, &header) != NULL && header.e_type == ET_CORE &&
           header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB;
}

enum mt_outside_error mt_core_read(const char *path, struct mt_outside *view) {
    uint64_t reads_left = READS_MOST;
    struct core core = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK),
                        .reads_left = &reads_left};
    enum mt_outside_error error = MT_OUTSIDE_NOT_REGION;
    struct stat status;
    *view = (struct mt_outside){0};
    if (core.fd < 0)
        return MT_OUTSIDE_IO;
    if (fstat(core.fd, &status) == 0 && S_ISREG(status.st_mode)) {
        core.file_bytes = (uint64_t)status.st_size;
        reads_left += 2 * core.file_bytes / PAGE_BYTES;
        elf_version(EV_CURRENT);
        core.elf = elf_begin(core.fd, ELF_C_READ, NULL);
    }
    if (is_core(&core) && read_segments(&core))
        error = read_region(&core, path, view);
    else
        mt_say("cannot dump %s: not a core, or a damaged one", path);
    free(core.segments);
    elf_end(core.elf);
    close(core.fd);
    return error;
}

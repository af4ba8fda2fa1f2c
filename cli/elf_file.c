#include "cli/elf_file.h"

#include "cli/say.h"
#include "export/outside_find.h"
#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void read_build_id(Elf *elf, struct mt_elf_file *file) {
    const void *bits;
    ssize_t bytes = dwelf_elf_gnu_build_id(elf, &bits);
    if (bytes <= 0 || bytes > MT_BUILD_ID_TEXT_MAX / 2)
        return;
    for (ssize_t i = 0; i < bytes; i++)
        sprintf(file->build_id + 2 * i, "%02x", ((const unsigned char *)bits)[i]);
}

/* The note that the library leaves in what it is linked into (alloc/note.c). */
static bool has_library_note(Elf *elf, const GElf_Phdr *header) {
    GElf_Word type = header->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR;
    Elf_Data *data =
        elf_getdata_rawchunk(elf, (int64_t)header->p_offset, header->p_filesz, type);
    GElf_Nhdr note;
    size_t at = 0, name, descriptor;
    while (data != NULL && (at = gelf_getnote(data, at, &note, &name, &descriptor)) > 0)
        if (note.n_type == MT_NOTE_TYPE && note.n_namesz == sizeof MT_NOTE_OWNER &&
            !memcmp((char *)data->d_buf + name, MT_NOTE_OWNER, sizeof MT_NOTE_OWNER))
            return true;
    return false;
}

static void read_segments(Elf *elf, struct mt_elf_file *file) {
    size_t count;
    GElf_Phdr header;
    if (elf_getphdrnum(elf, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        if (gelf_getphdr(elf, (int)i, &header) == NULL)
            continue;
        if (header.p_type == PT_INTERP)
            file->interpreter = true;
        else if (header.p_type == PT_NOTE && has_library_note(elf, &header))
            file->library = true;
    }
}

static void read_runpath(Elf *elf, struct mt_elf_file *file) {
    GElf_Shdr header;
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(elf, section)) != NULL)
        if (gelf_getshdr(section, &header) != NULL && header.sh_type == SHT_DYNAMIC)
            break;
    Elf_Data *data = section != NULL ? elf_getdata(section, NULL) : NULL;
    GElf_Dyn entry;
    for (int i = 0; data != NULL && gelf_getdyn(data, i, &entry) != NULL; i++) {
        if (entry.d_tag != DT_RUNPATH && entry.d_tag != DT_RPATH)
            continue;
        const char *text = elf_strptr(elf, header.sh_link, entry.d_un.d_val);
        if (text != NULL && file->runpath == NULL)
            file->runpath = mt_copy(text);
    }
}

bool mt_elf_file_read(const char *path, struct mt_elf_file *file) {
    *file = (struct mt_elf_file){0};
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return false;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        errno = EINVAL;
        return false;
    }
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    GElf_Ehdr header;
    if (elf != NULL && elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &header) != NULL) {
        file->elf = true;
        file->machine = header.e_machine;
        file->class = header.e_ident[EI_CLASS];
        read_build_id(elf, file);
        read_segments(elf, file);
        read_runpath(elf, file);
    }
    elf_end(elf);
    close(fd);
    return true;
}

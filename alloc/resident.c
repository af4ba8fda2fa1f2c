#include "alloc/resident.h"

#include "base/attr.h"
#include "base/sys.h"
#include "export/proc.h"

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>

/* A word of pagemap: present, swapped. */
#define THERE (UINT64_C(3) << 62)
#define WORDS 512u

int mt_resident_open(void) {
    return mt_proc_open(0, "pagemap");
}

static void by_mincore(uintptr_t from, size_t pages, size_t page_bytes,
                       unsigned char *out) {
    if (mt_sys3(SYS_mincore, from, pages * page_bytes, out) != 0)
        memset(out, 1, pages);
    for (size_t i = 0; i < pages; i++)
        out[i] &= 1;
}

void mt_resident(int pagemap, uintptr_t from, size_t pages, unsigned char *out) {
    static uint64_t word[WORDS];
    size_t page_bytes = getauxval(AT_PAGESZ), done = 0;
    while (pagemap >= 0 && done < pages) {
        size_t count = pages - done < WORDS ? pages - done : WORDS;
        long got = mt_sys4(SYS_pread64, pagemap, word, count * sizeof *word,
                           (from / page_bytes + done) * sizeof *word);
        if (got == -EINTR)
            continue;
        if (got < (long)sizeof *word)
            break;
        for (size_t i = 0; i < (size_t)got / sizeof *word; i++)
            out[done++] = (word[i] & THERE) != 0;
    }
    if (done < pages)
        by_mincore(from + done * page_bytes, pages - done, page_bytes, out + done);
}

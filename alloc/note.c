/*
 * The ELF note by which `mtalloc dump PID` finds the region from outside: owner "mtalloc",
 * type 1, its descriptor the distance from the descriptor to the variable that points to
 * the region. The distance is a constant of the link, so that no relocation is needed.
 */
#include "track/region_make.h"

__asm__(".pushsection .note.mtalloc, \"a\", @note\n"
        ".balign 4\n"
        ".long 8, 8, 1\n"      /* sizes of owner and descriptor, type */
        ".asciz \"mtalloc\"\n" /* 8 bytes */
        "0: .quad mt_region_own - 0b\n"
        ".popsection\n");

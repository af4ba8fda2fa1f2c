/*
 * Calls by way of code that no file holds, as JIT compilers make it: nothing says how to
 * leave its frame, so the stack ends there and is counted as truncated.
 */
#include "stacks/truth.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static NOINLINE void called(int size) {
    ENTER;
    ALLOC((size_t)size);
    LEAVE;
}

/* sub $8,%rsp; mov %rdi,%rax; mov %esi,%edi; call *%rax; add $8,%rsp; ret */
static const unsigned char code[] = {0x48, 0x83, 0xec, 0x08, 0x48, 0x89, 0xf8, 0x89,
                                     0xf7, 0xff, 0xd0, 0x48, 0x83, 0xc4, 0x08, 0xc3};

int main(void) {
    void (*made)(void (*)(int), int);
    void *page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return 1;
    memcpy(page, code, sizeof code);
    if (mprotect(page, 4096, PROT_READ | PROT_EXEC))
        return 1;
    memcpy(&made, &page, sizeof made);
    truth_begin(FROM_START);
    ENTER;
    for (int round = 0; round < 20; round++) {
        called(71);
        struct truth_stack before = *truth_now;
        truth_begin("[truncated];[anonymous]");
        made(called, 72);
        *truth_now = before;
        called(73);
    }
    LEAVE;
    truth_print();
    return 0;
}

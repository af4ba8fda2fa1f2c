/* Seccomp filters, raw: no library that could be missing. */
#ifndef MT_TESTS_CAGE_H
#define MT_TESTS_CAGE_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAGE_MOST 64

/* Does `listed` for the calls in the list (ended by -1), `others` for all the rest. */
static inline int cage(const int *calls, uint32_t listed, uint32_t others) {
    struct sock_filter rules[CAGE_MOST + 3] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
    unsigned count = 0, used = 1;
    while (calls[count] >= 0)
        count++;
    if (count > CAGE_MOST)
        return -1;
    for (unsigned i = 0; i < count; i++)
        rules[used++] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i], (uint8_t)(count - i), 0);
    rules[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, others);
    rules[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, listed);
    struct sock_fprog program = {(unsigned short)used, rules};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

#endif

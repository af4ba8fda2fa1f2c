#include "alloc/leaks_tasks.h"

#include "base/attr.h"
#include "base/out.h"
#include "base/sys.h"
#include "export/proc.h"

#include <string.h>

/* The kernel's, of getdents64(). */
struct entry {
    uint64_t inode;
    int64_t next;
    uint16_t length;
    uint8_t type;
    char name[];
};

static uint32_t number_of(const char *digits) {
    uint32_t number = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++)
        number = number * 10 + (uint32_t)(*digits - '0');
    return number;
}

static bool line_of_status(const char *line, void *context) {
    struct mt_task *task = context;
    if (strncmp(line, "State:\t", 7) == 0)
        task->ended = line[7] == 'Z' || line[7] == 'X';
    if (strncmp(line, "SigBlk:\t", 8) != 0)
        return true;
    const char *at = line + 8;
    task->blocked = mt_proc_hex(&at);
    return false;
}

static void look(const char *number, struct mt_task *task) {
    char path[40];
    struct mt_out out;
    mt_out_init(&out, -1, path, sizeof path - 1);
    mt_out_text(&out, "task/");
    mt_out_text(&out, number);
    mt_out_text(&out, "/status");
    path[out.used] = '\0';
    *task = (struct mt_task){0};
    if (mt_proc_lines(0, path, line_of_status, task) <= 0)
        task->ended = true;
}

bool mt_tasks_each(void (*each)(uint32_t number, const struct mt_task *task, void *context),
                   void *context) {
    _Alignas(struct entry) char buffer[1024];
    long got;
    int fd = mt_proc_open(0, "task");
    if (fd < 0)
        return false;
    while ((got = mt_sys3(SYS_getdents64, fd, buffer, sizeof buffer)) > 0) {
        for (long at = 0; at < got;) {
            const struct entry *entry = (const struct entry *)(buffer + at);
            struct mt_task task;
            at += entry->length;
            if (entry->name[0] < '0' || entry->name[0] > '9' || strlen(entry->name) > 10)
                continue;
            look(entry->name, &task);
            each(number_of(entry->name), &task, context);
        }
    }
    (void)mt_sys1(SYS_close, fd);
    return got == 0;
}

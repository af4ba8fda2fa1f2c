/* The process's threads, as /proc/self/task lists them. MT_SIGNAL_SAFE. */
#ifndef MT_ALLOC_LEAKS_TASKS_H
#define MT_ALLOC_LEAKS_TASKS_H

#include <stdbool.h>
#include <stdint.h>

struct mt_task {
    uint64_t blocked; /* bit n - 1 is signal n */
    bool ended;       /* gone meanwhile, or waiting to be collected */
};

/* False: they cannot be listed. */
bool mt_tasks_each(void (*each)(uint32_t number, const struct mt_task *task, void *context),
                   void *context);

#endif

#include "alloc/stack_mode.h"

#include "base/alone.h"
#include "base/option_values.h"
#include "base/options.h"
#include "track/region_make.h"
#include "track/sample.h"

#include <errno.h>
#include <string.h>

#define BIT(mode) (1u << (mode))

uint32_t mt_stack_mode = MT_STACK_FULL;
static uint32_t first_mode, used; /* what it was at first; bits: all that it was */
static unsigned events;

void mt_stack_start(uint32_t mode) {
    mt_stack_mode = first_mode = mode;
    used = BIT(mode);
}

void mt_stack_after_detach(void) {
    first_mode = mt_stack_mode;
    events = 0;
}

static void note(uint32_t mode) {
    static const enum mt_event_kind kind[] = {
        [MT_STACK_OFF] = MT_EVENT_STACK_OFF,
        [MT_STACK_CALLER] = MT_EVENT_STACK_CALLER,
        [MT_STACK_FULL] = MT_EVENT_STACK_FULL,
        [MT_STACK_SAMPLED] = MT_EVENT_STACK_SAMPLED,
    };
    if (events < MT_STACK_EVENTS) {
        events++;
        mt_region_event(
            &(struct mt_event_facts){.kind = kind[mode], .since_start = events == 1});
    } else
        atomic_fetch_add(&mt_region_own->events_lost, 1);
}

static bool mixes(uint32_t modes) {
    return !(modes & BIT(MT_STACK_SAMPLED)) ||
           !(modes & (BIT(MT_STACK_FULL) | BIT(MT_STACK_CALLER)));
}

static int change(uint32_t mode) {
    if (mode > MT_STACK_SAMPLED || !mixes(used | BIT(mode)))
        return -EINVAL;
    if (mode == mt_stack_mode)
        return 0;
    used |= BIT(mode);
    if (!events)
        note(first_mode);
    if (mode == MT_STACK_SAMPLED)
        mt_region_own->sample = mt_sample_mean;
    mt_region_own->stack_mode = mode;
    __atomic_store_n(&mt_stack_mode, mode, __ATOMIC_RELAXED);
    note(mode);
    return 0;
}

int mt_stack_switch(uint32_t mode) {
    if (!mt_region_own)
        return -ENOTSUP;
    if (mt_options->no_control)
        return -EPERM;
    if (!mt_alone_begin(MT_ALONE_STACK_MODE))
        return -EAGAIN;
    int result = change(mode);
    mt_alone_end(MT_ALONE_STACK_MODE);
    return result;
}

int mt_stack_set(const char *text) {
    static const char name[] = "stack=";
    uint32_t mode;
    if (!text || strncmp(text, name, sizeof name - 1) != 0)
        return -EINVAL;
    text += sizeof name - 1;
    for (size_t i = 0; i < mt_option_count; i++) {
        const struct mt_option_info *row = &mt_option_table[i];
        if (row->offset == offsetof(struct mt_options, stack))
            return mt_option_read_enum(row->text, text, strlen(text), &mode)
                       ? mt_stack_switch(mode)
                       : -EINVAL;
    }
    return -EINVAL;
}

/* A finding about the heap on its way to the log and into the region. */
#ifndef MT_ALLOC_REPORT_PRINT_H
#define MT_ALLOC_REPORT_PRINT_H

#include "alloc/block.h"
#include "base/out.h"

struct mt_finding {
    enum mt_event_kind kind;
    const struct mt_block *block;         /* NULL: nothing is known of it */
    uint32_t error_site;                  /* filled in by mt_finding_emit() */
    const struct mt_registers *registers; /* of the instruction, where that was caught */
    uint32_t free_site;                   /* where the block was freed, 0: not known */
    uintptr_t free_pc;                    /* or what may be the caller of its free */
    struct {
        const char *name;
        uint64_t value; /* field[0].value is also the event's */
    } field[3];
    const char *detail; /* a constant word or two */
    uint32_t module;    /* named behind the detail, with the offset; 0: none */
    uint64_t offset;
    bool harmless; /* a warning, not an error */
};

/* Prints it and records the event. With `entry` 0 the operation that came upon it has no
 * part in it, and its stack is not shown. MT_SIGNAL_SAFE. */
void mt_finding_emit(struct mt_finding *finding, struct mt_thread *thread, uintptr_t entry);

/* A warning of other things than errors, if warnings are wanted: what `write` writes, which
 * is one line or several, and the site's stack under `title`. MT_SIGNAL_SAFE. */
void mt_report_write(void (*write)(struct mt_out *out, const void *context),
                     const void *context, const char *title, uint32_t site);

/* " name=value" */
void mt_report_field(struct mt_out *out, const char *name, uint64_t value);

/* Of a site's stack; 0: none. */
uint64_t mt_report_signature(uint32_t site);

#endif

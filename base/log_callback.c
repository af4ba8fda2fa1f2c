#include "base/log_callback.h"

#include "base/attr.h"
#include "base/quiet.h"
#include <errno.h>
#include <stdatomic.h>

#define LINE_BYTES 512
#define TRIES_MOST 1000000

typedef void receiver(int level, const char *line, void *context);

/* Two words that belong together. The count is odd while they change: whoever comes upon
 * that, a handler that interrupted the change for instance, does without. */
static _Atomic unsigned changes;
static receiver *_Atomic function;
static void *_Atomic context;

static MT_TLS bool inside;

/* Signals wait, so that no handler can come upon its own thread's change. A change that
 * does not end is that of a thread which a fork left behind. */
void mt_log_set_callback(receiver *now, void *its_context) {
    struct mt_quiet quiet;
    mt_quiet_begin(&quiet, MT_QUIET_MOST);
    unsigned seen = atomic_load(&changes) & ~1u;
    for (int tries = 0; tries < TRIES_MOST; tries++) {
        if (atomic_compare_exchange_weak(&changes, &seen, seen + 1))
            break;
        seen &= ~1u;
    }
    atomic_store(&function, now);
    atomic_store(&context, its_context);
    atomic_store(&changes, seen + 2);
    mt_quiet_end(&quiet);
}

bool mt_log_has_callback(void) {
    return atomic_load(&function) != NULL;
}

void *mt_log_callback_context(void) {
    return atomic_load(&context);
}

void mt_log_call(enum mt_log_level level, const char *line) {
    unsigned before = atomic_load(&changes);
    receiver *called = atomic_load(&function);
    void *its_context = atomic_load(&context);
    if (inside || !called || before & 1 || atomic_load(&changes) != before)
        return;
    int error = errno; /* free leaves it alone, and so does a malloc that succeeds */
    inside = true;
    called((int)level, line, its_context);
    inside = false;
    errno = error;
}

/* The line that is being put together; the lines' caller is one at a time. */
static struct {
    enum mt_log_level level;
    size_t used;
    char text[LINE_BYTES];
} line;

static long take(const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != '\n') {
            if (line.used < sizeof line.text - 1)
                line.text[line.used++] = bytes[i];
            continue;
        }
        line.text[line.used] = '\0';
        line.used = 0;
        mt_log_call(line.level, line.text);
    }
    return (long)length;
}

void mt_log_call_lines(struct mt_out *out, enum mt_log_level level) {
    line.level = level;
    line.used = 0;
    out->write = take;
}

#include "base/options.h"

#include "base/out.h"
#include "base/pages.h"
#include "base/sys.h"
#include <string.h>
#include <sys/mman.h>

/* AArch64 kernels may have pages of 64 KiB. */
#if defined(__aarch64__)
#    define SEAL_BYTES 65536u
#else
#    define SEAL_BYTES MT_PAGE_BYTES
#endif

#define OPT_BOOL(name, def, help)           .name = (def),
#define OPT_UINT(name, def, min, max, help) .name = (def),
#define OPT_SIZE(name, def, min, max, help) .name = (def),
#define OPT_ENUM(name, def, values, help)   .name = (def),
#define OPT_TEXT(name, def, help)           .name = def,
static const struct mt_options defaults = {
#include "base/options.def"
};

/* Alone on its page, which becomes read-only. */
static union {
    struct mt_options options;
    char page[SEAL_BYTES];
} sealed __attribute__((aligned(SEAL_BYTES))) = {{
#include "base/options.def"
}};
#undef OPT_BOOL
#undef OPT_UINT
#undef OPT_SIZE
#undef OPT_ENUM
#undef OPT_TEXT
_Static_assert(sizeof sealed == SEAL_BYTES, "the options fill exactly their page");

const struct mt_options *const mt_options = &sealed.options;

#define ROW(name, type, def, min, max, text, help)                                         \
    {#name, (type), (def), (min), (max), (text), (help), offsetof(struct mt_options, name)},
#define OPT_BOOL(name, def, help) ROW(name, MT_OPT_BOOL, def, 0, 1, NULL, help)
#define OPT_UINT(name, def, min, max, help)                                                \
    ROW(name, MT_OPT_UINT, def, min, max, NULL, help)
#define OPT_SIZE(name, def, min, max, help)                                                \
    ROW(name, MT_OPT_SIZE, def, min, max, NULL, help)
#define OPT_ENUM(name, def, values, help) ROW(name, MT_OPT_ENUM, def, 0, 0, values, help)
#define OPT_TEXT(name, def, help)         ROW(name, MT_OPT_TEXT, 0, 0, 0, def, help)
const struct mt_option_info mt_option_table[] = {
#include "base/options.def"
};
const size_t mt_option_count = sizeof mt_option_table / sizeof *mt_option_table;

const char *mt_option_allowed(const struct mt_option_info *option, char *text,
                              size_t room) {
    struct mt_out out;
    mt_out_init(&out, -1, text, room - 1);
    switch (option->type) {
    case MT_OPT_TEXT:
        return NULL;
    case MT_OPT_ENUM:
        return option->text;
    case MT_OPT_BOOL:
        return "0|1";
    case MT_OPT_UINT:
    case MT_OPT_SIZE:
        mt_out_u64(&out, option->min);
        mt_out_text(&out, "..");
        mt_out_u64(&out, option->max);
        break;
    }
    text[out.used] = '\0';
    return text;
}

void mt_options_default(struct mt_options *options) {
    *options = defaults;
}

void mt_options_seal(const struct mt_options *options) {
    sealed.options = *options;
    (void)mt_sys3(SYS_mprotect, &sealed, sizeof sealed, PROT_READ);
}

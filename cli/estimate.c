/*
 * Of the allocations that one call made, some were sampled and are counted by their whole
 * stack, the others by the call alone, below [cut]. What was sampled is certain. Each
 * sampled stack speaks besides for 1 / (1 - exp(-size / mean)) - 1 times as much, size
 * being its mean (Horvitz and Thompson, 1952); what the call counted alone is divided among
 * its stacks in that proportion.
 */
#include "cli/estimate.h"

#include "cli/say.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct sampled {
    uint32_t site, module;
    uint64_t offset;
    double weight; /* for how much more it speaks; 0: not sampled, the call alone */
};

static bool alone(const struct mt_model *model, const struct mt_model_frame *leaf) {
    if (leaf->parent == MT_ROOT)
        return false;
    const struct mt_model_frame *above = &model->frames[leaf->parent];
    return above->parent == MT_ROOT && !strcmp(model->modules[above->module].name, "[cut]");
}

static double weight_of(const struct mt_model *model, const struct mt_model_site *site) {
    double mean = (double)model->header.sample;
    if (alone(model, &model->frames[site->frame]) || site->sums.allocs == 0)
        return 0;
    double size = (double)site->sums.alloc_bytes / (double)site->sums.allocs;
    /* Without a byte nothing is sampled: such a stack was met by another size. */
    return size > 0 ? fmax(-1 / expm1(-size / mean) - 1, 1e-300) : 0;
}

static int by_call(const void *a, const void *b) {
    const struct sampled *x = a, *y = b;
    if (x->module != y->module)
        return x->module < y->module ? -1 : 1;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return x->site < y->site ? -1 : x->site > y->site;
}

/* Divides one figure of the call alone among its stacks. What is rounded off one goes to
 * the next, so that the sum stays. */
#define DIVIDE(name)                                                                       \
    do {                                                                                   \
        long double rest = 0, shares = 0, share = 0, given = 0;                            \
        for (uint32_t i = 0; i < count; i++) {                                             \
            long double figure = (long double)sites[call[i].site].sums.name;               \
            rest += call[i].weight > 0 ? 0 : figure;                                       \
            shares += figure * call[i].weight;                                             \
        }                                                                                  \
        for (uint32_t i = 0; shares > 0 && i < count; i++) {                               \
            struct mt_model_sums *sums = &sites[call[i].site].sums;                        \
            share += (long double)sums->name * call[i].weight;                             \
            long double upto = roundl(rest * share / shares);                              \
            if (!(call[i].weight > 0))                                                     \
                sums->name = 0;                                                            \
            sums->name += (__typeof__(sums->name))(upto - given);                          \
            given = upto;                                                                  \
        }                                                                                  \
    } while (0)

static void divide(struct mt_model_site *sites, const struct sampled *call,
                   uint32_t count) {
    DIVIDE(allocs);
    DIVIDE(alloc_bytes);
    DIVIDE(live);
    DIVIDE(live_bytes);
    DIVIDE(peak_bytes);
    DIVIDE(temporary);
    DIVIDE(reallocs);
    for (uint32_t i = 0; i < count; i++) {
        struct mt_model_sums *sums = &sites[call[i].site].sums;
        sums->frees = sums->allocs > sums->live ? sums->allocs - sums->live : 0;
        sums->free_bytes =
            sums->alloc_bytes > sums->live_bytes ? sums->alloc_bytes - sums->live_bytes : 0;
    }
}

void mt_estimate(struct mt_model *model) {
    uint32_t count = model->site_count;
    if (model->header.sample == 0 || strcmp(model->header.stack, "sampled") != 0 ||
        count == 0)
        return;
    struct sampled *all = mt_alloc(count, sizeof *all);
    for (uint32_t i = 0; i < count; i++) {
        const struct mt_model_site *site = &model->sites[i];
        const struct mt_model_frame *leaf = &model->frames[site->frame];
        all[i] = (struct sampled){i, leaf->module, leaf->offset, weight_of(model, site)};
    }
    qsort(all, count, sizeof *all, by_call);
    for (uint32_t from = 0, to; from < count; from = to) {
        for (to = from + 1; to < count && all[to].module == all[from].module &&
                            all[to].offset == all[from].offset;
             to++)
            ;
        divide(model->sites, all + from, to - from);
    }
    free(all);
}

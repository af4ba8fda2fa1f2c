#include "cli/stack_walk.h"

#include "cli/plumbing.h"
#include <string.h>

const struct mt_place *mt_stack_place(const struct mt_report *r,
                                      const struct mt_stack_walk *walk) {
    return walk->frame != MT_ROOT ? &mt_symbols_at(r->symbols, walk->frame)->at[walk->place]
                                  : NULL;
}

void mt_stack_out(const struct mt_report *r, struct mt_stack_walk *walk) {
    if (walk->frame == MT_ROOT)
        return;
    if (++walk->place < mt_symbols_at(r->symbols, walk->frame)->count)
        return;
    walk->frame = r->model->frames[walk->frame].parent;
    walk->place = 0;
}

/* A runtime's frames are passed over whole, without asking for their symbols. */
static bool runtime(const struct mt_report *r, uint32_t frame) {
    return mt_plumbing_module(&r->model->modules[r->model->frames[frame].module]);
}

struct mt_stack_walk mt_stack_head(const struct mt_report *r, uint32_t leaf,
                                   struct mt_stack_walk *inner) {
    struct mt_stack_walk walk = {leaf, 0}, before = {MT_ROOT, 0};
    while (walk.frame != MT_ROOT) {
        if (r->model->modules[r->model->frames[walk.frame].module].pseudo)
            break;
        if (runtime(r, walk.frame)) {
            before = (struct mt_stack_walk){walk.frame, 0};
            walk = (struct mt_stack_walk){r->model->frames[walk.frame].parent, 0};
            continue;
        }
        const struct mt_model_module *module =
            &r->model->modules[r->model->frames[walk.frame].module];
        const struct mt_place *place = mt_stack_place(r, &walk);
        if (mt_plumbing_start(place))
            break;
        if (!mt_plumbing(module, place)) {
            if (inner != NULL)
                *inner = before;
            return walk;
        }
        before = walk;
        mt_stack_out(r, &walk);
    }
    if (inner != NULL)
        *inner = (struct mt_stack_walk){MT_ROOT, 0};
    return (struct mt_stack_walk){leaf, 0};
}

static bool same_text(const char *a, const char *b) {
    return a == b || (a != NULL && b != NULL && !strcmp(a, b));
}

bool mt_stack_same(const struct mt_report *r, const struct mt_stack_walk *a,
                   const struct mt_stack_walk *b) {
    const struct mt_model_frame *x = &r->model->frames[a->frame];
    const struct mt_model_frame *y = &r->model->frames[b->frame];
    if (x->module != y->module)
        return false;
    if (x->offset == y->offset && a->place == b->place)
        return true;
    const struct mt_place *p = mt_stack_place(r, a), *q = mt_stack_place(r, b);
    return p->function != NULL && same_text(p->function, q->function) &&
           same_text(p->file, q->file) && p->line == q->line && p->inlined == q->inlined;
}

static uint64_t mix(uint64_t hash, uint64_t more) {
    hash = (hash ^ more) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* A function without a name is known by its offset. */
uint64_t mt_stack_hash(const struct mt_report *r, const struct mt_stack_walk *walk,
                       uint64_t before) {
    const struct mt_place *place = mt_stack_place(r, walk);
    const struct mt_model_frame *frame = &r->model->frames[walk->frame];
    uint64_t hash = mix(before, frame->module);
    hash = mix(hash, place->function != NULL ? place->line : frame->offset);
    for (const char *c = place->function; c != NULL && *c != '\0'; c++)
        hash = mix(hash, (unsigned char)*c);
    return hash;
}

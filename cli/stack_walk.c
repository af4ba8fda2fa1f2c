#include "cli/stack_walk.h"

#include "cli/plumbing.h"

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

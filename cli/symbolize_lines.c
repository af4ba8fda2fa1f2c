#include "cli/symbolize.h"

#include "cli/say.h"
#include <stdlib.h>
#include <string.h>

#define NAME_MOST 255
#define NAMELESS  "build-id:"

static size_t digits(const char *text, size_t length) {
    size_t count = 0;
    while (count < length && text[count] >= '0' && text[count] <= '9')
        count++;
    return count;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The number of hexadecimal digits at the end of the text. */
static size_t hex_tail(const char *text, size_t length) {
    size_t count = 0;
    while (count < length && hex_digit(text[length - 1 - count]) >= 0)
        count++;
    return count;
}

bool mt_log_frame(const char *line, size_t length, struct mt_log_frame *frame) {
    size_t tail = hex_tail(line, length), end = length - tail, at = 0;
    if (tail == 0 || tail > 16 || end < 3 || memcmp(line + end - 3, "+0x", 3) != 0)
        return false;
    end -= 3;
    for (;; at++) { /* the first "#12 " */
        const char *mark = at < end ? memchr(line + at, '#', end - at) : NULL;
        if (mark == NULL)
            return false;
        at = (size_t)(mark - line);
        size_t number = digits(mark + 1, end - at - 1);
        if (number > 0 && at + 1 + number < end && mark[1 + number] == ' ') {
            at += number + 2;
            break;
        }
    }
    *frame =
        (struct mt_log_frame){.prefix = at, .name = line + at, .name_length = end - at};
    for (size_t i = 0; i < tail; i++)
        frame->offset = frame->offset << 4 | (unsigned)hex_digit(line[length - tail + i]);
    return frame->name_length > 0 && frame->name_length <= NAME_MOST;
}

struct module_line {
    const char *name, *build_id;
    size_t name_length, build_id_length;
};

static bool module_line(const char *line, size_t length, struct module_line *found) {
    static const char word[] = "  module ";
    size_t tail = hex_tail(line, length);
    const char *at = memmem(line, length, word, sizeof word - 1);
    if (at == NULL || tail < 4 || tail >= MT_BUILD_ID_TEXT_MAX)
        return false;
    found->name = at + sizeof word - 1;
    found->build_id = line + length - tail;
    found->build_id_length = tail;
    found->name_length = (size_t)(found->build_id - found->name) - 1;
    return found->build_id > found->name + 1 && found->build_id[-1] == ' ' &&
           found->name_length <= NAME_MOST;
}

/* Under privacy=strict a report calls a module by the beginning of its build ID. */
static bool is_nameless(const char *name, const char *build_id) {
    const size_t word = sizeof NAMELESS - 1;
    return build_id != NULL && !strncmp(name, NAMELESS, word) &&
           !strncmp(name + word, build_id, strlen(name + word));
}

static uint32_t add_module(struct mt_model *model, const char *name, size_t length,
                           char *build_id) {
    char *copy = mt_text_clean(name, length);
    for (uint32_t i = 0; i < model->module_count; i++) {
        struct mt_model_module *module = &model->modules[i];
        if (!strcmp(module->name, copy) &&
            !strcmp(build_id ? build_id : "", module->build_id ? module->build_id : "")) {
            free(copy);
            free(build_id);
            return i;
        }
    }
    mt_grow(model->modules, model->module_count);
    model->modules[model->module_count] =
        (struct mt_model_module){.id = model->module_count + 1,
                                 .pseudo = copy[0] == '[',
                                 .nameless = is_nameless(copy, build_id),
                                 .name = copy,
                                 .build_id = build_id};
    return model->module_count++;
}

/* Lines of stacks whose module has not been named yet. */
struct waiting {
    size_t count;
    struct one {
        size_t at; /* in the list of frames */
        char *name;
        uint64_t offset;
    } * one;
};

static uint32_t add_frame(struct mt_model *model, uint32_t module, uint64_t offset) {
    mt_grow(model->frames, model->frame_count);
    model->frames[model->frame_count] =
        (struct mt_model_frame){.id = model->frame_count + 1,
                                .parent = MT_ROOT,
                                .module = module,
                                .offset = offset};
    return model->frame_count++;
}

static void meet_frame(struct mt_model *model, struct mt_log_frames *frames,
                       struct waiting *waiting, const struct mt_log_frame *frame) {
    uint32_t index = MT_ROOT;
    if (frame->name[0] == '[') {
        index = add_frame(model, add_module(model, frame->name, frame->name_length, NULL),
                          frame->offset);
    } else {
        char *name = mt_alloc(frame->name_length + 1, 1);
        memcpy(name, frame->name, frame->name_length);
        mt_grow(waiting->one, waiting->count);
        waiting->one[waiting->count++] = (struct one){frames->count, name, frame->offset};
    }
    mt_grow(frames->at, frames->count);
    frames->at[frames->count++] = index;
}

static void meet_module(struct mt_model *model, struct mt_log_frames *frames,
                        struct waiting *waiting, const struct module_line *line) {
    size_t left = 0;
    char *build_id = mt_alloc(line->build_id_length + 1, 1);
    memcpy(build_id, line->build_id, line->build_id_length);
    uint32_t module = add_module(model, line->name, line->name_length, build_id);
    for (size_t i = 0; i < waiting->count; i++) {
        struct one *one = &waiting->one[i];
        if (strlen(one->name) != line->name_length ||
            memcmp(one->name, line->name, line->name_length) != 0) {
            waiting->one[left++] = *one;
            continue;
        }
        frames->at[one->at] = add_frame(model, module, one->offset);
        free(one->name);
    }
    waiting->count = left;
}

/* What still waits when the next report begins will not be named any more. */
static void give_up(struct mt_log_frames *frames, struct waiting *waiting) {
    frames->unknown += waiting->count;
    for (size_t i = 0; i < waiting->count; i++)
        free(waiting->one[i].name);
    free(waiting->one);
    *waiting = (struct waiting){0};
}

void mt_log_frames_read(FILE *in, struct mt_model *model, struct mt_log_frames *frames) {
    struct waiting waiting = {0};
    char *line = NULL;
    size_t room = 0;
    for (ssize_t got; (got = getline(&line, &room, in)) > 0;) {
        struct mt_log_frame frame;
        struct module_line module;
        size_t length = (size_t)got - (line[got - 1] == '\n');
        if (mt_log_frame(line, length, &frame))
            meet_frame(model, frames, &waiting, &frame);
        else if (module_line(line, length, &module))
            meet_module(model, frames, &waiting, &module);
    }
    give_up(frames, &waiting);
    free(line);
}

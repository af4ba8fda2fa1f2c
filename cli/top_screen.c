/* The interactive screen of `mtalloc top`, where the command was built with ncurses. */
#include "cli/top.h"

#include "cli/exit_status.h"

#ifndef MT_NCURSES
bool mt_top_has_screen(void) {
    return false;
}
int mt_top_screen(struct mt_top *top) {
    (void)top;
    return MT_EXIT_STATUS_FAILED;
}
#else
#    define NCURSES_WIDECHAR 1
#    include "base/clock.h"
#    include "cli/say.h"
#    include <curses.h>
#    include <errno.h>
#    include <locale.h>
#    include <stdlib.h>
#    include <string.h>

#    define KEY_ESCAPE 27
#    define KEYS       "l live  g growth  r rate  p peak  / filter  space pause  d dump  q quit"

static char message[256]; /* shown in place of the keys until the next one is pressed */

struct screen {
    struct mt_top *top;
    char filter[64]; /* the one in force */
    char typed[64];  /* while `typing` */
    bool typing, paused, left;
    uint64_t due_ms;
};

bool mt_top_has_screen(void) {
    return true;
}

static void keep_message(const char *text) {
    snprintf(message, sizeof message, "%s", text);
}

static void draw_text(char *text) {
    int at = 0, last = getmaxy(stdscr) - 1;
    for (char *rest = text, *line; at < last && (line = strsep(&rest, "\n")) != NULL;
         at++) {
        attr_t look = at == 0 ? A_BOLD : at == MT_TOP_HEAD_LINES - 1 ? A_REVERSE : A_NORMAL;
        attrset(look);
        int width = getmaxx(stdscr); /* what is longer would go on in the next line */
        mvaddnstr(at, 0, line, mt_text_columns(line) > (size_t)width ? width : -1);
        if (look == A_REVERSE)
            mvchgat(at, 0, -1, A_REVERSE, 0, NULL);
    }
}

static void draw_foot(const struct screen *screen) {
    int last = getmaxy(stdscr) - 1;
    attrset(A_DIM);
    if (screen->typing)
        mvprintw(last, 0, "filter: %s_", screen->typed);
    else if (message[0] != '\0')
        mvaddnstr(last, 0, message, getmaxx(stdscr));
    else
        mvprintw(last, 0, "%s%s", screen->paused ? "PAUSED  " : "", KEYS);
    attrset(A_NORMAL);
}

static void draw(const struct screen *screen) {
    char *text = NULL;
    size_t size;
    int height = getmaxy(stdscr), width = getmaxx(stdscr);
    FILE *memory = open_memstream(&text, &size);
    if (memory == NULL)
        return;
    struct mt_paper paper = {.out = memory, .width = (unsigned)width};
    int rows = height - MT_TOP_HEAD_LINES - 1;
    mt_top_print(screen->top, &paper, rows > 0 ? (unsigned)rows : 0);
    fclose(memory);
    erase();
    draw_text(text);
    draw_foot(screen);
    refresh();
    free(text);
}

/* Of the moment, not of the last look: it is read anew. */
static void dump(struct mt_top *top) {
    struct mt_outside view;
    char *path = NULL;
    errno = 0;
    enum mt_outside_error error = mt_source_open(&top->source, &view);
    if (error != MT_OUTSIDE_OK) {
        (void)mt_source_refused(&top->source, "dump", error);
        return;
    }
    if (mt_source_save(&top->source, view.region, NULL, &path) == MT_EXIT_STATUS_OK)
        snprintf(message, sizeof message, "written: %s", path);
    free(path);
    mt_outside_close(&view);
}

static void type(struct screen *screen, int key) {
    size_t length = strlen(screen->typed);
    if (key == '\n' || key == '\r' || key == KEY_ENTER) {
        strcpy(screen->filter, screen->typed);
        screen->typing = false;
    } else if (key == KEY_ESCAPE) {
        screen->filter[0] = '\0';
        screen->typing = false;
    } else if ((key == KEY_BACKSPACE || key == 127 || key == '\b') && length > 0) {
        screen->typed[length - 1] = '\0';
    } else if (key >= ' ' && key < 127 && length < sizeof screen->typed - 1) {
        screen->typed[length] = (char)key;
        screen->typed[length + 1] = '\0';
    }
}

static void choose(struct screen *screen, int key) {
    static const char sorts[MT_TOP_SORT_COUNT] = {'l', 'g', 'r', 'p'};
    const char *sort = memchr(sorts, key, sizeof sorts);
    if (sort != NULL) {
        screen->top->sort = (enum mt_top_sort)(sort - sorts);
        mt_top_sort(screen->top);
    }
    if (key == 'q')
        screen->left = true;
    if (key == 'd')
        dump(screen->top);
    if (key == ' ')
        screen->paused = !screen->paused;
    if (key == '/') {
        screen->typing = true;
        screen->typed[0] = '\0';
    }
}

static void press(struct screen *screen, int key) {
    if (key == KEY_RESIZE)
        return;
    message[0] = '\0';
    if (screen->typing)
        type(screen, key);
    else
        choose(screen, key);
}

/* What was last known of a process that ended stays until the user leaves. */
static void look(struct screen *screen) {
    struct mt_top *top = screen->top;
    uint64_t now = mt_clock_monotonic_ms();
    if (screen->paused || now < screen->due_ms || top->state == '\0')
        return;
    screen->due_ms = now + (uint64_t)top->interval_s * 1000;
    errno = 0;
    enum mt_outside_error error = mt_top_look(top);
    if (error != MT_OUTSIDE_OK && top->state != '\0')
        (void)mt_source_refused(&top->source, "watch", error);
}

static int wait_ms(const struct screen *screen) {
    uint64_t now = mt_clock_monotonic_ms();
    if (screen->paused || screen->top->state == '\0')
        return -1;
    return now < screen->due_ms ? (int)(screen->due_ms - now) : 0;
}

int mt_top_screen(struct mt_top *top) {
    struct screen screen = {.top = top};
    screen.due_ms = mt_clock_monotonic_ms() + (uint64_t)top->interval_s * 1000;
    snprintf(screen.filter, sizeof screen.filter, "%s", top->filter);
    top->filter = screen.filter;
    setlocale(LC_CTYPE, "");
    if (initscr() == NULL)
        return MT_EXIT_STATUS_FAILED;
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, true);
    set_escdelay(50);
    (void)curs_set(0);
    mt_say_instead = keep_message;
    while (!screen.left) {
        draw(&screen);
        timeout(wait_ms(&screen));
        int key = getch();
        if (key != ERR)
            press(&screen, key);
        look(&screen);
    }
    mt_say_instead = NULL;
    endwin();
    top->filter = "";
    return MT_EXIT_STATUS_OK;
}
#endif

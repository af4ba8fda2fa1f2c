#include "cli/demangle.h"

#include "cli/say.h"
#include <libiberty/demangle.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Substitutions make names grow when they are demangled: what goes in is bounded. */
#define MANGLED_MAX   4096
#define SHOWN_MAX     1024
#define ARGUMENTS_MAX 24

/* Replaces every `from` by the shorter `to`. */
static void replace(char *text, const char *from, const char *to) {
    size_t from_length = strlen(from), to_length = strlen(to);
    for (char *at = text; (at = strstr(at, from)) != NULL; at += to_length) {
        memcpy(at, to, to_length);
        memmove(at + to_length, at + from_length, strlen(at + from_length) + 1);
    }
}

/* Length of the template arguments that begin with the '<' at `text`; 0 if none end. */
static size_t arguments_length(const char *text) {
    int open = 0;
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (text[i] == '<')
            open++;
        else if (text[i] == '>' && text[i - 1] != '-' && --open == 0)
            return i + 1;
    }
    return 0;
}

/* Template arguments that are longer than a glance become <...>: the line tells which. A
 * '<' that follows no name begins a Rust type, which is a name itself. */
static void shorten(char *name) {
    replace(name, "std::__cxx11::", "std::");
    replace(name, "std::basic_string<char, std::char_traits<char>, std::allocator<char> >",
            "std::string");
    for (char *at = name; (at = strchr(at, '<')) != NULL; at++) {
        bool after_name = at > name && (isalnum((unsigned char)at[-1]) || at[-1] == '_' ||
                                        at[-1] == ':' || at[-1] == '>');
        bool after_operator = at - name >= 8 && !strncmp(at - 8, "operator", 8);
        if (!after_name || after_operator)
            continue;
        size_t length = arguments_length(at);
        if (length > ARGUMENTS_MAX) {
            memcpy(at, "<...>", 5);
            memmove(at + 5, at + length, strlen(at + length) + 1);
        }
    }
}

char *mt_demangle(const char *name) {
    size_t length = strnlen(name, MANGLED_MAX);
    bool mangled = !strncmp(name, "_Z", 2) || !strncmp(name, "_R", 2);
    char *plain = NULL;
    if (mangled && length < MANGLED_MAX)
        plain = cplus_demangle(name, DMGL_ANSI | DMGL_AUTO);
    if (plain != NULL)
        shorten(plain);
    char *clean = mt_text_clean(plain != NULL ? plain : name, SHOWN_MAX);
    free(plain);
    return clean;
}

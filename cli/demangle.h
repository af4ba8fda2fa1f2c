/* C++ and Rust names as people write them. */
#ifndef MT_CLI_DEMANGLE_H
#define MT_CLI_DEMANGLE_H

/* A new text: demangled, without parameters and hashes; a name that is not mangled, or too
 * long, is copied. */
char *mt_demangle(const char *name);

#endif

/*
 * C++17's operator new and delete, from C. The new-handler and the exception come from
 * whichever C++ runtime the program has; they are looked up only when memory runs out,
 * since that runtime may have been loaded later than this library.
 */
#include "alloc/block.h"
#include "alloc/operators.h"
#include "base/die.h"
#include "base/log.h"

#include <dlfcn.h>

/* Weak: a static program that loads nothing needs no loader. */
#pragma weak dlsym

typedef void (*handler)(void);

extern handler weak_get_handler(void) __asm__("_ZSt15get_new_handlerv")
    __attribute__((weak));
extern void weak_throw(void) __asm__("_ZSt17__throw_bad_allocv") __attribute__((weak));

static MT_COLD void *runtime_symbol(const char *name) {
    if (!&dlsym)
        return NULL;
    void *found = dlsym(RTLD_DEFAULT, name);
    void *(*open)(const char *, int); /* by name: static linkers warn of dlopen */
    *(void **)&open = dlsym(RTLD_DEFAULT, "dlopen");
    static const char *const library[] = {"libstdc++.so.6", "libc++.so.1",
                                          "libc++abi.so.1"};
    for (unsigned i = 0; open && !found && i < sizeof library / sizeof *library; i++) {
        void *opened = open(library[i], RTLD_LAZY | RTLD_NOLOAD);
        if (opened)
            found = dlsym(opened, name);
    }
    return found;
}

static MT_COLD handler current_handler(void) {
    handler (*get)(void) = weak_get_handler;
    if (!get)
        *(void **)&get = runtime_symbol("_ZSt15get_new_handlerv");
    return get ? get() : NULL;
}

static MT_COLD void throw_bad_alloc(void) {
    void (*throw_it)(void) = weak_throw;
    if (!throw_it)
        *(void **)&throw_it = runtime_symbol("_ZSt17__throw_bad_allocv");
    if (throw_it)
        throw_it();
    mt_log(MT_SAY_NO_EXCEPTIONS, "operator new is out of memory, without a C++ runtime",
           NULL, NULL);
    mt_die();
}

struct wish {
    size_t size, alignment; /* alignment 0: the usual one */
    enum mt_kind kind;
};

static void *attempt(const struct wish *wish, uintptr_t entry) {
    struct mt_thread *thread = mt_enter();
    if (mt_off)
        return wish->alignment > 16 ? mt_plain_memalign(wish->alignment, wish->size)
                                    : mt_plain_malloc(wish->size);
    struct mt_request request = {
        .size = wish->size,
        .log2_alignment =
            wish->alignment > 16 ? (unsigned)__builtin_ctzll(wish->alignment) : 0,
        .kind = wish->kind};
    return mt_allocate(thread, &request, entry);
}

/* [new.delete.single]: until it succeeds, call the handler; without one, throw. Nothing is
 * held across a handler's call, which may throw too. */
static MT_COLD void *insist(const struct wish *wish, uintptr_t entry) {
    for (;;) {
        void *user = attempt(wish, entry);
        if (user)
            return user;
        handler call = current_handler();
        if (!call)
            throw_bad_alloc();
        call();
    }
}

/* The nothrow forms promise NULL even if something throws, which only C++ can catch: the
 * runtime's own form, next in line, does it by calling the throwing operator. */
static MT_COLD void *runtimes_form(const struct wish *wish, const void *nothrow,
                                   const char *name) {
    if (!&dlsym)
        return NULL;
    if (wish->alignment) {
        void *(*next)(size_t, size_t, const void *);
        *(void **)&next = dlsym(RTLD_NEXT, name);
        return next ? next(wish->size, wish->alignment, nothrow) : NULL;
    }
    void *(*next)(size_t, const void *);
    *(void **)&next = dlsym(RTLD_NEXT, name);
    return next ? next(wish->size, nothrow) : NULL;
}

static MT_COLD void *insist_quietly(const struct wish *wish, const void *nothrow,
                                    const char *name) {
    return current_handler() ? runtimes_form(wish, nothrow, name) : NULL;
}

MT_INLINE void *make(size_t size, enum mt_kind kind, uintptr_t entry) {
    struct mt_thread *thread = mt_thread_self;
    if (MT_UNLIKELY(!thread->fast || size >= MT_SIZE_EXTENDED))
        return insist(&(struct wish){.size = size, .kind = kind}, entry);
    void *raw = mt_backend_malloc(sizeof(struct mt_header) + mt_body_bytes(size));
    if (MT_UNLIKELY(!raw))
        return insist(&(struct wish){.size = size, .kind = kind}, entry);
    mt_canary_write_over((char *)raw + sizeof(struct mt_header), size);
    return mt_block_begin(raw, size, kind, entry);
}

#define NEW_PLAIN(symbol, name, kind, forward)                                             \
    OPERATOR void *name(size_t size) __asm__(symbol);                                      \
    OPERATOR void *name(size_t size) {                                                     \
        forward return MT_STAY_FOR(make(size, kind, MT_ENTRY()));                          \
    }                                                                                      \
    OWN(name, symbol);

/* What throws in the program's operator is caught by the C++ runtime's nothrow form. */
#define NEW_NOTHROW(symbol, name, kind_, replaced)                                         \
    OPERATOR void *name(size_t size, const void *nothrow) __asm__(symbol);                 \
    OPERATOR void *name(size_t size, const void *nothrow) {                                \
        const struct wish wish = {.size = size, .kind = kind_};                            \
        if (replaced)                                                                      \
            return runtimes_form(&wish, nothrow, symbol);                                  \
        void *user = attempt(&wish, MT_ENTRY());                                           \
        return user ? user : insist_quietly(&wish, nothrow, symbol);                       \
    }

#define NEW_ALIGNED(symbol, name, kind_, forward)                                          \
    OPERATOR void *name(size_t size, size_t alignment) __asm__(symbol);                    \
    OPERATOR void *name(size_t size, size_t alignment) {                                   \
        const struct wish wish = {size, alignment, kind_};                                 \
        forward return MT_STAY_FOR(insist(&wish, MT_ENTRY()));                             \
    }                                                                                      \
    OWN(name, symbol);

#define NEW_ALIGNED_NOTHROW(symbol, name, kind_, replaced)                                 \
    OPERATOR void *name(size_t size, size_t alignment,                                     \
                        const void *nothrow) __asm__(symbol);                              \
    OPERATOR void *name(size_t size, size_t alignment, const void *nothrow) {              \
        const struct wish wish = {size, alignment, kind_};                                 \
        if (replaced)                                                                      \
            return runtimes_form(&wish, nothrow, symbol);                                  \
        void *user = attempt(&wish, MT_ENTRY());                                           \
        return user ? user : insist_quietly(&wish, nothrow, symbol);                       \
    }

#define TO_ONE                                                                             \
    if (REPLACED(new_one))                                                                 \
        return new_one(size);
#define TO_ONE_ALIGNED                                                                     \
    if (REPLACED(new_one_aligned))                                                         \
        return new_one_aligned(size, alignment);

NEW_PLAIN("_Znwm", new_one, MT_KIND_NEW, )
NEW_PLAIN("_Znam", new_array, MT_KIND_NEW_ARRAY, TO_ONE)
NEW_NOTHROW("_ZnwmRKSt9nothrow_t", new_one_nothrow, MT_KIND_NEW, REPLACED(new_one))
NEW_NOTHROW("_ZnamRKSt9nothrow_t", new_array_nothrow, MT_KIND_NEW_ARRAY,
            REPLACED(new_one) || REPLACED(new_array))
NEW_ALIGNED("_ZnwmSt11align_val_t", new_one_aligned, MT_KIND_NEW, )
NEW_ALIGNED("_ZnamSt11align_val_t", new_array_aligned, MT_KIND_NEW_ARRAY, TO_ONE_ALIGNED)
NEW_ALIGNED_NOTHROW("_ZnwmSt11align_val_tRKSt9nothrow_t", new_one_aligned_nothrow,
                    MT_KIND_NEW, REPLACED(new_one_aligned))
NEW_ALIGNED_NOTHROW("_ZnamSt11align_val_tRKSt9nothrow_t", new_array_aligned_nothrow,
                    MT_KIND_NEW_ARRAY,
                    REPLACED(new_one_aligned) || REPLACED(new_array_aligned))

/*
 * wild_stacks WHAT: stacks that come and go, that end early, or are deeper than anybody
 * follows. Prints "allocs bytes frees bytes" of make_block.
 */
#include <alloca.h>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define NOINLINE extern "C" __attribute__((noinline))
#define STAYS    __asm__ volatile("" ::: "memory") /* what follows a call keeps the frame */

static const size_t size = 24, page = 4096;
static long blocks;

NOINLINE void make_block() {
    void *volatile block = malloc(size);
    free(block);
    blocks++;
}

NOINLINE void padded(size_t bytes) {
    auto *space = static_cast<volatile char *>(alloca(bytes + 16));
    space[0] = space[bytes] = 1;
    make_block();
    STAYS;
}

NOINLINE void deeper(int depth, void (*last)()) {
    if (depth % 16 == 0)
        make_block();
    if (depth)
        deeper(depth - 1, last);
    else
        last();
    STAYS;
}

static void check(bool good, const char *what) {
    if (good)
        return;
    perror(what);
    _exit(1);
}

/* ---- coroutines ---- */

static const int coroutines = 10000;
static const size_t slot_bytes = 8 * page;
static ucontext_t home;
static ucontext_t *context;

NOINLINE void yield_here() {
    static int next;
    int self = next++ % coroutines;
    make_block();
    swapcontext(&context[self], &home);
    make_block();
}

static void coroutine() {
    make_block();
    deeper(40, yield_here);
    make_block();
}
static void short_coroutine() {
    deeper(20, make_block);
}

static void start(ucontext_t *at, char *stack, size_t bytes, void (*body)()) {
    getcontext(at);
    at->uc_stack.ss_sp = stack;
    at->uc_stack.ss_size = bytes;
    at->uc_link = &home;
    makecontext(at, body, 0);
    swapcontext(&home, at);
}

static char *map(char *at, size_t bytes) {
    void *got =
        mmap(at, bytes, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED : 0), -1, 0);
    check(got != MAP_FAILED, "mmap");
    return static_cast<char *>(got);
}

/* All wait in the middle. Then a third goes on, a third's stacks are unmapped, a third's
 * cut in half; where there is memory again, others start, on stacks half as large. */
static void ten_thousand_coroutines() {
    char *memory = map(nullptr, coroutines * slot_bytes);
    context = reinterpret_cast<ucontext_t *>(map(nullptr, coroutines * sizeof *context));
    for (int i = 0; i < coroutines; i++)
        start(&context[i], memory + static_cast<size_t>(i) * slot_bytes, slot_bytes,
              coroutine);
    make_block();
    for (int i = 0; i < coroutines; i++) {
        char *slot = memory + static_cast<size_t>(i) * slot_bytes;
        ucontext_t fresh;
        if (i % 3 == 0) {
            swapcontext(&home, &context[i]);
            make_block();
            continue;
        }
        munmap(i % 3 == 1 ? slot : slot + slot_bytes / 2,
               i % 3 == 1 ? slot_bytes : slot_bytes / 2);
        make_block();
        if (i % 3 == 1)
            map(slot, slot_bytes / 2);
        start(&fresh, slot, slot_bytes / 2, short_coroutine);
    }
}

/* The same calls at the same addresses, from a root further out, whose stack is gone, and
 * from a near one. Where they fall together is for the compiler to say: try all places. */
static void padded_here() {
    padded(100);
    STAYS;
}
static void from_far() {
    auto *space = static_cast<volatile char *>(alloca(slot_bytes / 2));
    space[0] = 1;
    padded_here();
    STAYS;
}
static void smaller_at_the_same_address() {
    char *slot = map(nullptr, slot_bytes);
    ucontext_t fresh;
    for (size_t bytes = 0; bytes < page; bytes += 16) {
        map(slot, slot_bytes);
        start(&fresh, slot, slot_bytes, from_far);
        munmap(slot + slot_bytes / 2, slot_bytes / 2);
        start(&fresh, slot, slot_bytes / 2 - bytes, padded_here);
    }
}

/* Assembly that changes the stack, as many a library has it, and says nothing of that: its
 * caller seems to lie beyond the stack's end, where no memory is. */
extern "C" void on_stack(char *end, void (*body)());
__asm__(".pushsection .text\n"
        ".type on_stack, @function\n"
        "on_stack: .cfi_startproc\n"
        "push %rbx\n"
        ".cfi_def_cfa_offset 16\n"
        "mov %rsp, %rbx\n"
        "mov %rdi, %rsp\n"
        "call *%rsi\n"
        "mov %rbx, %rsp\n"
        "pop %rbx\n"
        ".cfi_def_cfa_offset 8\n"
        "ret\n"
        ".cfi_endproc\n"
        ".size on_stack, . - on_stack\n"
        ".popsection\n");

static void deeper_here() {
    deeper(30, make_block);
}
static void ends_in_nothing() {
    char *stack = map(nullptr, slot_bytes), *end = stack + slot_bytes / 2;
    for (int i = 0; i < 100; i++) {
        void (*body)() = i % 2 ? make_block : deeper_here;
        map(end, slot_bytes / 2);
        on_stack(end, body);
        munmap(end, slot_bytes / 2);
        on_stack(end, body);
        make_block();
    }
}

/* ---- threads on stacks of the program's ---- */

static void *in_thread(void *depth) {
    make_block();
    deeper(static_cast<int>(reinterpret_cast<intptr_t>(depth)), make_block);
    for (size_t bytes = 16; bytes < page; bytes += 128)
        padded(bytes);
    return nullptr;
}
static void threads_on_stacks_of_ours() {
    const size_t most = 64 * page;
    char *memory = map(nullptr, most);
    for (int i = 0; i < 300; i++) {
        size_t bytes = i % 2 ? most : most / 2;
        pthread_attr_t attr;
        pthread_t thread;
        map(memory, bytes);
        pthread_attr_init(&attr);
        check(!pthread_attr_setstack(&attr, memory, bytes), "setstack");
        check(!pthread_create(&thread, &attr, in_thread,
                              reinterpret_cast<void *>(static_cast<intptr_t>(i % 50))),
              "thread");
        pthread_join(thread, nullptr);
        munmap(memory, bytes);
        make_block();
    }
}

/* ---- deep ones ---- */

static char *lowest;
NOINLINE void until_the_end(int depth) {
    char here;
    if (depth % 100 == 0)
        make_block();
    if (&here > lowest)
        until_the_end(depth + 1);
    else
        make_block();
    STAYS;
}
static void *deep_in_thread(void *bytes) {
    char here;
    lowest = &here - reinterpret_cast<size_t>(bytes) + 8 * page;
    until_the_end(0);
    return nullptr;
}
static void down_to_the_limit() {
    struct rlimit limit;
    check(!getrlimit(RLIMIT_STACK, &limit), "limit");
    size_t bytes = limit.rlim_cur > (8u << 20) ? 8u << 20 : limit.rlim_cur;
    deep_in_thread(reinterpret_cast<void *>(bytes - 32 * page)); /* beside the arguments */
    make_block();
    pthread_attr_t attr;
    pthread_t thread;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 64 * page);
    check(!pthread_create(&thread, &attr, deep_in_thread,
                          reinterpret_cast<void *>(48 * page)),
          "thread");
    pthread_join(thread, nullptr);
    make_block();
}

/* What runs into the guard page ends as it would without the library. */
NOINLINE void without_end(int depth) {
    volatile char space[256];
    space[0] = static_cast<char>(depth);
    if (depth % 1000 == 0)
        make_block();
    without_end(depth + 1);
    space[1] = space[0];
}
static void beyond_the_limit() {
    pid_t child = fork();
    if (!child) {
        struct rlimit none = {};
        setrlimit(RLIMIT_CORE, &none);
        without_end(1);
    }
    int status;
    check(waitpid(child, &status, 0) == child, "waitpid");
    check(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "the child's end");
    make_block();
}

static jmp_buf back;
static void jump() {
    make_block();
    longjmp(back, 1);
}
static void throw_up() {
    make_block();
    throw 1;
}
static void out_of_thousands_of_frames() {
    for (volatile int depth = 0; depth < 20000; depth = depth * 3 + 500) {
        if (!setjmp(back))
            deeper(depth, jump);
        make_block();
        try {
            deeper(depth, throw_up);
        } catch (int) {
            make_block();
        }
    }
}

/* ---- a child in the parent's memory ---- */

static void vforks() {
    char *nothing[] = {nullptr};
    for (volatile int i = 0; i < 200; i = i + 1) {
        make_block();
        pid_t child = vfork();
        if (!child) {
            make_block();
            if (i % 2)
                execle("/bin/true", "true", nullptr, nothing);
            _exit(0);
        }
        make_block();
        check(waitpid(child, nullptr, 0) == child, "waitpid");
    }
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)();
    } all[] = {{"coroutines", ten_thousand_coroutines},
               {"smaller", smaller_at_the_same_address},
               {"nothing", ends_in_nothing},
               {"threads", threads_on_stacks_of_ours},
               {"deep", down_to_the_limit},
               {"beyond", beyond_the_limit},
               {"thousands", out_of_thousands_of_frames},
               {"vfork", vforks}};
    for (const auto &one : all)
        if (argc == 2 && !strcmp(argv[1], one.name)) {
            one.run();
            printf("%ld %ld %ld %ld\n", blocks, blocks * static_cast<long>(size), blocks,
                   blocks * static_cast<long>(size));
            return 0;
        }
    return 2;
}

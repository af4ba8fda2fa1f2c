/*
 * placements MAPS MODE: reads words from standard input, one a line, and puts each into a
 * place of its own, in the order of the enum below; tests/privacy/campaign.sh puts those in
 * that a program cannot (its arguments, its directory …). Then makes the library write, as
 * secrets.c does: MODE is signal, api, outside, or the name of a heap error; anything else
 * just ends. Copies /proc/self/maps to MAPS.
 */
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <alloca.h>
#include <fcntl.h>
#include <map>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <vector>

extern "C" int mtalloc_dump(void) __attribute__((weak));

enum {
    HEAP_TINY,
    HEAP_SMALL,
    HEAP_PAGE,
    HEAP_LARGE,
    HEAP_HUGE,
    FREED_SMALL,
    FREED_LARGE,
    FREED_HUGE,
    GROWN,
    MOVED_FROM,
    SHRUNK,
    ZEROED,
    ALIGNED,
    PAGE_ALIGNED,
    DUPLICATED,
    NEW_OBJECT,
    NEW_ARRAY,
    STRING_SHORT,
    STRING_LONG,
    VECTOR,
    MAP_KEY,
    DELETED,
    BEHIND_BLOCK,
    WRITTEN_AFTER_FREE,
    HEAP_PLACES,
    ON_STACK = HEAP_PLACES,
    BY_ALLOCA,
    DEAD_FRAME,
    OTHER_STACK,
    IN_REGISTER,
    IN_VECTOR,
    IN_DATA,
    IN_BSS,
    IN_TLS,
    EXCEPTION_TEXT,
    THREAD_NAME,
    STDIO_BUFFER,
    PIPE,
    MAPPED_FILE,
    SHARED_MEMORY,
    MEMFD_NAME,
    FILE_NAME,
    ALTERNATE_STACK,
    UNLINKED_NAME,
    ENVIRONMENT_SET,
    PLACES
};

static char words[PLACES][64];
static char in_data[64] = "x", in_bss[64];
static thread_local char in_tls[64];
static void *volatile kept[64];
static int count;
static const char *mode;

__attribute__((noinline)) static void fill(void *block, size_t size, const char *word) {
    size_t length = strlen(word);
    for (size_t i = 0; i < size; i++)
        static_cast<char *>(block)[i] = word[i % length];
}

/* What the compiler might otherwise leave out. */
static void keep_there(const void *text) {
    __asm__ volatile("" : : "r"(text) : "memory");
}

static void *plant(size_t size, int place) {
    void *block = malloc(size);
    fill(block, size, words[place]);
    return kept[count++] = block;
}

__attribute__((noinline)) static void heap() {
    plant(16, HEAP_TINY), plant(100, HEAP_SMALL), plant(4096, HEAP_PAGE);
    plant(200000, HEAP_LARGE), plant(16 << 20, HEAP_HUGE);
    free(plant(120, FREED_SMALL)), free(plant(70000, FREED_LARGE));
    free(plant(8 << 20, FREED_HUGE));
    kept[count++] = realloc(plant(1000, GROWN), 1010);
    kept[count++] = realloc(plant(300, MOVED_FROM), 9000);
    kept[count++] = realloc(plant(3000, SHRUNK), 40);
    fill(kept[count++] = calloc(4, 50), 200, words[ZEROED]);
    fill(kept[count++] = aligned_alloc(64, 256), 256, words[ALIGNED]);
    fill(kept[count++] = aligned_alloc(4096, 4096), 4096, words[PAGE_ALIGNED]);
    kept[count++] = strdup(words[DUPLICATED]);
    strcpy(static_cast<char *>(kept[count++] = ::operator new(64)), words[NEW_OBJECT]);
    strcpy(static_cast<char *>(kept[count++] = new char[64]), words[NEW_ARRAY]);
    kept[count++] = new std::string(words[STRING_SHORT], 15);
    kept[count++] = new std::string(std::string(words[STRING_LONG]) + words[STRING_LONG]);
    kept[count++] = new std::vector<std::string>(20, words[VECTOR]);
    kept[count++] = new std::map<std::string, int>{{words[MAP_KEY], 1}};
    delete new std::string(std::string(words[DELETED]) + words[DELETED]);
}

__attribute__((noinline)) static void leave_frame() {
    char text[512];
    fill(text, sizeof text, words[DEAD_FRAME]);
    keep_there(text);
}

static void *other_thread(void *done) {
    char text[256];
    fill(text, sizeof text, words[OTHER_STACK]);
    keep_there(text);
    pthread_barrier_wait(static_cast<pthread_barrier_t *>(done));
    sleep(120);
    return nullptr;
}

static void elsewhere() {
    static pthread_barrier_t ready;
    pthread_t thread;
    int ends[2];
    stack_t stack = {};
    strcpy(in_data, words[IN_DATA]), strcpy(in_bss, words[IN_BSS]);
    strcpy(in_tls, words[IN_TLS]);
    pthread_barrier_init(&ready, nullptr, 2);
    if (pthread_create(&thread, nullptr, other_thread, &ready) || pipe(ends))
        abort();
    pthread_barrier_wait(&ready);
    prctl(PR_SET_NAME, words[THREAD_NAME]);
    FILE *unflushed = fopen("/dev/null", "w");
    fputs(words[STDIO_BUFFER], unflushed);
    if (write(ends[1], words[PIPE], strlen(words[PIPE])) < 0)
        abort();
    int file = open(words[FILE_NAME], O_RDWR | O_CREAT, 0600);
    int gone = open(words[UNLINKED_NAME], O_RDWR | O_CREAT, 0600);
    int memory = memfd_create(words[MEMFD_NAME], 0);
    unlink(words[UNLINKED_NAME]);
    if (ftruncate(file, 4096) || ftruncate(gone, 4096) || ftruncate(memory, 4096))
        abort();
    for (int fd : {file, gone, memory})
        kept[count++] = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    fill(kept[count - 3], 4096, words[MAPPED_FILE]);
    fill(kept[count++] =
             mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0),
         4096, words[SHARED_MEMORY]);
    stack.ss_sp =
        mmap(nullptr, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack.ss_size = 65536;
    fill(stack.ss_sp, 65536, words[ALTERNATE_STACK]);
    sigaltstack(&stack, nullptr);
    setenv("PLACED", words[ENVIRONMENT_SET], 1);
}

static void copy_maps(const char *to) {
    static char buffer[1 << 20];
    int from = open("/proc/self/maps", O_RDONLY), out = open(to, O_WRONLY | O_CREAT, 0600);
    size_t used = 0;
    ssize_t got;
    while ((got = read(from, buffer + used, sizeof buffer - used)) > 0)
        used += static_cast<size_t>(got);
    if (write(out, buffer, used) != static_cast<ssize_t>(used))
        abort();
    close(from), close(out);
}

__attribute__((noinline)) static void heap_error() {
    static char global[64];
    char *volatile block = static_cast<char *>(malloc(48));
    if (!strcmp(mode, "overflow"))
        memcpy(block + 48, words[BEHIND_BLOCK], 16);
    else if (!strcmp(mode, "underflow"))
        memcpy(block - 16, words[BEHIND_BLOCK], 16);
    else if (!strcmp(mode, "double-free"))
        free(block);
    else if (!strcmp(mode, "invalid-free"))
        block = static_cast<char *>(memcpy(global, words[BEHIND_BLOCK], 24)) + 8;
    else if (!strcmp(mode, "write-after-free"))
        free(block), memcpy(block, words[WRITTEN_AFTER_FREE], 24);
    else if (!strcmp(mode, "mismatch"))
        return delete block;
    if (strcmp(mode, "write-after-free") != 0)
        free(block);
}

/* The word in callee-saved and in vector registers while the library writes. */
__attribute__((noinline)) static void ask() {
#if defined(__x86_64__)
    unsigned long low;
    memcpy(&low, words[IN_REGISTER], sizeof low);
    __asm__ volatile("mov %0, %%r12\n mov %0, %%r13\n mov %0, %%r14\n mov %0, %%r15\n"
                     "movups %1, %%xmm8\n movups %1, %%xmm15\n"
                     :
                     : "r"(low), "m"(words[IN_VECTOR])
                     : "r12", "r13", "r14", "r15", "xmm8", "xmm15");
#endif
    if (!strcmp(mode, "signal"))
        raise(SIGUSR1);
    else if (!strcmp(mode, "api") && mtalloc_dump)
        mtalloc_dump();
    else if (!strcmp(mode, "outside"))
        puts("ready"), fflush(stdout), sleep(60);
    else
        heap_error();
}

int main(int argc, char **argv) {
    char on_stack[256];
    if (argc < 3)
        return 2;
    mode = argv[2];
    for (auto &word : words)
        if (scanf("%63s", word) != 1)
            return 2;
    fill(on_stack, sizeof on_stack, words[ON_STACK]);
    void *dynamic = alloca(300);
    fill(dynamic, 300, words[BY_ALLOCA]);
    keep_there(on_stack), keep_there(dynamic);
    heap();
    elsewhere();
    copy_maps(argv[1]);
    leave_frame();
    try {
        throw std::runtime_error(words[EXCEPTION_TEXT]);
    } catch (const std::runtime_error &error) {
        keep_there(error.what());
        ask();
    }
    return 0;
}

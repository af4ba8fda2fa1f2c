/* What the private jemalloc calls instead of the C library's (alloc/jemalloc_names.txt).
 *
 * The mathematical functions are its own profiler's. It is refused at start, so they are
 * never called; without them the library would need one more library at run time. */
#include <pthread.h>
#include <stdint.h>
#include <string.h>

double mt_libm_log_stub(double x);
double mt_libm_exp_stub(double x);
double mt_libm_round_stub(double x);

double mt_libm_log_stub(double x) {
    return x;
}

double mt_libm_exp_stub(double x) {
    return x;
}

double mt_libm_round_stub(double x) {
    return x;
}

/* Asked for pthread_create alone, with jemalloc's locks held, where glibc's dlsym() would
 * allocate. A static program might have none. */
void *mt_dlsym_stub(void *handle, const char *name);
void *mt_dlsym_stub(void *handle, const char *name) {
    (void)handle;
    return strcmp(name, "pthread_create") == 0 ? (void *)(uintptr_t)pthread_create : NULL;
}

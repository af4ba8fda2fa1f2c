/* Loads and unloads a plug-in 200 times, from four threads in turn, and frees what it left
 * after its code is gone. Two builds of it take turns at the same addresses. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static char **paths;
static int sum;

static void *rounds(void *unused) {
    for (int i = 0; i < 50; i++) {
        void *handle = dlopen(paths[i % 2], RTLD_NOW | RTLD_LOCAL);
        if (!handle) {
            puts(dlerror());
            exit(1);
        }
        char *(*work)(int);
        *(void **)&work = dlsym(handle, "plugin_work");
        char *left = work(i % 40);
        dlclose(handle);
        sum += left[0];
        free(left);
    }
    if (dlopen("/nonexistent.so", RTLD_NOW))
        exit(2);
    return unused;
}

int main(int argc, char **argv) {
    paths = argv + 1;
    if (argc != 3)
        return 3;
    for (int i = 0; i < 4; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, rounds, NULL);
        pthread_join(thread, NULL);
    }
    printf("%d\n", sum);
    return 0;
}

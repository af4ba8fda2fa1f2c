/* Thread-local storage that the loader allocates when a thread first comes to it. */
struct node;
struct node **place_in_library(void);
static __attribute__((tls_model("global-dynamic"))) _Thread_local struct {
    char much[5000];
    struct node *place;
} storage;
struct node **place_in_library(void) {
    return &storage.place;
}

#include "track/thread_name.h"

#include <string.h>

#define WORDS (MT_THREAD_NAME_MAX / 8)

static bool allowed(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '.' || c == '-';
}

bool mt_thread_name_fits(const char *name) {
    size_t length = 0;
    while (length < MT_THREAD_NAME_MAX && allowed(name[length]))
        length++;
    return length && length < MT_THREAD_NAME_MAX && !name[length];
}

bool mt_thread_name_set(struct mt_shard *shard, const char *name) {
    uint64_t word[WORDS] = {0};
    uint32_t version = atomic_fetch_or(&shard->name_version, 1);
    if (version & 1)
        return false;
    memcpy(word, name, strnlen(name, MT_THREAD_NAME_MAX - 1));
    /* Release: who reads a new word sees that the version has changed. */
    for (unsigned i = 0; i < WORDS; i++)
        atomic_store_explicit(&shard->name[i], word[i], memory_order_release);
    atomic_store_explicit(&shard->name_version, version + 2, memory_order_release);
    return true;
}

/* Nobody writes a shard without an owner, so an odd version is a writer's that is gone. */
void mt_thread_name_clear(struct mt_shard *shard) {
    uint32_t version = atomic_load_explicit(&shard->name_version, memory_order_relaxed);
    atomic_store_explicit(&shard->name_version, version & ~1u, memory_order_relaxed);
    (void)mt_thread_name_set(shard, "");
}

void mt_thread_name_read(const struct mt_shard *shard, char name[MT_THREAD_NAME_MAX]) {
    uint64_t word[WORDS];
    uint32_t before = atomic_load_explicit(&shard->name_version, memory_order_acquire);
    for (unsigned i = 0; i < WORDS; i++)
        word[i] = atomic_load_explicit(&shard->name[i], memory_order_acquire);
    uint32_t after = atomic_load_explicit(&shard->name_version, memory_order_relaxed);
    memcpy(name, word, MT_THREAD_NAME_MAX);
    if (before != after || before & 1 || !mt_thread_name_fits(name))
        name[0] = '\0';
}

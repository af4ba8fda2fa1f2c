/* Making regions: under limits, until they are full, and anew in a forked child. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/child.h"
#include "tests/unit/tracking.h"
#include "base/pages.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define MIB (UINT64_C(1) << 20)

/* Leaves so many bytes of address space. */
static void limit_to(uint64_t bytes) {
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file && fscanf(file, "%lu", &pages) == 1);
    fclose(file);
    rlim_t all = pages * 4096 + bytes;
    CHECK(setrlimit(RLIMIT_AS, &(struct rlimit){all, all}) == 0);
}

static void under_a_limit(void) {
    const char *why;
    limit_to(40 * MIB);
    struct mt_region *region = tracking_region(256 * MIB, -1);
    CHECK(region && region == mt_region_own);
    CHECK(region->region_bytes == 32 * MIB && region->max_metadata == 32 * MIB);
    CHECK(mt_region_check(region, region->region_bytes, &why));
    for (int id = 0; id < MT_TABLE_COUNT; id++) {
        const struct mt_table *table = &region->table[id];
        CHECK(table->offset % MT_PAGE_BYTES == 0);
        CHECK(mt_region_table_bytes(region, id) <= region->region_bytes);
        CHECK(table->offset + (uint64_t)table->capacity * table->stride <=
              region->region_bytes);
    }
}

static void a_refused_size_is_halved(void **state) {
    (void)state;
    RUN_IN_CHILD(under_a_limit);
}

static void without_room(void) {
    limit_to(MIB / 2);
    CHECK(!tracking_region(256 * MIB, -1));
    CHECK(!mt_region_own);
}

static void without_room_there_is_no_region(void **state) {
    (void)state;
    RUN_IN_CHILD(without_room);
}

/* Every record is zero, may be written in full, and shares no byte with another. */
static void fill(enum mt_table_id id) {
    struct mt_table *table = &mt_region_own->table[id];
    uint32_t first = table->used, index, count = 0;
    while ((index = mt_region_claim(id)) != 0) {
        unsigned char *record = mt_region_record(id, index);
        CHECK(index == first + count++ && index < table->capacity);
        for (uint32_t i = 0; i < table->stride; i++)
            CHECK(record[i] == 0);
        memset(record, 0xa5, table->stride);
    }
    CHECK(first + count == table->capacity);
    for (int i = 0; i < 1000; i++)
        CHECK(mt_region_claim(id) == 0);
    CHECK(table->used == table->capacity && table->open == table->capacity);
    CHECK(mt_region_count(mt_region_own, id) == table->capacity);
}

static void fill_all(void) {
    const char *why;
    struct mt_region *region = tracking_region(2 * MIB, -1);
    CHECK(region && region->open_bytes < 2 * MIB);
    for (int id = 0; id < MT_TABLE_COUNT; id++)
        if (id != MT_TABLE_SHARDS && id != MT_TABLE_LEAKS) /* which nobody claims */
            fill(id);
    CHECK(mt_region_claim(MT_TABLE_SHARDS) == 0);
    CHECK(region->open_bytes > MIB &&
          region->open_bytes <= 2 * MIB + MT_PAGE_BYTES * MT_TABLE_COUNT);
    CHECK(mt_region_check(region, region->region_bytes, &why));
}

static void tables_fill_up_to_their_capacity(void **state) {
    (void)state;
    RUN_IN_CHILD(fill_all);
}

/* Whoever claims the record that does not fit waits while memory is opened. */
static void open_bit_by_bit(void) {
    CHECK(tracking_region(64 * MIB, -1));
    struct mt_table *table = &mt_region_own->table[MT_TABLE_NODES];
    uint32_t index, most = 64 * 1024 / table->stride + 2 * MT_PAGE_BYTES / table->stride;
    CHECK((uint64_t)table->capacity * table->stride > 16 * MIB);
    while ((index = mt_region_claim(MT_TABLE_NODES)) != 0)
        CHECK(table->open > index && table->open - index <= most);
}

static void large_tables_are_opened_in_small_steps(void **state) {
    (void)state;
    RUN_IN_CHILD(open_bit_by_bit);
}

#define CLAIMANTS 8
static _Atomic uint8_t claimed[4u << 20];
static _Atomic uint32_t claims;

static void *claim_all(void *argument) {
    (void)argument;
    uint32_t index;
    while ((index = mt_region_claim(MT_TABLE_NODES)) != 0) {
        if (claimed[index]++ || mt_nodes[index].parent != 0)
            abort();
        mt_nodes[index].parent = index;
        claims++;
    }
    return NULL;
}

static void claim_together(void) {
    CHECK(tracking_region(16 * MIB, -1));
    uint32_t before = mt_region_own->table[MT_TABLE_NODES].used;
    uint32_t capacity = mt_region_own->table[MT_TABLE_NODES].capacity;
    tracking_threads(CLAIMANTS, claim_all);
    CHECK(claims == capacity - before);
    CHECK(mt_region_own->table[MT_TABLE_NODES].used < capacity + CLAIMANTS);
    CHECK(mt_region_count(mt_region_own, MT_TABLE_NODES) == capacity);
}

static void threads_never_claim_the_same_record(void **state) {
    (void)state;
    RUN_IN_CHILD(claim_together);
}

static void events(void) {
    CHECK(tracking_region(2 * MIB, -1));
    uint32_t capacity = mt_region_own->table[MT_TABLE_EVENTS].capacity;
    for (uint32_t i = 1; i < capacity + 10; i++)
        mt_region_event(&(struct mt_event_facts){.kind = 1, .id = i, .size = 7});
    CHECK(mt_region_own->events_lost == 10);
    for (uint32_t i = 1; i < capacity; i++) {
        const struct mt_event *event = mt_region_at(mt_region_own, MT_TABLE_EVENTS, i);
        CHECK(event->ready && event->id == i && event->size == 7);
    }
}

static void events_beyond_the_table_are_counted_as_lost(void **state) {
    (void)state;
    RUN_IN_CHILD(events);
}

/* Counts an allocation of 100 bytes at a site. */
static void count_one(uint32_t site) {
    struct mt_thread *thread = mt_thread_start();
    CHECK(thread);
    thread->shard->directory[0] = mt_region_claim(MT_TABLE_CHUNKS);
    uint32_t chunk = mt_region_claim(MT_TABLE_CHUNKS);
    mt_chunks[thread->shard->directory[0]].u.index[site >> 4] = chunk;
    mt_chunks[chunk].u.counter[site & 15].allocs = 1;
    mt_chunks[chunk].u.counter[site & 15].alloc_bytes = 100;
}

static void detach(void) {
    struct mt_site_sums sums;
    int fd = memfd_create("region", MFD_CLOEXEC);
    struct mt_region *shared = tracking_region(4 * MIB, fd);
    CHECK(fd >= 0 && shared && mt_region_is_shared());
    mt_tree_start();
    uint32_t node = mt_tree_child(0, tracking_pc(1)), site = mt_tree_site(node);
    uint64_t signature = mt_nodes[node].signature, allocs = 0;
    count_one(site);
    const struct mt_region *seen = mmap(NULL, 4 * MIB, PROT_READ, MAP_SHARED, fd, 0);
    CHECK(seen != MAP_FAILED);

    CHECK(mt_region_detach(-1) && !mt_region_is_shared() && mt_region_own != shared);
    CHECK(mt_nodes[node].signature == signature && mt_tree_node(site) == node);
    CHECK(mt_tree_child(0, tracking_pc(1)) == node && mt_tree_site(node) == site);
    mt_region_sum_site(mt_region_own, site, &sums);
    CHECK(sums.allocs == 0 && sums.alloc_bytes == 0);
    CHECK(mt_region_own->live_bytes == 0 && mt_region_own->threads == 0);
    CHECK(strcmp(mt_region_own->program, "unit") == 0 && mt_region_own->frames == 64);

    uint32_t nodes = mt_region_count(seen, MT_TABLE_NODES);
    CHECK(mt_tree_child(node, tracking_pc(2)) ==
          nodes); /* goes on behind the copied ones */
    CHECK(mt_region_count(seen, MT_TABLE_NODES) == nodes);
    mt_region_sum_site(seen, site, &sums);
    CHECK((allocs = sums.allocs) == 1 && sums.alloc_bytes == 100);
    CHECK(seen->magic == MT_REGION_MAGIC && seen->pid == (uint32_t)getpid());
}

/* A child leaves the region while its parent goes on: what the parent made in between is in
 * the copy, but was never in this process's private part of the tree. */
static void detach_late(void) {
    int fd = memfd_create("region", MFD_CLOEXEC), status;
    CHECK(fd >= 0 && tracking_region(4 * MIB, fd));
    mt_tree_start();
    uint32_t before = mt_tree_child(0, tracking_pc(1));
    pid_t child = fork(); /* plays the parent: it writes to the same region */
    if (child == 0) {
        uint32_t late = mt_tree_child(0, tracking_pc(2));
        uint32_t leaf = mt_tree_child(late, tracking_pc(3));
        _exit(late == before + 1 && leaf == before + 2 && mt_tree_site(leaf) ? 0 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(mt_region_detach(-1));
    mt_tree_adopt();
    CHECK(mt_tree_child(0, tracking_pc(1)) == before);
    CHECK(mt_tree_child(0, tracking_pc(2)) == before + 1);
    CHECK(mt_tree_child(before + 1, tracking_pc(3)) == before + 2);
    uint32_t site = mt_tree_site(before + 2);
    CHECK(mt_tree_node(site) == before + 2);
    CHECK(mt_tree_site(mt_tree_child(0, tracking_pc(4))) > site);
}

static void a_copy_made_late_has_no_node_twice(void **state) {
    (void)state;
    RUN_IN_CHILD(detach_late);
}

static void detaching_keeps_the_tree_and_leaves_the_file_alone(void **state) {
    (void)state;
    RUN_IN_CHILD(detach);
}

static void no_space(void) {
    int fd = memfd_create("region", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    CHECK(fd >= 0 && ftruncate(fd, 4096) == 0);
    CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) == 0);
    CHECK(!tracking_region(4 * MIB, fd));
}

static void a_file_that_cannot_grow_is_refused(void **state) {
    (void)state;
    RUN_IN_CHILD(no_space);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_size_is_halved),
        cmocka_unit_test(without_room_there_is_no_region),
        cmocka_unit_test(tables_fill_up_to_their_capacity),
        cmocka_unit_test(large_tables_are_opened_in_small_steps),
        cmocka_unit_test(threads_never_claim_the_same_record),
        cmocka_unit_test(events_beyond_the_table_are_counted_as_lost),
        cmocka_unit_test(detaching_keeps_the_tree_and_leaves_the_file_alone),
        cmocka_unit_test(a_copy_made_late_has_no_node_twice),
        cmocka_unit_test(a_file_that_cannot_grow_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The calling-context tree: one node per path, whoever asks for it, and a stated end. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"
#include "tests/unit/child.h"
#include "tests/unit/tracking.h"
#include <string.h>

#define THREADS 8
#define PATHS   20000u
#define OUTER   20u
#define MIDDLE  1000u

static void the_same_path_is_the_same_node(void **state) {
    (void)state;
    uint32_t a = mt_tree_child(0, tracking_pc(1)), b = mt_tree_child(a, tracking_pc(2));
    assert_int_not_equal(a, b);
    assert_int_equal(mt_tree_child(0, tracking_pc(1)), a);
    assert_int_equal(mt_tree_child(a, tracking_pc(2)), b);
    assert_int_equal(mt_nodes[b].parent, a);
    assert_int_equal(mt_nodes[b].module, mt_nodes[a].module);
    assert_int_equal(mt_nodes[b].offset, mt_nodes[a].offset + 1);
}

static void another_parent_or_address_is_another_node(void **state) {
    (void)state;
    uint32_t a = mt_tree_child(0, tracking_pc(3)), b = mt_tree_child(0, tracking_pc(4));
    uint32_t below_a = mt_tree_child(a, tracking_pc(5));
    uint32_t below_b = mt_tree_child(b, tracking_pc(5));
    assert_int_not_equal(below_a, below_b);
    assert_int_not_equal(below_a, mt_tree_child(0, tracking_pc(5)));
    assert_int_not_equal(below_a, mt_tree_child(a, tracking_pc(6)));
    assert_int_not_equal(below_a, mt_tree_child(a, (uintptr_t)&tracking_start + 1));
    assert_true(mt_nodes[below_a].signature != mt_nodes[below_b].signature);
}

/* So many that most of them meet others' nodes on the way through the tree's links. */
static void one_address_below_many_parents_is_many_nodes(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 10000; i++) {
        uint32_t parent = mt_tree_child(0, tracking_pc(30000 + i));
        assert_int_equal(mt_nodes[mt_tree_child(parent, tracking_pc(5))].parent, parent);
    }
}

/* As docs/FORMAT.md defines it. */
static void a_signature_chains_build_id_and_offset(void **state) {
    (void)state;
    uint32_t parent = mt_tree_child(0, tracking_pc(7));
    uint32_t node = mt_tree_child(parent, tracking_pc(8));
    const struct mt_module *module =
        mt_region_record(MT_TABLE_MODULES, mt_nodes[node].module);
    unsigned char bytes[MT_BUILD_ID_MAX + 8];
    assert_int_equal(module->build_id_bytes, 20);
    memcpy(bytes, module->build_id, 20);
    memcpy(bytes + 20, &mt_nodes[parent].offset, 8);
    assert_true(mt_nodes[parent].signature == mt_hash_seeded(bytes, 28, 0));
    memcpy(bytes + 20, &mt_nodes[node].offset, 8);
    assert_true(mt_nodes[node].signature ==
                mt_hash_seeded(bytes, 28, mt_nodes[parent].signature));
}

static void code_of_no_module_is_anonymous(void **state) {
    (void)state;
    uint32_t parent = mt_tree_child(0, tracking_pc(9));
    uint32_t node = mt_tree_child(parent, (uintptr_t)state);
    assert_int_equal(mt_nodes[node].module, MT_PSEUDO_ANONYMOUS);
    assert_int_equal(mt_nodes[node].offset, 0);
    assert_int_equal(mt_tree_child(parent, 8), node);
}

static void a_node_has_one_site(void **state) {
    (void)state;
    uint32_t a = mt_tree_child(0, tracking_pc(10)), b = mt_tree_child(0, tracking_pc(11));
    uint32_t site = mt_tree_site(a);
    assert_int_equal(mt_tree_site(a), site);
    assert_int_equal(mt_tree_node(site), a);
    assert_int_not_equal(mt_tree_site(b), site);
}

static uint32_t found[THREADS][PATHS], found_site[THREADS][PATHS];
static pthread_barrier_t gate;

/* Half of the threads go through the paths the other way round. */
static void *insert_all(void *argument) {
    uintptr_t self = (uintptr_t)argument;
    pthread_barrier_wait(&gate);
    for (uint32_t n = 0; n < PATHS; n++) {
        uint32_t i = self & 1 ? PATHS - 1 - n : n;
        uint32_t node = mt_tree_child(0, tracking_pc(100 + i % OUTER));
        node = mt_tree_child(node, tracking_pc(200 + i % MIDDLE));
        node = mt_tree_child(node, tracking_pc(2000 + i));
        found[self][i] = node;
        found_site[self][i] = mt_tree_site(node);
    }
    return NULL;
}

static void threads_agree_on_every_path(void **state) {
    (void)state;
    static uint8_t seen[1 << 20];
    uint32_t before = mt_region_count(mt_region_own, MT_TABLE_NODES), nodes = 0;
    pthread_barrier_init(&gate, NULL, THREADS);
    tracking_threads(THREADS, insert_all);
    for (uint32_t i = 0; i < PATHS; i++) {
        for (unsigned t = 1; t < THREADS; t++) {
            assert_int_equal(found[t][i], found[0][i]);
            assert_int_equal(found_site[t][i], found_site[0][i]);
        }
        assert_false(seen[found[0][i]]);
        seen[found[0][i]] = 1;
        assert_int_equal(mt_tree_node(found_site[0][i]), found[0][i]);
    }
    for (uint32_t i = before; i < mt_region_count(mt_region_own, MT_TABLE_NODES); i++) {
        if (mt_nodes[i].module == 0)
            continue; /* claimed by a thread that another one forestalled */
        nodes++;
        assert_true(mt_nodes[i].parent < i);
    }
    assert_int_equal(nodes, OUTER + MIDDLE + PATHS);
}

static void fill_a_small_tree(void) {
    enum { MOST = 40000 };
    static uint32_t node[MOST];
    uint32_t i = 0;
    CHECK(tracking_region(TRACKING_LEAST, -1));
    for (; i < MOST && (i == 0 || node[i - 1] != MT_PSEUDO_OVERFLOW); i++)
        node[i] = mt_tree_child(0, tracking_pc(i));
    CHECK(i > 1000 && i < MOST);
    CHECK(mt_region_own->overflow_nodes == 1);
    CHECK(mt_tree_child(node[0], tracking_pc(0)) == MT_PSEUDO_OVERFLOW);
    for (uint32_t k = 0; k + 1 < i; k++) /* what is there stays there */
        CHECK(mt_tree_child(0, tracking_pc(k)) == node[k] && node[k] > MT_PSEUDO_COUNT);

    uint32_t sites = 0;
    while (sites + 1 < i && mt_tree_site(node[sites]) != MT_PSEUDO_OVERFLOW)
        sites++;
    CHECK(sites > 500 && sites + 1 < i);
    CHECK(mt_tree_node(mt_tree_site(node[0])) == node[0]);
    CHECK(mt_tree_node(MT_PSEUDO_OVERFLOW) == MT_PSEUDO_OVERFLOW);
    CHECK(mt_region_own->overflow_nodes == 3);
}

static void what_does_not_fit_is_overflow(void **state) {
    (void)state;
    RUN_IN_CHILD(fill_a_small_tree);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_fit_is_overflow), /* first: needs an empty tree */
        cmocka_unit_test_setup(the_same_path_is_the_same_node, tracking_start),
        cmocka_unit_test(another_parent_or_address_is_another_node),
        cmocka_unit_test(one_address_below_many_parents_is_many_nodes),
        cmocka_unit_test(a_signature_chains_build_id_and_offset),
        cmocka_unit_test(code_of_no_module_is_anonymous),
        cmocka_unit_test(a_node_has_one_site),
        cmocka_unit_test(threads_agree_on_every_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

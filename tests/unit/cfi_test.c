/* Unwind tables: the row that holds at an address, the packed rule made of it, and tables
 * that are damaged. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/pages.h"
#include "tests/unit/tracking.h"
#include "track/cfi.h"
#include "track/rules.h"
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define TRIES 200000u

/* Code that is never run; what matters are its unwind tables. `row_N` is an address at
 * which the directives before it hold. 29 bits is the border of a packed offset. */
__asm__(".pushsection .text\n"
        ".macro row n\n nop\n .globl row_\\n\n.hidden row_\\n\nrow_\\n:\n nop\n.endm\n"
        ".type rows,@function\nrows:\n.cfi_startproc\n row 0\n"
        ".cfi_def_cfa_offset 16\n.cfi_offset 6, -16\n row 1\n"
        ".cfi_def_cfa_register 6\n row 2\n"
        ".cfi_def_cfa 7, 536870904\n row 3\n"
        ".cfi_def_cfa_offset 536870912\n row 4\n"
        ".cfi_def_cfa 6, 24\n.cfi_offset 6, -536870904\n row 5\n"
        ".cfi_offset 6, -536870912\n row 6\n"
        ".cfi_same_value 6\n row 7\n"
        ".cfi_def_cfa 3, 16\n row 8\n"
        ".cfi_remember_state\n.cfi_undefined 16\n row 9\n.cfi_restore_state\n row 10\n"
        ".cfi_escape 0x0f,3,0x76,0x78,0x06\n"          /* CFA = *(rbp - 8) */
        ".cfi_escape 0x10,6,2,0x76,0x00\n row 11\n"    /* rbp at rbp + 0 */
        ".cfi_escape 0x0f,3,0x73,0x78,0x06\n row 12\n" /* CFA = *(rbx - 8) */
        ".cfi_def_cfa 7, 28\n.cfi_same_value 6\n row 14\n"
        ".cfi_def_cfa 7, 24\n.cfi_offset 6, -24\n row 15\n"
        ".cfi_offset 6, -32\n row 16\n" /* saved outside of the frame */
        ".cfi_offset 6, -8\n row 17\n"  /* where the return address is */
        ".cfi_endproc\n.size rows, .-rows\n"
        ".type signal_rows,@function\nsignal_rows:\n.cfi_startproc\n.cfi_signal_frame\n"
        " row 13\n.cfi_endproc\n.size signal_rows, .-signal_rows\n"
        ".popsection\n");
#define ROW(n)                                                                             \
    ({                                                                                     \
        extern const char row_##n[];                                                       \
        (uintptr_t) row_##n;                                                               \
    })

static struct mt_cfi_row row_at(uintptr_t pc) {
    struct mt_cfi_row row;
    const struct mt_module_slot *module = mt_module_find(pc);
    assert_non_null(module);
    assert_true(mt_cfi_find(module, pc, &row));
    return row;
}

static void cfa_is(uintptr_t pc, unsigned reg, int32_t offset) {
    struct mt_cfi_row row = row_at(pc);
    assert_false(row.cfa_is_expression);
    assert_int_equal(row.cfa_register, reg);
    assert_int_equal(row.cfa_value, offset);
    assert_int_equal(row.reg[MT_REG_RA].how, MT_CFI_OFFSET);
    assert_int_equal(row.reg[MT_REG_RA].value, -8);
}

static void directives_come_back_as_rows(void **state) {
    (void)state;
    cfa_is(ROW(0), MT_REG_SP, 8);
    assert_int_equal(row_at(ROW(0)).reg[MT_REG_BP].how, MT_CFI_SAME);
    cfa_is(ROW(1), MT_REG_SP, 16);
    assert_int_equal(row_at(ROW(1)).reg[MT_REG_BP].how, MT_CFI_OFFSET);
    assert_int_equal(row_at(ROW(1)).reg[MT_REG_BP].value, -16);
    cfa_is(ROW(2), MT_REG_BP, 16);
    cfa_is(ROW(4), MT_REG_SP, 536870912);
    assert_int_equal(row_at(ROW(7)).reg[MT_REG_BP].how, MT_CFI_SAME);
    cfa_is(ROW(8), 3, 16);
    assert_int_equal(row_at(ROW(9)).reg[MT_REG_RA].how, MT_CFI_UNDEFINED);
    cfa_is(ROW(10), 3, 16);
    assert_true(row_at(ROW(11)).cfa_is_expression);
    assert_int_equal(row_at(ROW(11)).reg[MT_REG_BP].how, MT_CFI_EXPRESSION);
    assert_false(row_at(ROW(12)).signal_frame);
    assert_true(row_at(ROW(13)).signal_frame);
}

static void expression_blocks_are_what_was_written(void **state) {
    (void)state;
    static const uint8_t wanted[] = {0x76, 0x78, 0x06};
    struct mt_cfi_row row = row_at(ROW(11));
    struct mt_cfi_view view = mt_cfi_block(mt_module_find(ROW(11)), row.cfa_value);
    assert_false(view.bad);
    assert_int_equal(view.end - view.at, sizeof wanted);
    assert_memory_equal(view.at, wanted, sizeof wanted);
}

static void a_row_ends_where_the_next_begins(void **state) {
    (void)state;
    cfa_is(ROW(1) - 2, MT_REG_SP, 8); /* before the `nop` that the directives precede */
    cfa_is(ROW(1) - 1, MT_REG_SP, 16);
    cfa_is(ROW(1) + 1, MT_REG_BP, 16);
    cfa_is(ROW(1), MT_REG_SP, 16);
}

static void packs_to(uintptr_t pc, enum mt_rule_kind kind, int64_t cfa, bool saved,
                     int64_t bp) {
    mt_packed_rule rule = mt_rule_get(pc, 1);
    assert_int_equal(mt_rule_kind_of(rule), kind);
    if (kind != MT_RULE_SLOW && kind != MT_RULE_ROOT) {
        assert_int_equal(mt_rule_cfa(rule), cfa);
        assert_int_equal(mt_rule_bp_saved(rule), saved);
        if (saved)
            assert_int_equal(mt_rule_bp(rule), bp);
    }
    assert_true(mt_rule_get(pc, 1) == rule); /* now from the cache */
}

static void rows_pack_and_unpack_up_to_their_borders(void **state) {
    (void)state;
    packs_to(ROW(0), MT_RULE_SP, 8, false, 0);
    packs_to(ROW(1), MT_RULE_SP, 16, true, -16);
    packs_to(ROW(2), MT_RULE_BP, 16, true, -16);
    packs_to(ROW(3), MT_RULE_SP, MT_RULE_OFFSET_LIMIT - 8, true, -16);
    packs_to(ROW(4), MT_RULE_SLOW, 0, false, 0);
    packs_to(ROW(5), MT_RULE_BP, 24, true, -(MT_RULE_OFFSET_LIMIT - 8));
    packs_to(ROW(6), MT_RULE_SLOW, 0, false, 0);
    packs_to(ROW(7), MT_RULE_BP, 24, false, 0);
    packs_to(ROW(8), MT_RULE_SLOW, 0, false, 0);
    packs_to(ROW(9), MT_RULE_ROOT, 0, false, 0);
    packs_to(ROW(11), MT_RULE_BP_DEREF, -8, true, 0);
    packs_to(ROW(12), MT_RULE_SLOW, 0, false, 0);
    packs_to(ROW(13), MT_RULE_SLOW, 0, false, 0);
    packs_to(ROW(14), MT_RULE_SLOW, 0, false, 0);
    packs_to(ROW(15), MT_RULE_SP, 24, true, -24);
    packs_to(ROW(16), MT_RULE_SLOW, 0, false, 0);
    packs_to(ROW(17), MT_RULE_SLOW, 0, false, 0);
}

static void another_epoch_does_not_find_the_cached_rule(void **state) {
    (void)state;
    struct mt_pair *entry = mt_rule_entry_of(ROW(1));
    mt_packed_rule rule = mt_rule_get(ROW(1), 1), wrong = rule ^ 0x10;
    entry->mixed_key ^= entry->word ^ wrong;
    entry->word = wrong;
    assert_true(mt_rule_get(ROW(1), 1) == wrong);
    assert_true(mt_rule_get(ROW(1), 2) == rule);
    entry->word ^= 0x20; /* half of another thread's entry */
    assert_true(mt_rule_get(ROW(1), 2) == rule);
}

/* Entries know 16 bits of the epoch. */
static void an_epoch_long_ago_does_not_come_back(void **state) {
    (void)state;
    struct mt_pair *entry = mt_rule_entry_of(ROW(1));
    uint32_t epoch = mt_module_epoch;
    mt_packed_rule rule = mt_rule_get(ROW(1), epoch), wrong = rule ^ 0x10;
    entry->mixed_key ^= entry->word ^ wrong;
    entry->word = wrong;
    assert_true(mt_rule_get(ROW(1), epoch) == wrong);
    assert_true(mt_rule_get(ROW(1), epoch + (1u << 16)) == wrong); /* if nothing is done */
    for (uint32_t i = 0; i < 1u << 16; i++)
        mt_module_raise_epoch();
    assert_int_equal(mt_module_epoch, epoch + (1u << 16));
    assert_true(mt_rule_get(ROW(1), mt_module_epoch) == rule);
}

static void code_of_no_module_has_no_rule(void **state) {
    (void)state;
    assert_int_equal(mt_rule_kind_of(mt_rule_get((uintptr_t)state, 1)), MT_RULE_UNKNOWN);
}

/* The CFA and return address by the row in force, against the compiler's. */
#define CFA_IS_TRUE()                                                                      \
    do {                                                                                   \
        struct mt_registers here;                                                          \
        MT_REGISTERS_HERE(&here);                                                          \
        struct mt_cfi_row row = row_at(here.r[MT_REG_RA]);                                 \
        uintptr_t cfa = here.r[row.cfa_register] + (uintptr_t)(intptr_t)row.cfa_value;     \
        assert_false(row.cfa_is_expression);                                               \
        assert_ptr_equal(cfa, __builtin_dwarf_cfa());                                      \
        assert_ptr_equal(*(void **)(cfa - 8), __builtin_return_address(0));                \
    } while (0)

__attribute__((noinline)) static void in_a_fixed_frame(void) {
    CFA_IS_TRUE();
}

__attribute__((noinline)) static void in_a_growing_frame(size_t bytes) {
    volatile char *room = __builtin_alloca(bytes);
    room[bytes - 1] = 1;
    CFA_IS_TRUE();
}

static void rows_agree_with_the_compiler(void **state) {
    (void)state;
    in_a_fixed_frame();
    for (size_t bytes = 1; bytes < 100000; bytes *= 7)
        in_a_growing_frame(bytes);
}

static void entries_of_libc_functions_have_rows(void **state) {
    (void)state;
    cfa_is((uintptr_t)&qsort, MT_REG_SP, 8);
    cfa_is((uintptr_t)&pthread_create, MT_REG_SP, 8);
    cfa_is((uintptr_t)&strtoull, MT_REG_SP, 8);
}

/* ---- damaged tables ---- */

/* A copy of the segment with a module's unwind tables, between inaccessible pages, and
 * another one that stays as it is. */
struct copy {
    struct mt_module_slot slot;
    uint8_t *bytes, *original;
    size_t count;
    uintptr_t shift; /* from the module to `bytes` */
    size_t header;   /* of .eh_frame_hdr in the segment */
};

static void copy_tables(struct copy *copy, uintptr_t pc, bool at_end) {
    const struct mt_module_slot *slot = mt_module_find(pc);
    assert_non_null(slot);
    assert_int_not_equal(slot->unwind_start, 0);
    copy->count = slot->unwind_end - slot->unwind_start;
    copy->header = slot->unwind_header - slot->unwind_start;
    copy->original = malloc(copy->count);
    assert_non_null(copy->original);
    /* By the kernel: a sanitizer would object to reading between the variables there. */
    struct iovec to = {copy->original, copy->count};
    struct iovec from = {(void *)slot->unwind_start, copy->count};
    assert_int_equal(process_vm_readv(getpid(), &to, 1, &from, 1, 0), copy->count);
    size_t room = mt_page_up(copy->count);
    uint8_t *map =
        mmap(NULL, room + 2 * MT_PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(map, MAP_FAILED);
    assert_int_equal(mprotect(map + MT_PAGE_BYTES, room, PROT_READ | PROT_WRITE), 0);
    copy->bytes = map + MT_PAGE_BYTES + (at_end ? room - copy->count : 0);
    memcpy(copy->bytes, copy->original, copy->count);
    copy->shift = (uintptr_t)copy->bytes - slot->unwind_start;
    memset(&copy->slot, 0, sizeof copy->slot);
    copy->slot.start = slot->start + copy->shift;
    copy->slot.end = slot->end + copy->shift;
    copy->slot.unwind_start = slot->unwind_start + copy->shift;
    copy->slot.unwind_end = slot->unwind_end + copy->shift;
    copy->slot.unwind_header = slot->unwind_header + copy->shift;
    copy->slot.id = slot->id;
}

static uint64_t random_state = 20240229;

static uint64_t draw(void) {
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return random_state >> 33;
}

/* Where the function of row i of the binary search table begins, and its FDE. */
static uintptr_t function(const struct copy *copy, uint64_t i, uintptr_t *fde) {
    int32_t pair[2];
    memcpy(pair, copy->original + copy->header + 12 + i * sizeof pair, sizeof pair);
    *fde = copy->slot.unwind_header + (uintptr_t)(intptr_t)pair[1];
    return copy->slot.unwind_header + (uintptr_t)(intptr_t)pair[0];
}

static uint64_t functions(const struct copy *copy) {
    uint32_t count;
    memcpy(&count, copy->original + copy->header + 8, sizeof count);
    return count;
}

/* What a caller does with a row: reads its expression blocks. */
static uint64_t use(const struct mt_module_slot *module, const struct mt_cfi_row *row) {
    struct mt_cfi_view view = {NULL, NULL, true};
    uint64_t sum = 0;
    if (row->cfa_is_expression)
        view = mt_cfi_block(module, row->cfa_value);
    for (int reg = 0; reg < MT_REG_COUNT; reg++) {
        if (!view.bad)
            while (view.at < view.end)
                sum += mt_cfi_fixed(&view, 1);
        if (row->reg[reg].how >= MT_CFI_EXPRESSION)
            view = mt_cfi_block(module, row->reg[reg].value);
    }
    return sum;
}

static void an_undamaged_copy_gives_the_same_rows(void **state) {
    (void)state;
    struct copy copy;
    copy_tables(&copy, (uintptr_t)&qsort, false);
    const struct mt_module_slot *libc = mt_module_find((uintptr_t)&qsort);
    uint64_t count = functions(&copy);
    assert_true(count > 1000);
    for (uint64_t i = 0; i < count; i++) {
        struct mt_cfi_row a, b;
        uintptr_t fde, pc = function(&copy, i, &fde) + draw() % 64;
        memset(&a, 0, sizeof a);
        memset(&b, 0, sizeof b);
        bool found = mt_cfi_find(&copy.slot, pc, &a);
        assert_int_equal(found, mt_cfi_find(libc, pc - copy.shift, &b));
        assert_memory_equal(&a, &b, sizeof a);
    }
    free(copy.original);
}

/* Bytes are flipped near what is looked up (the table's head, the row, the FDE, a CIE), so
 * that most tries meet the damage, and now and then anywhere. */
static void damage(struct copy *copy, uintptr_t fde, size_t at[8]) {
    size_t record = fde - copy->slot.unwind_start;
    uint32_t back;
    memcpy(&back, copy->bytes + record + 4, sizeof back);
    const size_t near[4] = {copy->header, record, record, record + 4 - back};
    for (int i = 0; i < 8; i++) {
        uint64_t choice = draw() % 16;
        at[i] = choice < 12 ? near[choice % 4] + draw() % 40 : draw() % copy->count;
        at[i] %= copy->count;
        copy->bytes[at[i]] ^= (uint8_t)(1 + draw() % 255);
        if (draw() % 3 == 0) {
            while (++i < 8)
                at[i] = at[0];
        }
    }
}

static void damaged_tables_of(uintptr_t code, bool at_end, uint32_t tries) {
    struct copy copy;
    uint32_t understood = 0, refused = 0;
    uint64_t sum = 0;
    copy_tables(&copy, code, at_end);
    for (uint32_t i = 0; i < tries; i++) {
        struct mt_cfi_row row;
        uintptr_t fde, pc = function(&copy, draw() % functions(&copy), &fde) + draw() % 100;
        size_t at[8];
        damage(&copy, fde, at);
        if (mt_cfi_find(&copy.slot, pc, &row)) {
            understood++;
            sum += use(&copy.slot, &row);
        } else
            refused++;
        sum += mt_cfi_begins_at(&copy.slot, pc);
        for (int k = 0; k < 8; k++)
            copy.bytes[at[k]] = copy.original[at[k]];
    }
    /* Both happen: the damage is met, and lookups go on past it. */
    assert_in_range(understood, tries / 20, tries);
    assert_in_range(refused, tries / 20, tries);
    assert_true(sum != 1);
    assert_memory_equal(copy.bytes, copy.original, copy.count);
    free(copy.original);
}

static void damaged_tables_neither_crash_nor_hang(void **state) {
    (void)state;
    for (int at_end = 0; at_end < 2; at_end++) {
        damaged_tables_of((uintptr_t)&qsort, at_end, TRIES / 4);
        damaged_tables_of((uintptr_t)&draw, at_end, TRIES / 4);
    }
}

static void truncated_tables_neither_crash_nor_hang(void **state) {
    (void)state;
    struct copy copy;
    copy_tables(&copy, (uintptr_t)&draw, true);
    uintptr_t end = copy.slot.unwind_end;
    for (size_t cut = 0; cut < copy.count; cut++) {
        uintptr_t fde, pc = function(&copy, draw() % functions(&copy), &fde);
        struct mt_cfi_row row;
        memmove(copy.bytes, copy.original, copy.count);
        copy.slot.unwind_end = end - cut;
        /* What lies beyond the end must not be looked at. */
        memset(copy.bytes + copy.count - cut, 0xff, cut);
        if (mt_cfi_find(&copy.slot, pc, &row))
            assert_true(use(&copy.slot, &row) != 1);
    }
    free(copy.original);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directives_come_back_as_rows),
        cmocka_unit_test(expression_blocks_are_what_was_written),
        cmocka_unit_test(a_row_ends_where_the_next_begins),
        cmocka_unit_test(rows_pack_and_unpack_up_to_their_borders),
        cmocka_unit_test(another_epoch_does_not_find_the_cached_rule),
        cmocka_unit_test(an_epoch_long_ago_does_not_come_back),
        cmocka_unit_test(code_of_no_module_has_no_rule),
        cmocka_unit_test(rows_agree_with_the_compiler),
        cmocka_unit_test(entries_of_libc_functions_have_rows),
        cmocka_unit_test(an_undamaged_copy_gives_the_same_rows),
        cmocka_unit_test(damaged_tables_neither_crash_nor_hang),
        cmocka_unit_test(truncated_tables_neither_crash_nor_hang),
    };
    return cmocka_run_group_tests(tests, tracking_start, NULL);
}

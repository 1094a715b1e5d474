/* Rules P1 to P6 and P8 in a step, each broken by what the core writes. */
#include "ci/unit.h"
#include "invariants/test_step.h"
#include "mmu_x86/emulator/emulator.h"
#include "mmu_x86/paging.h"

static uint32_t entry_of_page(uint32_t page)
{
    return test_word(test_entry_at(page));
}

static uint32_t entry_of_slot(uint32_t slot)
{
    return test_word(DIRECTORY_AT + 4u * slot);
}

/* Stores an entry, flushed as it should be, and expects the rule. */
static void expect_entry_broken(uint32_t page, uint32_t entry, enum rule rule)
{
    test_store_entry(page, entry);
    machine_flush_page(vaddr_of(page));
    test_step_expect_broken(rule);
}

static void expect_slot_broken(uint32_t slot, uint32_t entry, enum rule rule)
{
    test_store_directory(slot, entry);
    machine_set_root(machine_root());
    test_step_expect_broken(rule);
}

static const uint32_t flags[] = {ENTRY_WRITABLE,
                                 ENTRY_USER,
                                 ENTRY_WRITE_THROUGH,
                                 ENTRY_CACHE_DISABLE,
                                 ENTRY_PAGE_SIZE,
                                 ENTRY_GLOBAL,
                                 0x200u,
                                 0x800u};
#define FLAGS (sizeof(flags) / sizeof(flags[0]))

TEST(P1_wrong_bits_of_an_entry_are_reported)
{
    test_step_up();
    const uint32_t pages[] = {TEST_START.v, test_inner_page(), test_field(HEAP_END) - PAGE_SIZE,
                              test_device_page(TEST_DEVICE_FIRST)};
    for (uint32_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
        for (uint32_t f = 0; f < FLAGS; f++) {
            expect_entry_broken(pages[i], entry_of_page(pages[i]) ^ flags[f], RULE_P1);
            EXPECT_EQUAL(test_violation.at, pages[i]);
        }
}

TEST(P1_wrong_bits_of_a_table_are_reported)
{
    test_step_up();
    const uint32_t slots[] = {TEST_HEAP_SLOT, PROBE_SLOT_DEVICE};
    for (uint32_t i = 0; i < 2u; i++)
        for (uint32_t f = 0; f < FLAGS; f++) {
            expect_slot_broken(slots[i], entry_of_slot(slots[i]) ^ flags[f], RULE_P1);
            EXPECT_EQUAL(test_violation.at, slots[i] << TABLE_SHIFT);
        }
}

TEST(P1_the_bits_that_the_processor_sets_are_tolerated)
{
    test_step_up();
    const uint32_t bits = ENTRY_ACCESSED | ENTRY_DIRTY;
    const uint32_t pages[] = {test_inner_page(), test_device_page(TEST_DEVICE_FIRST)};
    for (uint32_t i = 0; i < 2u; i++) {
        test_store_entry(pages[i], entry_of_page(pages[i]) & ~bits);
        test_step_expect_whole();
        test_store_entry(pages[i], entry_of_page(pages[i]) | bits);
        test_step_expect_whole();
    }
    test_store_directory(TEST_HEAP_SLOT, entry_of_slot(TEST_HEAP_SLOT) ^ bits);
    test_store_directory(PROBE_SLOT_KERNEL, entry_of_slot(PROBE_SLOT_KERNEL) ^ bits);
    test_step_expect_whole();
}

TEST(P1_missing_page_is_reported)
{
    test_step_up();
    expect_entry_broken(TEST_START.v, 0, RULE_P1); /* the control block's */
    EXPECT_EQUAL(test_violation.at, TEST_START.v);
    frame_t frame;
    vaddr_t page = vaddr_of(test_device_page(TEST_DEVICE_SECOND));
    EXPECT_EQUAL(paging_unmap(test_boot.frames_at, page, &frame), PAGING_OK);
    test_step_expect_broken(RULE_P1);
    EXPECT_EQUAL(test_violation.at, page.v);
}

TEST(P2_frame_mapped_twice_is_reported)
{
    test_step_up();
    uint32_t page = test_inner_page();
    const uint32_t twins[] = {
        entry_of_page(page + PAGE_SIZE), entry_of_page(page - PAGE_SIZE),
        entry_of_page(TEST_START.v),     entry_of_page(test_device_page(TEST_DEVICE_FIRST)),
        entry_of_slot(TEST_HEAP_SLOT),   entry_of_slot(PROBE_SLOT_DEVICE),
    };
    for (uint32_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++)
        expect_entry_broken(
            page, entry_of(entry_frame(twins[i]), entry_of_page(page) & ENTRY_FLAGS), RULE_P2);
    expect_slot_broken(TEST_EMPTY_SLOT, entry_of_slot(TEST_HEAP_SLOT), RULE_P2);
}

TEST(P2_held_frame_that_is_mapped_is_reported)
{
    test_step_up();
    heap_count(&test_heap, HEAP_MAPPED_PAGES, 1);
    heap_raise(&test_heap, HEAP_PEAK_PAGES, test_field(HEAP_MAPPED_PAGES));
    expect_entry_broken(test_hole_page(), entry_of(test_held[0], TEST_KERNEL_PAGE), RULE_P2);
    EXPECT_EQUAL(test_violation.at, test_held[0].n);
    expect_entry_broken(test_inner_page(), entry_of(test_held[0], TEST_KERNEL_PAGE), RULE_P2);
    EXPECT_EQUAL(test_violation.at, test_held[0].n);
}

/* A page of its own frame, taken and counted, but nobody's. */
static void expect_page_broken(uint32_t page)
{
    frame_t frame;
    EXPECT_EQUAL(frames_take(test_boot.frames_at, &frame), FRAMES_OK);
    EXPECT_EQUAL(paging_map(test_boot.frames_at, vaddr_of(page), frame, ENTRY_WRITABLE), PAGING_OK);
    heap_count(&test_heap, HEAP_MAPPED_PAGES, 1);
    test_step_expect_broken(RULE_P3);
    EXPECT_EQUAL(test_violation.at, page);
}

TEST(P3_page_that_nobody_needs_is_reported)
{
    test_step_up();
    const uint32_t pages[] = {test_field(HEAP_END),
                              test_scene.heap_limit.v - PAGE_SIZE,
                              test_scene.heap_limit.v,
                              TEST_EMPTY_SLOT << TABLE_SHIFT,
                              TABLES_AT - PAGE_SIZE,
                              test_device_page(0),
                              test_device_page(DEVICE_PAGES - 1u),
                              test_device_page(DEVICE_PAGES),
                              test_device_page(TABLE_ENTRIES - 1u)};
    for (uint32_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
        expect_page_broken(pages[i]);
}

TEST(P3_pages_of_the_device_that_change_places_are_reported)
{
    test_step_up();
    uint32_t first = entry_of_page(test_device_page(TEST_DEVICE_FIRST));
    test_store_entry(test_device_page(TEST_DEVICE_FIRST),
                     entry_of_page(test_device_page(TEST_DEVICE_SECOND)));
    test_store_entry(test_device_page(TEST_DEVICE_SECOND), first);
    machine_set_root(machine_root());
    test_step_expect_broken(RULE_P3);
}

TEST(P4_changed_entries_of_boot_are_reported)
{
    test_step_up();
    uint32_t kernel = entry_of_slot(PROBE_SLOT_KERNEL);
    expect_slot_broken(PROBE_SLOT_KERNEL, kernel | ENTRY_USER, RULE_P4);
    expect_slot_broken(PROBE_SLOT_KERNEL, kernel & ~ENTRY_WRITABLE, RULE_P4);
    expect_slot_broken(RECURSIVE_SLOT, entry_of_slot(RECURSIVE_SLOT) | ENTRY_USER, RULE_P4);
    const uint32_t slots[] = {0, 1, 512, PROBE_SLOT_DEVICE - 1u};
    for (uint32_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
        expect_slot_broken(slots[i], kernel, RULE_P4);
        EXPECT_EQUAL(test_violation.at, slots[i]);
    }
    uint32_t guard = test_boot.frames_at.v - PAGE_SIZE; /* below the bitmap: nothing is mapped */
    expect_entry_broken(guard, entry_of(test_held[0], TEST_KERNEL_PAGE), RULE_P4);
    EXPECT_EQUAL(test_violation.at, guard);
    expect_entry_broken(test_boot.frames_at.v, entry_of_page(test_boot.frames_at.v) | ENTRY_USER,
                        RULE_P4);
}

/* A copy of the directory in another frame: its recursive slot still names the old one. */
TEST(P4_another_root_is_reported)
{
    test_step_up();
    frame_t root = machine_root();
    frame_t copy = root;
    EXPECT_EQUAL(frames_take(test_boot.frames_at, &copy), FRAMES_OK);
    emulator_frame_use(copy);
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
        emulator.ram[copy.n * TABLE_ENTRIES + i] = emulator.ram[root.n * TABLE_ENTRIES + i];
    machine_set_root(copy);
    EXPECT(!test_step());
    EXPECT_EQUAL(test_violation.rule, RULE_P4);
    test_expect_broken(RULE_P4);
}

/* The table has a frame of its own, taken, and is zeroed: all is right but that it is there. */
TEST(P5_empty_table_is_reported)
{
    test_step_up();
    frame_t frame;
    EXPECT_EQUAL(frames_take(test_boot.frames_at, &frame), FRAMES_OK);
    test_store_directory(TEST_EMPTY_SLOT, entry_of(frame, TEST_KERNEL_PAGE));
    machine_fill(vaddr_of(TABLES_AT + TEST_EMPTY_SLOT * PAGE_SIZE), 0, PAGE_SIZE);
    machine_set_root(machine_root());
    test_step_expect_broken(RULE_P5);
    EXPECT_EQUAL(test_violation.at, TEST_EMPTY_SLOT << TABLE_SHIFT);
}

/* As paging_unmap would leave it, if it forgot to drop what has become empty. */
TEST(P5_table_that_has_become_empty_is_reported)
{
    test_step_up();
    test_device_unmap(TEST_DEVICE_FIRST);
    test_step_expect_whole();
    uint32_t page = test_device_page(TEST_DEVICE_SECOND);
    frame_t frame = entry_frame(entry_of_page(page));
    test_store_entry(page, 0);
    machine_flush_page(vaddr_of(page));
    EXPECT_EQUAL(frames_give_back(test_boot.frames_at, frame), FRAMES_OK);
    EXPECT(!test_step());
    EXPECT_EQUAL(test_violation.rule, RULE_P5);
    EXPECT_EQUAL(test_violation.at, DEVICE_WINDOW_AT);
}

/* In bulk, which the journal of words knows nothing of. */
TEST(P5_table_that_was_filled_is_reported)
{
    test_step_up();
    machine_fill(vaddr_of(TABLES_AT + PROBE_SLOT_DEVICE * PAGE_SIZE), 0, PAGE_SIZE);
    machine_set_root(machine_root());
    EXPECT(!test_step());
    EXPECT_EQUAL(test_violation.rule, RULE_P5);
    test_expect_broken(RULE_P5);
}

TEST(P5_half_prepared_entry_is_reported)
{
    test_step_up();
    uint32_t prepared = entry_of(test_held[0], ENTRY_WRITABLE);
    const uint32_t pages[] = {test_hole_page(), test_field(HEAP_END), test_device_page(0),
                              TEST_START.v + (TABLE_ENTRIES - 1u) * PAGE_SIZE};
    for (uint32_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        expect_entry_broken(pages[i], prepared, RULE_P5);
        EXPECT_EQUAL(test_violation.at, pages[i]);
        expect_entry_broken(pages[i], ENTRY_HELD, RULE_P5);
    }
    expect_slot_broken(TEST_EMPTY_SLOT, prepared, RULE_P5);
    expect_slot_broken(PROBE_SLOT_DEVICE, entry_of_slot(PROBE_SLOT_DEVICE) & ~ENTRY_PRESENT,
                       RULE_P5);
}

/* A page of the hole that has been mapped, counted, and been used. */
static uint32_t page_used(void)
{
    struct paging_change change;
    uint32_t page = test_hole_page();
    EXPECT_EQUAL(paging_map_range(test_boot.frames_at, vaddr_of(page), 1, &change), PAGING_OK);
    heap_count(&test_heap, HEAP_MAPPED_PAGES, 1);
    heap_raise(&test_heap, HEAP_PEAK_PAGES, test_field(HEAP_MAPPED_PAGES));
    test_step_expect_whole();
    (void)machine_load(vaddr_of(page));
    return page;
}

TEST(P6_page_unmapped_without_a_flush_is_reported)
{
    test_step_up();
    uint32_t page = page_used();
    frame_t frame = entry_frame(entry_of_page(page));
    test_store_entry(page, 0);
    EXPECT_EQUAL(frames_give_back(test_boot.frames_at, frame), FRAMES_OK);
    heap_count(&test_heap, HEAP_MAPPED_PAGES, 0u - 1u);
    test_step_expect_broken(RULE_P6);
    EXPECT_EQUAL(test_violation.at, page);
}

TEST(P6_page_given_another_frame_without_a_flush_is_reported)
{
    test_step_up();
    uint32_t page = page_used();
    uint32_t entry = entry_of_page(page);
    frame_t frame;
    EXPECT_EQUAL(frames_take(test_boot.frames_at, &frame), FRAMES_OK);
    EXPECT_EQUAL(frames_give_back(test_boot.frames_at, entry_frame(entry)), FRAMES_OK);
    test_store_entry(page, entry_of(frame, entry & ENTRY_FLAGS));
    test_step_expect_broken(RULE_P6);
}

/* The window's page of a table that is gone. */
TEST(P6_table_dropped_without_a_flush_is_reported)
{
    test_step_up();
    test_device_unmap(TEST_DEVICE_FIRST);
    test_step_expect_whole();
    vaddr_t page = vaddr_of(test_device_page(TEST_DEVICE_SECOND));
    vaddr_t table = vaddr_of(TABLES_AT + PROBE_SLOT_DEVICE * PAGE_SIZE);
    (void)machine_load(table);
    uint32_t stale = emulator.tlb[table.v >> PAGE_SHIFT];
    EXPECT(stale & ENTRY_PRESENT);
    test_device_unmap(TEST_DEVICE_SECOND);
    /* As if its flush had been forgotten. */
    emulator.tlb[table.v >> PAGE_SHIFT] = stale;
    EXPECT(!test_step());
    EXPECT_EQUAL(test_violation.rule, RULE_P6);
    EXPECT_EQUAL(test_violation.at, table.v);
    EXPECT(probe_page(page) == NULL);
    test_expect_broken(RULE_P6);
    emulator.tlb[table.v >> PAGE_SHIFT] = 0;
}

static void free_bitmap_told(void)
{
    uint32_t word_count = scene_words(test_scene.frame_count);
    probe_free_bitmap(vaddr_add(test_scene.frames_at, FRAMES_BITS + 4u * scene_words(word_count)),
                      test_scene.frame_count);
}

TEST(P6_frame_given_back_before_its_flush_is_reported)
{
    test_step_up();
    free_bitmap_told();
    uint32_t page = page_used();
    EXPECT_EQUAL(frames_give_back(test_boot.frames_at, entry_frame(entry_of_page(page))),
                 FRAMES_OK);
    machine_flush_page(vaddr_of(page));
    EXPECT(!test_step());
    EXPECT_EQUAL(test_violation.rule, RULE_P6);
    test_expect_broken(RULE_P6);
}

TEST(P6_use_of_a_stale_translation_is_reported)
{
    test_step_up();
    uint32_t page = page_used();
    uint32_t entry = entry_of_page(page);
    test_store_entry(page, 0);
    (void)machine_load(vaddr_of(page));
    test_store_entry(page, entry);
    EXPECT(!test_step());
    EXPECT_EQUAL(test_violation.rule, RULE_P6);
    test_expect_broken(RULE_P6);
}

TEST(P8_access_with_interrupts_enabled_is_reported)
{
    test_step_up();
    machine_interrupts_restore(1);
    (void)machine_load(vaddr_add(test_scene.heap_at, HEAP_LIVE_BLOCKS));
    EXPECT(!test_step());
    EXPECT_EQUAL(test_violation.rule, RULE_P8);
    test_expect_broken(RULE_P8);
}

/* Its frame is given back and taken again, by the table or by a page. */
TEST(a_table_dropped_and_made_again_in_one_journal)
{
    test_step_up();
    for (uint32_t i = 0; i < 4u; i++) {
        test_device_unmap(TEST_DEVICE_FIRST);
        test_device_unmap(TEST_DEVICE_SECOND);
        if (i % 2u != 0)
            (void)test_alloc(3u * PAGE_SIZE);
        test_device_map(TEST_DEVICE_SECOND);
        test_device_map(TEST_DEVICE_FIRST);
        if (i < 2u) {
            test_step_expect_whole();
            continue;
        }
        uint32_t page = test_device_page(TEST_DEVICE_SECOND);
        expect_entry_broken(page, entry_of_page(page) | ENTRY_USER, RULE_P1);
        return;
    }
}

/* The page's words are now others, which nobody has written there. */
static uint32_t page_moved(uint32_t page)
{
    frame_t frame;
    uint32_t entry = entry_of_page(page);
    EXPECT_EQUAL(frames_take(test_boot.frames_at, &frame), FRAMES_OK);
    EXPECT_EQUAL(frames_give_back(test_boot.frames_at, entry_frame(entry)), FRAMES_OK);
    test_store_entry(page, entry_of(frame, entry & ENTRY_FLAGS));
    machine_flush_page(vaddr_of(page));
    return entry_frame(entry).n;
}

TEST(a_page_with_tags_that_gets_another_frame_is_looked_at)
{
    test_step_up();
    uint32_t page = page_round_down(test_header(test_blocks.between));
    (void)page_moved(page);
    EXPECT(!test_step());
    enum rule rule = test_violation.rule;
    EXPECT(rule == RULE_H1 || rule == RULE_H2);
    test_expect_broken(rule);
    /* With the contents moved as well, nothing is wrong. */
    test_step_up();
    uint32_t old = page_moved(page);
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
        *test_ram(page + 4u * i) = emulator.ram[old * TABLE_ENTRIES + i];
    test_step_expect_whole();
}

/* The heap's table is another one, which says the same but for one page. */
TEST(a_table_in_another_frame_is_looked_at_with_its_pages)
{
    test_step_up();
    uint32_t page = page_round_down(test_header(test_blocks.between));
    uint32_t entry = entry_of_page(page);
    uint32_t table = entry_of_slot(TEST_HEAP_SLOT);
    frame_t frame;
    frame_t copy;
    EXPECT_EQUAL(frames_take(test_boot.frames_at, &frame), FRAMES_OK);
    EXPECT_EQUAL(frames_take(test_boot.frames_at, &copy), FRAMES_OK);
    emulator_frame_use(copy);
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
        emulator.ram[copy.n * TABLE_ENTRIES + i] = probe_frame(entry_frame(table))[i];
    emulator.ram[copy.n * TABLE_ENTRIES + table_index(vaddr_of(page))] =
        entry_of(frame, entry & ENTRY_FLAGS);
    test_store_directory(TEST_HEAP_SLOT, entry_of(copy, table & ENTRY_FLAGS));
    machine_set_root(machine_root());
    EXPECT_EQUAL(frames_give_back(test_boot.frames_at, entry_frame(entry)), FRAMES_OK);
    EXPECT_EQUAL(frames_give_back(test_boot.frames_at, entry_frame(table)), FRAMES_OK);
    EXPECT(!test_step());
    enum rule rule = test_violation.rule;
    EXPECT(rule == RULE_H1 || rule == RULE_H2);
    test_expect_broken(rule);
}

int main(void)
{
    RUN(P1_wrong_bits_of_an_entry_are_reported);
    RUN(P1_wrong_bits_of_a_table_are_reported);
    RUN(P1_the_bits_that_the_processor_sets_are_tolerated);
    RUN(P1_missing_page_is_reported);
    RUN(P2_frame_mapped_twice_is_reported);
    RUN(P2_held_frame_that_is_mapped_is_reported);
    RUN(P3_page_that_nobody_needs_is_reported);
    RUN(P3_pages_of_the_device_that_change_places_are_reported);
    RUN(P4_changed_entries_of_boot_are_reported);
    RUN(P4_another_root_is_reported);
    RUN(P5_empty_table_is_reported);
    RUN(P5_table_that_has_become_empty_is_reported);
    RUN(P5_table_that_was_filled_is_reported);
    RUN(P5_half_prepared_entry_is_reported);
    RUN(P6_page_unmapped_without_a_flush_is_reported);
    RUN(P6_page_given_another_frame_without_a_flush_is_reported);
    RUN(P6_table_dropped_without_a_flush_is_reported);
    RUN(P6_frame_given_back_before_its_flush_is_reported);
    RUN(P6_use_of_a_stale_translation_is_reported);
    RUN(P8_access_with_interrupts_enabled_is_reported);
    RUN_BOTH(a_table_dropped_and_made_again_in_one_journal);
    RUN_BOTH(a_page_with_tags_that_gets_another_frame_is_looked_at);
    RUN_BOTH(a_table_in_another_frame_is_looked_at_with_its_pages);
    return 0;
}

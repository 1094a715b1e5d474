/* Rules P1 to P6 and P8, each broken alone. (P7 is the harness's: fuzz/session_test.c.) */
#include "ci/unit.h"
#include "invariants/test_scene.h"
#include "mmu_x86/emulator/emulator.h"
#include "mmu_x86/paging.h"

/* Every one of these bits, changed in an entry that is present, is reported. */
static void expect_flags_matter(uint32_t *entry)
{
    const uint32_t flags[] = {ENTRY_WRITABLE,
                              ENTRY_USER,
                              ENTRY_WRITE_THROUGH,
                              ENTRY_CACHE_DISABLE,
                              ENTRY_PAGE_SIZE,
                              ENTRY_GLOBAL,
                              0x200u,
                              0x400u,
                              0x800u};
    for (uint32_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        test_expect_broken_by(entry, *entry ^ flags[i], RULE_P1);
}

TEST(P1_wrong_bits_of_a_page_of_the_heap_are_reported)
{
    test_scene_up();
    expect_flags_matter(test_entry_of(TEST_START.v));
    expect_flags_matter(test_entry_of(test_inner_page()));
    expect_flags_matter(test_entry_of(test_field(HEAP_END) - PAGE_SIZE));
}

TEST(P1_wrong_bits_of_a_page_of_the_device_are_reported)
{
    test_scene_up();
    expect_flags_matter(test_entry_of(test_device_page(TEST_DEVICE_FIRST)));
}

TEST(P1_wrong_bits_of_a_table_are_reported)
{
    test_scene_up();
    expect_flags_matter(test_directory_entry(TEST_HEAP_SLOT));
    expect_flags_matter(test_directory_entry(PROBE_SLOT_DEVICE));
}

TEST(P1_the_bits_that_the_processor_sets_are_tolerated)
{
    test_scene_up();
    uint32_t *entries[] = {test_entry_of(test_inner_page()), test_directory_entry(TEST_HEAP_SLOT)};
    for (uint32_t i = 0; i < 2u; i++) {
        uint32_t whole = *entries[i];
        *entries[i] = whole & ~(ENTRY_ACCESSED | ENTRY_DIRTY);
        test_expect_whole();
        *entries[i] = whole | ENTRY_ACCESSED | ENTRY_DIRTY;
        test_expect_whole();
        *entries[i] = whole;
    }
}

/* Without its first page there is no heap to look at, so this comes first of all. */
TEST(P1_missing_control_block_is_reported)
{
    test_scene_up();
    uint32_t *entry = test_entry_of(TEST_START.v);
    uint32_t whole = *entry;
    *entry = 0;
    test_expect_broken(RULE_P1);
    EXPECT_EQUAL(test_violation.at, TEST_START.v);
    *entry = whole;
    test_expect_whole();
}

/* Flushed, and with its frame given back and its count down by one, as only an unmap of the wrong
 * page leaves it. Rule X3 is broken as well: a page is unmapped outside all holes. */
TEST(P1_missing_page_of_a_tag_is_reported)
{
    test_scene_up();
    const uint32_t tags[] = {test_header(test_blocks.between), test_field(HEAP_END) - 4u,
                             test_footer(test_blocks.large)};
    for (uint32_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        struct paging_change change;
        test_core_begin();
        paging_unmap_range(test_boot.frames_at, vaddr_of(page_round_down(tags[i])), 1, &change);
        EXPECT_EQUAL(change.page_count, 1);
        heap_count(&test_heap, HEAP_MAPPED_PAGES, 0u - 1u);
        test_expect_broken(RULE_P1);
        EXPECT_EQUAL(page_round_down(test_violation.at), page_round_down(tags[i]));
        test_core_undo();
    }
}

/* Its frame stays taken, which breaks rule F4 as well; tables are looked at before frames. */
TEST(P1_missing_page_of_the_device_is_reported)
{
    test_scene_up();
    frame_t frame;
    vaddr_t page = vaddr_of(test_device_page(TEST_DEVICE_SECOND));
    test_core_begin();
    EXPECT_EQUAL(paging_unmap(test_boot.frames_at, page, &frame), PAGING_OK);
    test_expect_broken(RULE_P1);
    EXPECT_EQUAL(test_violation.at, page.v);
    test_core_undo();
}

/* The frame that the changed entry had is lost (rule F4), and the TLB may hold the old entry (P6);
 * the second mapping is found first, as the tables are walked. */
TEST(P2_frame_mapped_twice_is_reported)
{
    test_scene_up();
    uint32_t *entry = test_entry_of(test_inner_page());
    const uint32_t twins[] = {
        *test_entry_of(test_inner_page() + PAGE_SIZE),       /* another page */
        *test_entry_of(TEST_START.v),                        /* the control block's */
        *test_entry_of(test_device_page(TEST_DEVICE_FIRST)), /* the device's */
        *test_directory_entry(TEST_HEAP_SLOT),               /* the table itself */
        *test_directory_entry(PROBE_SLOT_DEVICE),            /* another table */
    };
    for (uint32_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++)
        test_expect_broken_by(entry, entry_of(entry_frame(twins[i]), *entry & ENTRY_FLAGS),
                              RULE_P2);
}

TEST(P2_table_used_twice_is_reported)
{
    test_scene_up();
    test_expect_broken_by(test_directory_entry(TEST_EMPTY_SLOT),
                          *test_directory_entry(TEST_HEAP_SLOT), RULE_P2);
}

TEST(P2_held_frame_that_is_mapped_is_reported)
{
    test_scene_up();
    uint32_t *entry = test_entry_of(test_inner_page());
    machine_flush_page(vaddr_of(test_inner_page()));
    test_expect_broken_by(entry, entry_of(test_held[0], *entry & ENTRY_FLAGS), RULE_P2);
    EXPECT_EQUAL(test_violation.at, test_held[0].n);
}

/* A page of its own frame, taken and counted, but nobody's. */
static void expect_page_refused(vaddr_t page)
{
    frame_t frame;
    test_core_begin();
    EXPECT_EQUAL(frames_take(test_boot.frames_at, &frame), FRAMES_OK);
    EXPECT_EQUAL(paging_map(test_boot.frames_at, page, frame, ENTRY_WRITABLE), PAGING_OK);
    heap_count(&test_heap, HEAP_MAPPED_PAGES, 1);
    test_expect_broken(RULE_P3);
    EXPECT_EQUAL(test_violation.at, page.v);
    test_core_undo();
}

TEST(P3_page_beyond_the_end_is_reported)
{
    test_scene_up();
    expect_page_refused(vaddr_of(test_field(HEAP_END)));
    expect_page_refused(vaddr_of(test_scene.heap_limit.v - PAGE_SIZE));
    expect_page_refused(test_scene.heap_limit);
    expect_page_refused(vaddr_of(TEST_EMPTY_SLOT << TABLE_SHIFT));
    expect_page_refused(vaddr_of(TABLES_AT - PAGE_SIZE));
}

/* A heap that starts inside a table: the page before it is in that table, and not the heap's. */
TEST(P3_page_before_the_heap_is_reported)
{
    test_scene_up();
    struct census census = {.end = test_field(HEAP_END)};
    EXPECT(check_paging(&test_scene, &census, &test_violation));
    test_scene.heap_at = vaddr_add(TEST_START, PAGE_SIZE);
    EXPECT(!check_paging(&test_scene, &census, &test_violation));
    EXPECT_EQUAL(test_violation.rule, RULE_P3);
    EXPECT_EQUAL(test_violation.at, TEST_START.v);
}

TEST(P3_page_of_the_device_window_that_nobody_mapped_is_reported)
{
    test_scene_up();
    expect_page_refused(vaddr_of(test_device_page(0)));
    expect_page_refused(vaddr_of(test_device_page(DEVICE_PAGES - 1u)));
    expect_page_refused(vaddr_of(test_device_page(DEVICE_PAGES)));
    expect_page_refused(vaddr_of(test_device_page(TABLE_ENTRIES - 1u)));
}

TEST(P3_page_of_the_device_with_another_frame_is_reported)
{
    test_scene_up();
    uint32_t *first = test_entry_of(test_device_page(TEST_DEVICE_FIRST));
    uint32_t *second = test_entry_of(test_device_page(TEST_DEVICE_SECOND));
    uint32_t first_whole = *first;
    uint32_t second_whole = *second;
    *first = second_whole;
    *second = first_whole;
    test_expect_broken(RULE_P3);
    *first = first_whole;
    *second = second_whole;
    test_expect_whole();
}

TEST(P4_damaged_recursive_slot_is_reported)
{
    test_scene_up();
    uint32_t *entry = test_directory_entry(RECURSIVE_SLOT);
    const uint32_t broken[] = {0,
                               *entry & ~ENTRY_PRESENT,
                               *entry & ~ENTRY_WRITABLE,
                               *entry | ENTRY_USER,
                               *entry ^ PAGE_SIZE,
                               entry_of(test_held[0], TEST_KERNEL_PAGE)};
    for (uint32_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
        test_expect_broken_by(entry, broken[i], RULE_P4);
}

TEST(P4_changed_entry_of_boot_is_reported)
{
    test_scene_up();
    uint32_t *entry = test_directory_entry(PROBE_SLOT_KERNEL);
    test_expect_broken_by(entry, 0, RULE_P4);
    test_expect_broken_by(entry, *entry | ENTRY_USER, RULE_P4);
    test_expect_broken_by(entry, *entry & ~ENTRY_WRITABLE, RULE_P4);
    const uint32_t slots[] = {0, 1, 512, PROBE_SLOT_DEVICE - 1u};
    for (uint32_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
        test_expect_broken_by(test_directory_entry(slots[i]), *entry, RULE_P4);
        EXPECT_EQUAL(test_violation.at, slots[i]);
    }
}

/* Each entry that is boot's, whatever stands beside it. */
static void expect_each_entry_watched(void)
{
    for (uint32_t slot = 0; slot < TABLE_ENTRIES; slot++) {
        if (slot >= PROBE_SLOT_DEVICE && slot != PROBE_SLOT_KERNEL && slot != RECURSIVE_SLOT)
            continue;
        uint32_t *entry = test_directory_entry(slot);
        test_expect_broken_by(entry, *entry ^ ENTRY_WRITABLE, RULE_P4);
        EXPECT_EQUAL(test_violation.at, slot);
    }
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        uint32_t at = (PROBE_SLOT_KERNEL << TABLE_SHIFT) + i * PAGE_SIZE;
        uint32_t *entry = test_entry_of(at);
        test_expect_broken_by(entry, *entry ^ PAGE_SIZE, RULE_P4);
        EXPECT_EQUAL(test_violation.at, at);
    }
}

TEST(P4_each_entry_of_boot_is_watched)
{
    test_scene_up();
    EXPECT(test_scene.boot->directory.count != 0);
    EXPECT(test_scene.boot->table.count != 0);
    expect_each_entry_watched();
}

/* Where boot left too much to be told in runs, entry by entry. */
TEST(P4_each_entry_of_boot_is_watched_without_runs)
{
    static const struct boot_entries none;
    test_scene_up();
    test_scene.boot = &none;
    test_expect_whole();
    expect_each_entry_watched();
}

TEST(P4_the_bits_that_the_processor_sets_are_tolerated)
{
    test_scene_up();
    uint32_t *entry = test_directory_entry(PROBE_SLOT_KERNEL);
    uint32_t whole = *entry;
    *entry = whole ^ (ENTRY_ACCESSED | ENTRY_DIRTY);
    test_expect_whole();
    *entry = whole;
}

/* The table has a frame of its own, taken, and is zeroed: all is right but that it is there. */
TEST(P5_empty_table_is_reported)
{
    test_scene_up();
    frame_t frame;
    vaddr_t table = vaddr_of(TABLES_AT + TEST_EMPTY_SLOT * PAGE_SIZE);
    test_core_begin();
    EXPECT_EQUAL(frames_take(test_boot.frames_at, &frame), FRAMES_OK);
    machine_store(vaddr_of(DIRECTORY_AT + 4u * TEST_EMPTY_SLOT), entry_of(frame, TEST_KERNEL_PAGE));
    machine_fill(table, 0, PAGE_SIZE);
    test_expect_broken(RULE_P5);
    EXPECT_EQUAL(test_violation.at, TEST_EMPTY_SLOT << TABLE_SHIFT);
    test_core_undo();
}

TEST(P5_half_prepared_entry_is_reported)
{
    test_scene_up();
    uint32_t prepared = entry_of(test_held[0], ENTRY_WRITABLE);
    const uint32_t pages[] = {test_hole_page(), test_field(HEAP_END), test_device_page(0),
                              TEST_START.v + (TABLE_ENTRIES - 1u) * PAGE_SIZE};
    for (uint32_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        test_expect_broken_by(test_entry_of(pages[i]), prepared, RULE_P5);
        EXPECT_EQUAL(test_violation.at, pages[i]);
        test_expect_broken_by(test_entry_of(pages[i]), ENTRY_SOFTWARE, RULE_P5);
    }
    test_expect_broken_by(test_directory_entry(TEST_EMPTY_SLOT), prepared, RULE_P5);
    test_expect_broken_by(test_directory_entry(PROBE_SLOT_DEVICE),
                          *test_directory_entry(PROBE_SLOT_DEVICE) & ~ENTRY_PRESENT, RULE_P5);
}

/* The TLB's entry of a page, which a load has put there. */
static uint32_t *tlb_entry_of(uint32_t page)
{
    (void)machine_load(vaddr_of(page));
    return &emulator.tlb[page >> PAGE_SHIFT];
}

TEST(P6_tlb_entry_that_differs_is_reported)
{
    test_scene_up();
    const uint32_t pages[] = {TEST_START.v,
                              test_inner_page(),
                              test_device_page(TEST_DEVICE_FIRST),
                              TABLES_AT + TEST_HEAP_SLOT * PAGE_SIZE,
                              DIRECTORY_AT,
                              test_boot.frames_at.v};
    for (uint32_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        uint32_t *entry = tlb_entry_of(pages[i]);
        test_expect_broken_by(entry, *entry ^ 8u * PAGE_SIZE, RULE_P6);
        EXPECT_EQUAL(test_violation.at, pages[i]);
        test_expect_broken_by(entry, *entry ^ ENTRY_WRITABLE, RULE_P6);
    }
}

/* A page that goes without a flush; its frame and its count go as they should. */
TEST(P6_tlb_entry_of_an_unmapped_page_is_reported)
{
    test_scene_up();
    uint32_t page = test_hole_page();
    struct paging_change change;
    test_core_begin();
    EXPECT_EQUAL(paging_map_range(test_boot.frames_at, vaddr_of(page), 1, &change), PAGING_OK);
    uint32_t stale = *tlb_entry_of(page);
    EXPECT(stale & ENTRY_PRESENT);
    paging_unmap_range(test_boot.frames_at, vaddr_of(page), 1, &change);
    test_expect_whole();
    test_expect_broken_by(&emulator.tlb[page >> PAGE_SHIFT], stale, RULE_P6);
    test_core_undo();
}

/* The window's page of a table that is gone is stale as well. */
TEST(P6_tlb_entry_of_a_dropped_table_is_reported)
{
    test_scene_up();
    uint32_t table = TABLES_AT + TEST_EMPTY_SLOT * PAGE_SIZE;
    vaddr_t page = vaddr_of(TEST_EMPTY_SLOT << TABLE_SHIFT);
    struct paging_change change;
    test_core_begin();
    EXPECT_EQUAL(paging_map_range(test_boot.frames_at, page, 1, &change), PAGING_OK);
    uint32_t stale = *tlb_entry_of(table);
    paging_unmap_range(test_boot.frames_at, page, 1, &change);
    EXPECT_EQUAL(change.table_count, 1);
    test_expect_whole();
    test_expect_broken_by(&emulator.tlb[table >> PAGE_SHIFT], stale, RULE_P6);
    test_core_undo();
}

TEST(P4_changed_entry_of_boots_own_table_is_reported)
{
    test_scene_up();
    uint32_t *entry = &((uint32_t *)(uintptr_t)probe_table(PROBE_SLOT_KERNEL))[5];
    test_expect_broken_by(entry, entry_of((frame_t){7}, TEST_KERNEL_PAGE), RULE_P4);
}

/* A copy of the directory in another frame: its recursive slot still names the old one. */
TEST(P4_another_root_is_reported)
{
    test_scene_up();
    frame_t root = emulator.root;
    frame_t copy = emulator.root;
    EXPECT_EQUAL(frames_take(test_boot.frames_at, &copy), FRAMES_OK);
    emulator_frame_use(copy);
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
        emulator.ram[copy.n * TABLE_ENTRIES + i] = emulator.ram[root.n * TABLE_ENTRIES + i];
    emulator.root = copy;
    test_expect_broken(RULE_P4);
    emulator.root = root;
    EXPECT_EQUAL(frames_give_back(test_boot.frames_at, copy), FRAMES_OK);
    test_expect_whole();
}

/* A frame that is given back while its page is still in the TLB, and flushed only afterwards. */
TEST(P6_frame_given_back_before_its_flush_is_reported)
{
    test_scene_up();
    test_expect_whole();
    uint32_t word_count = scene_words(test_scene.frame_count);
    probe_free_bitmap(vaddr_add(test_scene.frames_at, FRAMES_BITS + 4u * scene_words(word_count)),
                      test_scene.frame_count);
    uint32_t page = test_inner_page();
    (void)probe_user_load(vaddr_of(page));
    uint32_t *table = (uint32_t *)(uintptr_t)probe_table(TEST_HEAP_SLOT);
    frame_t frame = entry_frame(table[table_index(vaddr_of(page))]);
    EXPECT_EQUAL(frames_give_back(test_scene.frames_at, frame), FRAMES_OK);
    machine_flush_page(vaddr_of(page));
    test_expect_broken(RULE_P6);
}

TEST(P8_access_with_interrupts_enabled_is_reported)
{
    test_scene_up();
    machine_interrupts_restore(1);
    (void)machine_load(vaddr_add(test_scene.heap_at, HEAP_LIVE_BLOCKS));
    test_expect_broken(RULE_P8);
}

int main(void)
{
    RUN(P1_wrong_bits_of_a_page_of_the_heap_are_reported);
    RUN(P1_wrong_bits_of_a_page_of_the_device_are_reported);
    RUN(P1_wrong_bits_of_a_table_are_reported);
    RUN(P1_the_bits_that_the_processor_sets_are_tolerated);
    RUN(P1_missing_control_block_is_reported);
    RUN_BOTH(P1_missing_page_of_a_tag_is_reported);
    RUN(P1_missing_page_of_the_device_is_reported);
    RUN(P2_frame_mapped_twice_is_reported);
    RUN(P2_table_used_twice_is_reported);
    RUN(P2_held_frame_that_is_mapped_is_reported);
    RUN(P3_page_beyond_the_end_is_reported);
    RUN(P3_page_before_the_heap_is_reported);
    RUN(P3_page_of_the_device_window_that_nobody_mapped_is_reported);
    RUN(P3_page_of_the_device_with_another_frame_is_reported);
    RUN(P4_damaged_recursive_slot_is_reported);
    RUN(P4_changed_entry_of_boot_is_reported);
    RUN(P4_each_entry_of_boot_is_watched);
    RUN(P4_each_entry_of_boot_is_watched_without_runs);
    RUN(P4_the_bits_that_the_processor_sets_are_tolerated);
    RUN(P5_empty_table_is_reported);
    RUN(P5_half_prepared_entry_is_reported);
    RUN(P6_tlb_entry_that_differs_is_reported);
    RUN(P6_tlb_entry_of_an_unmapped_page_is_reported);
    RUN(P6_tlb_entry_of_a_dropped_table_is_reported);
    RUN(P4_changed_entry_of_boots_own_table_is_reported);
    RUN(P4_another_root_is_reported);
    RUN(P6_frame_given_back_before_its_flush_is_reported);
    RUN(P8_access_with_interrupts_enabled_is_reported);
    return 0;
}

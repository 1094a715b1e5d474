#include "mmu_x86/paging.h"

#include "ci/unit.h"
#include "mmu_x86/emulator/emulator.h"
#include "mmu_x86/injection.h"
#include "mmu_x86/machine.h"
#include "mmu_x86/test_boot.h"

#define FRAME_COUNT 3000u
#define PAGE vaddr_of(0xC0400000u)
#define FRAME ((frame_t){7})
#define FRAMES test_boot.frames_at
#define PROCESSOR_BITS (ENTRY_ACCESSED | ENTRY_DIRTY)

static vaddr_t page_after(vaddr_t page, uint32_t page_count)
{
    return vaddr_add(page, page_count * PAGE_SIZE);
}

static struct paging_change map_range(vaddr_t first, uint32_t page_count)
{
    struct paging_change change;
    EXPECT_EQUAL(paging_map_range(FRAMES, first, page_count, &change), PAGING_OK);
    return change;
}

static struct paging_change unmap_range(vaddr_t first, uint32_t page_count)
{
    struct paging_change change;
    paging_unmap_range(FRAMES, first, page_count, &change);
    return change;
}

/* The frames that were taken since test_boot_up. */
static uint32_t frames_taken(void)
{
    return FRAME_COUNT - test_frames_word(FRAMES_FREE);
}

/* Uses every page, so that the TLB holds it. */
static void touch(vaddr_t first, uint32_t page_count)
{
    for (uint32_t i = 0; i < page_count; i++)
        probe_user_store(page_after(first, i), i);
}

TEST(a_mapped_page_translates_to_its_frame)
{
    test_boot_up(FRAME_COUNT);
    uint32_t entry = 0;
    EXPECT(!paging_translate(PAGE, &entry));
    EXPECT_EQUAL(paging_map(FRAMES, PAGE, FRAME, ENTRY_WRITABLE), PAGING_OK);
    EXPECT(paging_translate(PAGE, &entry));
    EXPECT_EQUAL(entry, entry_of(FRAME, ENTRY_PRESENT | ENTRY_WRITABLE));
    EXPECT_EQUAL(test_entry(PAGE), entry);
    EXPECT(!paging_translate(page_after(PAGE, 1), &entry));
}

TEST(a_table_is_made_on_demand_and_zeroed)
{
    test_boot_up(FRAME_COUNT);
    EXPECT(probe_table(directory_slot(PAGE)) == NULL);
    EXPECT_EQUAL(paging_map(FRAMES, page_after(PAGE, 5), FRAME, ENTRY_WRITABLE), PAGING_OK);
    const uint32_t *table = probe_table(directory_slot(PAGE));
    EXPECT(table != NULL);
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
        EXPECT(i == 5 || table[i] == 0);
    EXPECT_EQUAL(frames_taken(), 1);
}

TEST(a_second_page_in_a_table_makes_no_table)
{
    test_boot_up(FRAME_COUNT);
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++)
        EXPECT_EQUAL(paging_map(FRAMES, page_after(PAGE, i), FRAME, ENTRY_WRITABLE), PAGING_OK);
    EXPECT_EQUAL(frames_taken(), 1);
}

TEST(tables_are_writable_and_for_the_supervisor)
{
    test_boot_up(FRAME_COUNT);
    (void)map_range(PAGE, 1);
    uint32_t flags = ENTRY_FLAGS & ~PROCESSOR_BITS;
    EXPECT_EQUAL(probe_directory()[directory_slot(PAGE)] & flags, ENTRY_PRESENT | ENTRY_WRITABLE);
    EXPECT_EQUAL(test_entry(PAGE) & flags, ENTRY_PRESENT | ENTRY_WRITABLE);
}

TEST(map_keeps_the_flags_asked_for)
{
    static const uint32_t flags[] = {0, ENTRY_WRITABLE, ENTRY_USER,
                                     ENTRY_WRITE_THROUGH | ENTRY_CACHE_DISABLE | ENTRY_WRITABLE};
    for (uint32_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        test_boot_up(FRAME_COUNT);
        EXPECT_EQUAL(paging_map(FRAMES, PAGE, FRAME, flags[i]), PAGING_OK);
        EXPECT_EQUAL(test_entry(PAGE), entry_of(FRAME, flags[i] | ENTRY_PRESENT));
    }
}

TEST(a_mapped_page_cannot_be_mapped_again)
{
    static const uint32_t flags[] = {ENTRY_WRITABLE, 0, ENTRY_USER};
    for (uint32_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        test_boot_up(FRAME_COUNT);
        EXPECT_EQUAL(paging_map(FRAMES, PAGE, FRAME, flags[i]), PAGING_OK);
        uint64_t before = test_state(0, 0);
        EXPECT_EQUAL(paging_map(FRAMES, PAGE, (frame_t){9}, 0), PAGING_ALREADY_MAPPED);
        EXPECT_EQUAL(test_state(0, 0), before);
    }
}

TEST(map_without_a_frame_for_its_table_changes_nothing)
{
    test_boot_up(FRAME_COUNT);
    uint64_t before = test_state(0, 0);
    injection.refuse_countdown = 1;
    EXPECT_EQUAL(paging_map(FRAMES, PAGE, FRAME, ENTRY_WRITABLE), PAGING_NO_FRAME);
    EXPECT_EQUAL(test_state(0, 0), before);
}

TEST(unmap_hands_the_frame_back_and_drops_the_empty_table)
{
    test_boot_up(FRAME_COUNT);
    uint64_t before = test_state(0, 0);
    EXPECT_EQUAL(paging_map(FRAMES, PAGE, FRAME, ENTRY_WRITABLE), PAGING_OK);
    EXPECT_EQUAL(paging_map(FRAMES, page_after(PAGE, 1), (frame_t){8}, 0), PAGING_OK);
    frame_t frame = {0};
    EXPECT_EQUAL(paging_unmap(FRAMES, PAGE, &frame), PAGING_OK);
    EXPECT_EQUAL(frame.n, 7);
    EXPECT(probe_table(directory_slot(PAGE)) != NULL);
    EXPECT_EQUAL(paging_unmap(FRAMES, page_after(PAGE, 1), &frame), PAGING_OK);
    EXPECT_EQUAL(frame.n, 8);
    EXPECT(probe_table(directory_slot(PAGE)) == NULL);
    EXPECT_EQUAL(test_state(0, 0), before);
}

/* Expects that no table entry written since probe_journal_clear was present. Returns how many were.
 */
static uint32_t entries_written_not_present(void)
{
    bool lost;
    uint32_t count;
    uint32_t written = 0;
    const struct journal_entry *journal = probe_journal(&count, &lost);
    for (uint32_t i = 0; i < count; i++) {
        if (journal[i].at.v < TABLES_AT)
            continue;
        EXPECT_EQUAL(journal[i].word & ENTRY_PRESENT, 0);
        written++;
    }
    EXPECT(!lost);
    return written;
}

/* As long as a page's entry is present, the processor may cache it again. */
TEST(unmapping_clears_the_present_bit_at_once)
{
    for (uint32_t page_count = 1; page_count < 60; page_count += 29) {
        test_boot_up(FRAME_COUNT);
        (void)map_range(PAGE, 60);
        probe_journal_clear();
        (void)unmap_range(PAGE, page_count);
        EXPECT(entries_written_not_present() >= 2u * page_count);
    }
}

TEST(what_is_not_mapped_cannot_be_unmapped)
{
    test_boot_up(FRAME_COUNT);
    frame_t frame = {99};
    EXPECT_EQUAL(paging_unmap(FRAMES, PAGE, &frame), PAGING_NOT_MAPPED);
    EXPECT_EQUAL(paging_map(FRAMES, PAGE, FRAME, ENTRY_WRITABLE), PAGING_OK);
    uint64_t before = test_state(0, 0);
    EXPECT_EQUAL(paging_unmap(FRAMES, page_after(PAGE, 1), &frame), PAGING_NOT_MAPPED);
    EXPECT_EQUAL(frame.n, 99);
    EXPECT_EQUAL(test_state(0, 0), before);
}

TEST(unmap_leaves_no_translation_in_the_tlb)
{
    test_boot_up(FRAME_COUNT);
    struct paging_change change = map_range(PAGE, 1);
    EXPECT_EQUAL(change.page_count, 1);
    touch(PAGE, 1);
    frame_t frame;
    EXPECT_EQUAL(paging_unmap(FRAMES, PAGE, &frame), PAGING_OK);
    EXPECT_EQUAL(test_tlb_stale(), 0);
}

TEST(map_range_maps_each_page_to_a_frame_of_its_own)
{
    test_boot_up(FRAME_COUNT);
    vaddr_t first = page_after(PAGE, 1000);
    struct paging_change change = map_range(first, 100);
    EXPECT_EQUAL(change.page_count, 100);
    EXPECT_EQUAL(change.table_count, 2);
    EXPECT_EQUAL(frames_taken(), 102);
    for (uint32_t i = 0; i < 100; i++) {
        uint32_t entry = test_entry(page_after(first, i));
        EXPECT_EQUAL(entry & ENTRY_PRESENT, ENTRY_PRESENT);
        EXPECT(!test_frame_free(entry_frame(entry).n));
        for (uint32_t j = 0; j < i; j++)
            EXPECT(entry_frame(test_entry(page_after(first, j))).n != entry_frame(entry).n);
    }
    EXPECT_EQUAL(test_entry(page_after(first, 100)), 0);
    EXPECT_EQUAL(test_entry(vaddr_of(first.v - PAGE_SIZE)), 0);
    test_frames_hold();
}

TEST(map_range_leaves_mapped_pages_as_they_are)
{
    test_boot_up(FRAME_COUNT);
    (void)map_range(page_after(PAGE, 3), 2);
    uint32_t entry = test_entry(page_after(PAGE, 3));
    struct paging_change change = map_range(PAGE, 8);
    EXPECT_EQUAL(change.page_count, 6);
    EXPECT_EQUAL(change.table_count, 0);
    EXPECT_EQUAL(test_entry(page_after(PAGE, 3)), entry);
    change = map_range(PAGE, 8);
    EXPECT_EQUAL(change.page_count, 0);
}

TEST(map_range_of_no_pages_does_nothing)
{
    test_boot_up(FRAME_COUNT);
    uint64_t before = test_state(0, 0);
    EXPECT_EQUAL(map_range(PAGE, 0).page_count, 0);
    EXPECT_EQUAL(unmap_range(PAGE, 0).page_count, 0);
    EXPECT_EQUAL(test_state(0, 0), before);
}

/* Maps [first, first + page_count) with the k-th frame refused, for every k, over a machine in
 * which some pages of the range are mapped; all must be undone until no request is refused. */
static void refuse_every_frame(vaddr_t first, uint32_t page_count, uint32_t mapped_every)
{
    for (uint32_t all_after = 0; all_after < 2; all_after++) {
        for (uint32_t k = 1;; k++) {
            test_boot_up(FRAME_COUNT);
            for (uint32_t i = 0; mapped_every != 0 && i < page_count; i += mapped_every)
                (void)map_range(page_after(first, i), 1);
            uint64_t before = test_state(0, 0);
            uint32_t taken_before = frames_taken();
            injection.refuse_countdown = k;
            injection.refuse_all_after = all_after != 0;
            struct paging_change change = {77, 77};
            enum paging_result result = paging_map_range(FRAMES, first, page_count, &change);
            test_frames_hold();
            EXPECT_EQUAL(test_tlb_stale(), 0);
            if (result == PAGING_OK) {
                EXPECT_EQUAL(k, frames_taken() - taken_before + 1u);
                EXPECT_EQUAL(change.page_count + change.table_count, k - 1u);
                break;
            }
            EXPECT_EQUAL(result, PAGING_NO_FRAME);
            EXPECT_EQUAL(change.page_count + change.table_count, 0);
            EXPECT_EQUAL(test_state(0, 0), before);
        }
    }
}

TEST(map_range_is_undone_whichever_frame_is_refused)
{
    refuse_every_frame(PAGE, 40, 0);
    refuse_every_frame(page_after(PAGE, 3), 40, 7);
    refuse_every_frame(page_after(PAGE, 1000), 60, 0);
    refuse_every_frame(page_after(PAGE, 1023), 2, 0);
    refuse_every_frame(page_after(PAGE, 1010), 30, 13);
}

TEST(map_range_over_three_tables_is_undone)
{
    for (uint32_t k = 1; k < 1070; k += 27) {
        test_boot_up(FRAME_COUNT);
        uint64_t before = test_state(0, 0);
        injection.refuse_countdown = k;
        struct paging_change change;
        EXPECT_EQUAL(paging_map_range(FRAMES, page_after(PAGE, 1004), 1064, &change),
                     PAGING_NO_FRAME);
        EXPECT_EQUAL(test_state(0, 0), before);
    }
}

TEST(map_range_that_outruns_memory_is_undone)
{
    test_boot_up(20);
    uint64_t before = test_state(0, 0);
    struct paging_change change;
    EXPECT_EQUAL(paging_map_range(FRAMES, PAGE, 20, &change), PAGING_NO_FRAME);
    EXPECT_EQUAL(test_state(0, 0), before);
    EXPECT_EQUAL(paging_map_range(FRAMES, PAGE, 19, &change), PAGING_OK);
    EXPECT_EQUAL(test_frames_word(FRAMES_FREE), 0);
}

TEST(a_request_that_outruns_memory_asks_for_no_frame)
{
    for (uint32_t mapped = 0; mapped < 2; mapped++) {
        test_boot_up(40);
        if (mapped != 0)
            (void)map_range(page_after(PAGE, 1020), 1);
        uint32_t requests = injection.frame_requests;
        uint32_t fits = test_frames_word(FRAMES_FREE) - (mapped != 0 ? 1u : 2u);
        struct paging_change change;
        for (uint32_t more = 1; more < 4; more++)
            EXPECT_EQUAL(paging_map_range(FRAMES, page_after(PAGE, 1021), fits + more, &change),
                         PAGING_NO_FRAME);
        EXPECT_EQUAL(injection.frame_requests, requests);
        EXPECT_EQUAL(map_range(page_after(PAGE, 1021), fits).page_count, fits);
    }
}

TEST(whichever_page_is_left_keeps_its_table)
{
    static const uint32_t left[] = {0, 1, 511, 1022, 1023};
    for (uint32_t i = 0; i < 5; i++) {
        for (uint32_t other = 0; other < TABLE_ENTRIES; other += 93) {
            if (other == left[i])
                continue;
            test_boot_up(FRAME_COUNT);
            (void)map_range(page_after(PAGE, left[i]), 1);
            (void)map_range(page_after(PAGE, other), 1);
            EXPECT_EQUAL(unmap_range(page_after(PAGE, other), 1).table_count, 0);
            EXPECT((test_entry(page_after(PAGE, left[i])) & ENTRY_PRESENT) != 0);
            EXPECT_EQUAL(unmap_range(page_after(PAGE, left[i]), 1).table_count, 1);
        }
    }
}

TEST(only_the_present_bit_says_that_a_table_is_there)
{
    test_boot_up(FRAME_COUNT);
    (void)map_range(PAGE, 1);
    vaddr_t slot = vaddr_of(DIRECTORY_AT + 4u * directory_slot(PAGE));
    uint32_t table = probe_user_load(slot);
    uint32_t entry;
    probe_user_store(slot, table & ~ENTRY_WRITABLE);
    machine_set_root(machine_root());
    EXPECT(paging_translate(PAGE, &entry));
    probe_user_store(slot, table & ~ENTRY_PRESENT);
    machine_set_root(machine_root());
    EXPECT(!paging_translate(PAGE, &entry));
}

TEST(pages_that_are_mapped_already_cost_three_loads_each)
{
    test_boot_up(FRAME_COUNT);
    (void)map_range(PAGE, 1000);
    struct probe_counts before = probe_counts();
    (void)map_range(PAGE, 1000);
    EXPECT(probe_counts().loads - before.loads <= 3u * 1000u + 3u);
    EXPECT_EQUAL(probe_counts().stores, before.stores);
}

TEST(map_range_reaches_the_end_of_the_heap_window)
{
    test_boot_up(FRAME_COUNT);
    uint64_t before = test_state(0, 0);
    vaddr_t first = vaddr_of(TABLES_AT - 3u * PAGE_SIZE);
    EXPECT_EQUAL(map_range(first, 3).page_count, 3);
    EXPECT_EQUAL(unmap_range(first, 3).table_count, 1);
    EXPECT_EQUAL(test_state(0, 0), before);
}

TEST(unmap_range_gives_frames_and_empty_tables_back)
{
    test_boot_up(FRAME_COUNT);
    uint64_t before = test_state(0, 0);
    (void)map_range(page_after(PAGE, 500), 2000);
    touch(page_after(PAGE, 500), 2000);
    struct paging_change change = unmap_range(page_after(PAGE, 500), 2000);
    EXPECT_EQUAL(change.page_count, 2000);
    EXPECT_EQUAL(change.table_count, 3);
    EXPECT_EQUAL(frames_taken(), 0);
    EXPECT_EQUAL(test_state(0, 0), before);
    EXPECT_EQUAL(test_tlb_stale(), 0);
}

TEST(unmap_range_keeps_a_table_that_is_still_needed)
{
    test_boot_up(FRAME_COUNT);
    (void)map_range(PAGE, 10);
    struct paging_change change = unmap_range(PAGE, 9);
    EXPECT_EQUAL(change.page_count, 9);
    EXPECT_EQUAL(change.table_count, 0);
    EXPECT_EQUAL(frames_taken(), 2);
    EXPECT((test_entry(page_after(PAGE, 9)) & ENTRY_PRESENT) != 0);
}

TEST(unmap_range_skips_pages_and_tables_that_are_not_there)
{
    test_boot_up(FRAME_COUNT);
    uint64_t before = test_state(0, 0);
    (void)map_range(page_after(PAGE, 5), 1);
    (void)map_range(page_after(PAGE, 9), 2);
    (void)map_range(page_after(PAGE, 3 * TABLE_ENTRIES + 1), 1);
    struct paging_change change = unmap_range(PAGE, 5 * TABLE_ENTRIES);
    EXPECT_EQUAL(change.page_count, 4);
    EXPECT_EQUAL(change.table_count, 2);
    EXPECT_EQUAL(test_state(0, 0), before);
}

TEST(unmap_of_few_and_of_many_pages_leaves_no_stale_translation)
{
    for (uint32_t page_count = 1; page_count < 80; page_count++) {
        test_boot_up(FRAME_COUNT);
        (void)map_range(PAGE, 100);
        touch(PAGE, 100);
        EXPECT_EQUAL(unmap_range(page_after(PAGE, 10), page_count).page_count, page_count);
        EXPECT_EQUAL(test_tlb_stale(), 0);
        test_frames_hold();
    }
}

TEST(few_pages_are_flushed_one_by_one_and_many_by_one_reload)
{
    test_boot_up(FRAME_COUNT);
    (void)map_range(PAGE, 100);
    uint64_t before = probe_counts().flushes;
    (void)unmap_range(PAGE, 32);
    EXPECT_EQUAL(probe_counts().flushes - before, 32);
    before = probe_counts().flushes;
    (void)unmap_range(page_after(PAGE, 32), 33);
    EXPECT_EQUAL(probe_counts().flushes - before, 1);
}

/* The emulator walks a new table as a processor may, between its entry and its zeroing. */
TEST(a_new_table_is_flushed_once_it_is_zeroed)
{
    test_boot_up(FRAME_COUNT);
    uint64_t before = probe_counts().flushes;
    (void)map_range(PAGE, 2000);
    EXPECT(probe_counts().flushes > before);
    EXPECT_EQUAL(test_tlb_stale(), 0);
}

TEST(unmapping_what_is_not_there_only_looks)
{
    test_boot_up(FRAME_COUNT);
    (void)map_range(page_after(PAGE, 500), 1);
    struct probe_counts before = probe_counts();
    EXPECT_EQUAL(unmap_range(PAGE, 400).page_count, 0);
    EXPECT_EQUAL(probe_counts().flushes, before.flushes);
    EXPECT_EQUAL(probe_counts().stores, before.stores);
    EXPECT(probe_counts().loads - before.loads <= 400u + 2u);
}

TEST(mapping_needs_no_flush)
{
    test_boot_up(FRAME_COUNT);
    (void)map_range(PAGE, 1);
    uint64_t before = probe_counts().flushes;
    (void)map_range(PAGE, 500);
    EXPECT_EQUAL(probe_counts().flushes, before);
    EXPECT_EQUAL(test_tlb_stale(), 0);
}

TEST(a_remapped_page_reaches_its_new_frame)
{
    test_boot_up(FRAME_COUNT);
    (void)map_range(PAGE, 40);
    touch(PAGE, 40);
    (void)unmap_range(PAGE, 40);
    (void)map_range(page_after(PAGE, 7), 3);
    (void)map_range(PAGE, 40);
    touch(PAGE, 40);
    for (uint32_t i = 0; i < 40; i++)
        EXPECT_EQUAL(probe_page(page_after(PAGE, i))[0], i);
    EXPECT_EQUAL(test_tlb_stale(), 0);
}

TEST(the_recursive_window_shows_what_a_walk_over_memory_shows)
{
    test_boot_up(FRAME_COUNT);
    (void)map_range(page_after(PAGE, 1000), 1100);
    (void)unmap_range(page_after(PAGE, 1020), 1010);
    for (uint32_t slot = 0; slot < TABLE_ENTRIES; slot++) {
        uint32_t entry = machine_load(vaddr_of(DIRECTORY_AT + 4u * slot));
        EXPECT_EQUAL(entry & ~PROCESSOR_BITS, probe_directory()[slot] & ~PROCESSOR_BITS);
        const uint32_t *table = probe_table(slot);
        if (table == NULL)
            continue;
        for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
            entry = machine_load(vaddr_of(TABLES_AT + slot * PAGE_SIZE + 4u * i));
            EXPECT_EQUAL(entry & ~PROCESSOR_BITS, table[i] & ~PROCESSOR_BITS);
        }
    }
}

TEST(unmap_range_gives_back_what_was_mapped_read_only)
{
    test_boot_up(FRAME_COUNT);
    uint64_t before = test_state(0, 0);
    frame_t frame;
    EXPECT_EQUAL(frames_take(FRAMES, &frame), FRAMES_OK);
    EXPECT_EQUAL(paging_map(FRAMES, PAGE, frame, 0), PAGING_OK);
    EXPECT_EQUAL(unmap_range(PAGE, 1).page_count, 1);
    EXPECT_EQUAL(test_state(0, 0), before);
}

/* The processor may cache a translation as soon as it is there. */
TEST(no_page_of_a_range_that_is_refused_was_ever_present)
{
    test_boot_up(FRAME_COUNT);
    (void)map_range(PAGE, 1);
    probe_journal_clear();
    injection.refuse_countdown = 5;
    struct paging_change change;
    EXPECT_EQUAL(paging_map_range(FRAMES, PAGE, 10, &change), PAGING_NO_FRAME);
    EXPECT_EQUAL(entries_written_not_present(), 2u * 4u);
}

int main(void)
{
    RUN(a_mapped_page_translates_to_its_frame);
    RUN(a_table_is_made_on_demand_and_zeroed);
    RUN(a_second_page_in_a_table_makes_no_table);
    RUN(tables_are_writable_and_for_the_supervisor);
    RUN(map_keeps_the_flags_asked_for);
    RUN(a_mapped_page_cannot_be_mapped_again);
    RUN(map_without_a_frame_for_its_table_changes_nothing);
    RUN(unmap_hands_the_frame_back_and_drops_the_empty_table);
    RUN(unmapping_clears_the_present_bit_at_once);
    RUN(what_is_not_mapped_cannot_be_unmapped);
    RUN(unmap_leaves_no_translation_in_the_tlb);
    RUN(map_range_maps_each_page_to_a_frame_of_its_own);
    RUN(map_range_leaves_mapped_pages_as_they_are);
    RUN(map_range_of_no_pages_does_nothing);
    RUN(map_range_is_undone_whichever_frame_is_refused);
    RUN(map_range_over_three_tables_is_undone);
    RUN(map_range_that_outruns_memory_is_undone);
    RUN(a_request_that_outruns_memory_asks_for_no_frame);
    RUN(whichever_page_is_left_keeps_its_table);
    RUN(only_the_present_bit_says_that_a_table_is_there);
    RUN(pages_that_are_mapped_already_cost_three_loads_each);
    RUN(map_range_reaches_the_end_of_the_heap_window);
    RUN(unmap_range_gives_frames_and_empty_tables_back);
    RUN(unmap_range_keeps_a_table_that_is_still_needed);
    RUN(unmap_range_skips_pages_and_tables_that_are_not_there);
    RUN(unmap_of_few_and_of_many_pages_leaves_no_stale_translation);
    RUN(few_pages_are_flushed_one_by_one_and_many_by_one_reload);
    RUN(a_new_table_is_flushed_once_it_is_zeroed);
    RUN(unmapping_what_is_not_there_only_looks);
    RUN(mapping_needs_no_flush);
    RUN(a_remapped_page_reaches_its_new_frame);
    RUN(the_recursive_window_shows_what_a_walk_over_memory_shows);
    RUN(unmap_range_gives_back_what_was_mapped_read_only);
    RUN(no_page_of_a_range_that_is_refused_was_ever_present);
    return 0;
}

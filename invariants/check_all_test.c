/* check_all looks again at tables and bitmap only after the core has written to them. Damage done
 * behind the core's back is what shows whether it has looked. */
#include "ci/unit.h"
#include "invariants/test_scene.h"

static struct census census;

static bool check_again(void)
{
    test_violation = (struct violation){0};
    return check_all(&test_scene, &census, &test_violation);
}

static void scene_up_and_checked(void)
{
    test_scene_up();
    census = (struct census){0};
    EXPECT(check_again());
    EXPECT(census.complete);
}

/* A change that breaks a rule of paging, F or P, without a write of the core. */
static void damage_paging(void)
{
    *test_entry_of(page_round_up(test_blocks.large.v + PAGE_SIZE)) |= ENTRY_USER;
}

static void expect_looks_again(enum rule rule)
{
    EXPECT(!check_again());
    EXPECT_EQUAL(test_violation.rule, rule);
    EXPECT(!census.complete);
}

TEST(tables_without_a_write_are_not_looked_at_again)
{
    scene_up_and_checked();
    uint32_t mapped_pages = census.mapped_pages;
    damage_paging();
    EXPECT(check_again());
    EXPECT(check_again());
    EXPECT_EQUAL(census.mapped_pages, mapped_pages);
    census = (struct census){0};
    expect_looks_again(RULE_P1);
}

TEST(a_bitmap_without_a_write_is_not_looked_at_again)
{
    scene_up_and_checked();
    *test_bitmap(FRAMES_FREE) += 1u;
    EXPECT(check_again());
    census = (struct census){0};
    expect_looks_again(RULE_F3);
}

TEST(blocks_and_counters_are_always_looked_at)
{
    scene_up_and_checked();
    *test_ram(test_footer(test_blocks.large)) ^= 8u;
    expect_looks_again(RULE_H2);
    scene_up_and_checked();
    *test_control(HEAP_MAPPED_PAGES) += 1u;
    expect_looks_again(RULE_X1);
}

/* What was found broken once is not believed without a look. */
TEST(a_census_that_ended_early_is_not_believed)
{
    scene_up_and_checked();
    uint32_t *footer = test_ram(test_footer(test_blocks.large));
    *footer ^= 8u;
    EXPECT(!check_again());
    *footer ^= 8u;
    damage_paging();
    expect_looks_again(RULE_P1);
}

/* A write to the heap's own pages has nothing to do with tables and frames. */
TEST(a_write_to_the_heap_does_not_make_it_look_again)
{
    scene_up_and_checked();
    damage_paging();
    kfree(&test_heap, test_blocks.row[0]);
    machine_fill(test_blocks.large, 0x55, 64);
    machine_copy(vaddr_add(test_blocks.large, 64), test_blocks.large, 64);
    EXPECT(check_again());
}

TEST(a_write_to_a_table_makes_it_look_again)
{
    const uint32_t pages[] = {TEST_START.v, DEVICE_WINDOW_AT};
    for (uint32_t i = 0; i < 2u; i++) {
        scene_up_and_checked();
        damage_paging();
        /* The same word again: that it was written is enough. */
        vaddr_t entry = vaddr_of(TABLES_AT + 4u * (pages[i] >> PAGE_SHIFT));
        machine_store(entry, machine_load(entry));
        expect_looks_again(RULE_P1);
    }
}

TEST(a_write_to_the_directory_makes_it_look_again)
{
    scene_up_and_checked();
    damage_paging();
    vaddr_t entry = vaddr_of(DIRECTORY_AT + 4u * 900u);
    machine_store(entry, machine_load(entry));
    expect_looks_again(RULE_P1);
}

TEST(a_write_to_the_bitmap_makes_it_look_again)
{
    scene_up_and_checked();
    damage_paging();
    vaddr_t hint = vaddr_add(test_boot.frames_at, FRAMES_HINT);
    machine_store(hint, machine_load(hint));
    expect_looks_again(RULE_P1);
}

TEST(a_fill_makes_it_look_again)
{
    scene_up_and_checked();
    damage_paging();
    machine_fill(vaddr_of(DIRECTORY_AT + 4u * 900u), 0, 4);
    expect_looks_again(RULE_P1);
}

TEST(a_copy_makes_it_look_again)
{
    scene_up_and_checked();
    damage_paging();
    machine_copy(vaddr_of(DIRECTORY_AT + 4u * 900u), vaddr_of(DIRECTORY_AT + 4u * 901u), 4);
    expect_looks_again(RULE_P1);
}

/* A table that was made anew is watched from the check on that first sees it. */
TEST(a_write_to_a_new_table_makes_it_look_again)
{
    scene_up_and_checked();
    test_device_unmap(TEST_DEVICE_FIRST);
    test_device_unmap(TEST_DEVICE_SECOND);
    EXPECT_EQUAL(*test_directory_entry(PROBE_SLOT_DEVICE), 0);
    EXPECT(check_again());
    test_device_map(TEST_DEVICE_FIRST);
    EXPECT(check_again());
    damage_paging();
    EXPECT(check_again());
    vaddr_t entry = vaddr_of(TABLES_AT + 4u * (DEVICE_WINDOW_AT >> PAGE_SHIFT));
    machine_store(entry, machine_load(entry));
    expect_looks_again(RULE_P1);
}

/* What may be mapped depends on where the heap ends. */
TEST(another_end_makes_it_look_again)
{
    scene_up_and_checked();
    *test_control(HEAP_END) -= PAGE_SIZE;
    expect_looks_again(RULE_P3);
}

int main(void)
{
    RUN(tables_without_a_write_are_not_looked_at_again);
    RUN(a_bitmap_without_a_write_is_not_looked_at_again);
    RUN(blocks_and_counters_are_always_looked_at);
    RUN(a_census_that_ended_early_is_not_believed);
    RUN(a_write_to_the_heap_does_not_make_it_look_again);
    RUN(a_write_to_a_table_makes_it_look_again);
    RUN(a_write_to_the_directory_makes_it_look_again);
    RUN(a_write_to_the_bitmap_makes_it_look_again);
    RUN(a_fill_makes_it_look_again);
    RUN(a_copy_makes_it_look_again);
    RUN(a_write_to_a_new_table_makes_it_look_again);
    RUN(another_end_makes_it_look_again);
    return 0;
}

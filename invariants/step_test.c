/* check_step over what the core does when nothing is wrong: it finds nothing, and the mirror is
 * afterwards what one that is taken afresh is. */
#include "ci/unit.h"
#include "heap/bins.h"
#include "invariants/test_step.h"
#include "mmu_x86/injection.h"

TEST(nothing_written_is_nothing_found)
{
    test_step_up();
    test_step_expect_whole();
}

static vaddr_t allocated(vaddr_t at)
{
    EXPECT(!vaddr_is_null(at));
    test_step_expect_whole();
    return at;
}

static void freed(vaddr_t at)
{
    kfree(&test_heap, at);
    EXPECT_EQUAL(test_misuse_count, 0);
    test_step_expect_whole();
}

TEST(allocations_of_every_kind)
{
    test_step_up();
    (void)allocated(kmalloc(&test_heap, 1));     /* a whole block, or a cut one */
    (void)allocated(kmalloc(&test_heap, 40));    /* exactly a free one */
    (void)allocated(kmalloc(&test_heap, 500));   /* cut from the dense block */
    (void)allocated(kmalloc(&test_heap, 30000)); /* out of the hole, pages mapped again */
    (void)allocated(kmalloc(&test_heap, 300000));
    (void)allocated(kcalloc(&test_heap, 100, 100));
    (void)allocated(kmalloc_aligned(&test_heap, 100, 64));
    (void)allocated(kmalloc_aligned(&test_heap, 100, PAGE_SIZE));
    (void)allocated(kmalloc_aligned(&test_heap, 10000, 16u * PAGE_SIZE));
    EXPECT(vaddr_is_null(kmalloc(&test_heap, 0)));
    test_step_expect_whole();
}

TEST(frees_with_every_kind_of_merge)
{
    test_step_up();
    freed(test_blocks.row[2]);  /* with both neighbours */
    freed(test_blocks.first);   /* with none: it lies behind the prologue */
    freed(test_blocks.row[0]);  /* with both, the first block one of them */
    freed(test_blocks.between); /* with a sparse and a dense one */
    freed(test_blocks.row[6]);  /* with the one before it */
    freed(test_blocks.row[4]);  /* with both again */
    freed(test_blocks.large);   /* with all that is left but the last */
    freed(test_blocks.last);    /* with the tail */
    EXPECT_EQUAL(test_mirror->free_blocks, 1);
    EXPECT_EQUAL(test_mirror->used_blocks, 0);
}

TEST(a_free_that_merges_with_the_next_alone)
{
    test_step_up();
    freed(test_blocks.row[0]);
}

static vaddr_t resized(vaddr_t at, uint32_t size_bytes)
{
    return allocated(krealloc(&test_heap, at, size_bytes));
}

TEST(resizes_of_every_kind)
{
    test_step_up();
    EXPECT_EQUAL(resized(test_blocks.large, 5000).v, test_blocks.large.v);  /* shrinks */
    EXPECT_EQUAL(resized(test_blocks.large, 4000).v, test_blocks.large.v);  /* merges the tail */
    EXPECT_EQUAL(resized(test_blocks.large, 9000).v, test_blocks.large.v);  /* grows back */
    EXPECT_EQUAL(resized(test_blocks.large, 50000).v, test_blocks.large.v); /* into the hole */
    EXPECT_EQUAL(resized(test_blocks.last, 200000).v, test_blocks.last.v);  /* beyond the end */
    EXPECT(resized(test_blocks.row[0], 3000).v != test_blocks.row[0].v);    /* moves */
    EXPECT(vaddr_is_null(krealloc(&test_heap, test_blocks.between, 0)));
    test_step_expect_whole();
}

static uint32_t reclaimed(uint32_t page_count_max)
{
    uint32_t count = heap_reclaim(&test_heap, page_count_max);
    test_step_expect_whole();
    return count;
}

TEST(reclaim_of_the_end_and_of_holes)
{
    test_step_up();
    vaddr_t big = allocated(kmalloc(&test_heap, 200000));
    vaddr_t inner = allocated(kmalloc(&test_heap, 40000));
    vaddr_t guard = allocated(kmalloc(&test_heap, 10000));
    freed(inner);
    EXPECT(reclaimed(3) >= 3u); /* a part of the hole */
    EXPECT(reclaimed(UINT32_MAX) != 0);
    freed(guard);
    freed(big);
    EXPECT(reclaimed(2) >= 2u); /* a part of the end */
    EXPECT(reclaimed(UINT32_MAX) != 0);
    EXPECT_EQUAL(reclaimed(UINT32_MAX), 0);
}

/* To one free block in one page, and up again. */
TEST(a_heap_that_is_emptied_and_filled_again)
{
    test_step_up();
    freed(test_blocks.last);
    freed(test_blocks.between);
    freed(test_blocks.large);
    for (uint32_t i = 0; i < TEST_ROW; i += 2u)
        freed(test_blocks.row[i]);
    freed(test_blocks.first);
    EXPECT(reclaimed(UINT32_MAX) != 0);
    EXPECT(test_heap_fresh());
    (void)allocated(kmalloc(&test_heap, 100000));
    EXPECT(reclaimed(UINT32_MAX) == 0);
}

/* The heap's first table maps 4 MiB, more than there are frames. So the heap grows by what an
 * alignment leaves free, which is reclaimed each time and is too small for the next. Returns the
 * bytes left to the border. */
static uint32_t border_near(uint32_t border)
{
    const uint32_t align = 128u * PAGE_SIZE;
    while (border - test_field(HEAP_END) > align) {
        (void)allocated(kmalloc_aligned(&test_heap, PAGE_SIZE, align));
        EXPECT(reclaimed(UINT32_MAX) > 100u);
    }
    return border - test_field(HEAP_END);
}

TEST(growth_over_the_border_of_a_table)
{
    test_step_up();
    uint32_t slot = directory_slot(TEST_START) + 1u;
    uint32_t left = border_near(slot << TABLE_SHIFT);
    EXPECT_EQUAL(test_mirror->tables[slot].n, MIRROR_NO_TABLE.n);
    vaddr_t at = allocated(kmalloc(&test_heap, left + 20u * PAGE_SIZE));
    EXPECT(test_mirror->tables[slot].n != MIRROR_NO_TABLE.n);
    EXPECT_EQUAL(allocated(krealloc(&test_heap, at, left + 30u * PAGE_SIZE)).v, at.v);
    freed(at);
    EXPECT(reclaimed(UINT32_MAX) != 0);
    EXPECT_EQUAL(test_mirror->tables[slot].n, MIRROR_NO_TABLE.n);
}

TEST(refusals_leave_the_mirror_as_it_was)
{
    test_step_up();
    EXPECT(vaddr_is_null(kmalloc(&test_heap, KMALLOC_SIZE_MAX + 1u))); /* never */
    test_step_expect_whole();
    EXPECT(vaddr_is_null(kmalloc(&test_heap, TEST_SCENE_PAGES * PAGE_SIZE))); /* the window */
    test_step_expect_whole();
    EXPECT(vaddr_is_null(kmalloc(&test_heap, TEST_SCENE_FRAMES * PAGE_SIZE))); /* frames */
    test_step_expect_whole();
    for (uint32_t i = 1; i < 8u; i++) {
        injection.refuse_countdown = i;
        EXPECT(vaddr_is_null(krealloc(&test_heap, test_blocks.large, 120000)));
        test_step_expect_whole();
    }
}

/* In the middle of a range, before its second table, and with that table made already: what was
 * taken until then is given back. */
TEST(a_refusal_over_the_border_of_a_table)
{
    test_step_up();
    uint32_t left = border_near((directory_slot(TEST_START) + 1u) << TABLE_SHIFT);
    uint32_t page_count = left / PAGE_SIZE;
    const uint32_t refused[] = {1, page_count / 2u, page_count, page_count + 1u, page_count + 3u};
    for (uint32_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        injection.refuse_countdown = refused[i];
        EXPECT(vaddr_is_null(kmalloc(&test_heap, left + 5u * PAGE_SIZE)));
        EXPECT_EQUAL(injection.refuse_countdown, 0);
        test_step_expect_whole();
    }
}

TEST(pages_of_a_device_come_and_go)
{
    test_step_up();
    for (uint32_t page = 0; page < 3u; page++) {
        test_device_map(page);
        test_step_expect_whole();
    }
    test_device_unmap(TEST_DEVICE_FIRST);
    test_step_expect_whole();
    for (uint32_t page = 0; page < 3u; page++)
        test_device_unmap(page);
    test_device_unmap(TEST_DEVICE_SECOND); /* with the last one its table goes */
    test_step_expect_whole();
    EXPECT_EQUAL(test_mirror->tables[PROBE_SLOT_DEVICE].n, MIRROR_NO_TABLE.n);
    test_device_map(DEVICE_PAGES - 1u);
    test_step_expect_whole();
}

TEST(a_misuse_changes_nothing)
{
    test_step_up();
    kfree(&test_heap, test_blocks.row[1]);
    kfree(&test_heap, vaddr_add(test_blocks.large, 64));
    EXPECT_EQUAL(test_misuse_count, 2);
    test_step_expect_whole();
}

/* Any operation, on 64 slots. */
static void operation(vaddr_t *live, uint32_t random, bool may_copy)
{
    vaddr_t *slot = &live[random >> 26];
    uint32_t size_bytes = 1u + (random >> 8) % (16u << (random >> 4) % 12u);
    if ((random >> 16) % 50u == 0) {
        (void)heap_reclaim(&test_heap, (random >> 20) % 32u);
    } else if (vaddr_is_null(*slot)) {
        *slot = kmalloc(&test_heap, size_bytes);
    } else if (may_copy && (random & 0x3000u) == 0) {
        vaddr_t moved = krealloc(&test_heap, *slot, size_bytes);
        *slot = vaddr_is_null(moved) ? *slot : moved;
    } else {
        kfree(&test_heap, *slot);
        *slot = VADDR_NULL;
    }
}

/* A step after every per_step operations; what lies between two is compared now and then. */
static void long_run(uint32_t per_step)
{
    vaddr_t live[64];
    uint32_t random = 7;
    test_step_up();
    test_scene.interrupted = per_step > 1u;
    for (uint32_t i = 0; i < 64u; i++)
        live[i] = VADDR_NULL;
    for (uint32_t i = 1; i <= 2400u; i++) {
        random = random * 1664525u + 1013904223u;
        operation(live, random, per_step == 1u);
        if (i % 24u == 0) {
            test_step_expect_whole();
        } else if (i % per_step == 0) {
            EXPECT(test_step());
            test_step_begin();
        }
    }
    EXPECT_EQUAL(test_misuse_count, 0);
}

TEST(a_long_run_of_operations)
{
    long_run(1);
}

/* As handlers can add to an operation; what has been copied must still live when the step looks. */
TEST(a_long_run_with_several_operations_in_a_step)
{
    long_run(2);
    long_run(3);
    long_run(8);
}

/* A header that a merge has killed lies on a page that is unmapped before the step looks. */
TEST(merged_and_reclaimed_in_one_journal)
{
    test_step_up();
    test_scene.interrupted = true;
    kfree(&test_heap, test_blocks.large);
    kfree(&test_heap, test_blocks.between);
    EXPECT(heap_reclaim(&test_heap, UINT32_MAX) != 0);
    EXPECT(probe_page(vaddr_of(page_round_down(test_header(test_blocks.hole)))) == NULL);
    test_step_expect_whole();
}

int main(void)
{
    RUN_BOTH(nothing_written_is_nothing_found);
    RUN_BOTH(allocations_of_every_kind);
    RUN_BOTH(frees_with_every_kind_of_merge);
    RUN_BOTH(a_free_that_merges_with_the_next_alone);
    RUN_BOTH(resizes_of_every_kind);
    RUN_BOTH(reclaim_of_the_end_and_of_holes);
    RUN_BOTH(a_heap_that_is_emptied_and_filled_again);
    RUN_BOTH(growth_over_the_border_of_a_table);
    RUN_BOTH(refusals_leave_the_mirror_as_it_was);
    RUN_BOTH(a_refusal_over_the_border_of_a_table);
    RUN_BOTH(pages_of_a_device_come_and_go);
    RUN_BOTH(a_misuse_changes_nothing);
    RUN_BOTH(a_long_run_of_operations);
    RUN_BOTH(a_long_run_with_several_operations_in_a_step);
    RUN_BOTH(merged_and_reclaimed_in_one_journal);
    return 0;
}

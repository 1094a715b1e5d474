/* What single conditions of paging's decisions decide, where the heap never asks for it. */
#include "ci/unit.h"
#include "mmu_x86/paging.h"
#include "mmu_x86/test_boot.h"

#define FRAME_COUNT 3000u
#define PAGE vaddr_of(0xC0400000u)
#define FRAMES test_boot.frames_at

TEST(unmapping_many_pages_of_which_none_is_mapped_costs_a_look_at_each)
{
    test_boot_up(FRAME_COUNT);
    struct paging_change change;
    EXPECT_EQUAL(paging_map_range(FRAMES, PAGE, 1, &change), PAGING_OK);
    uint64_t before = test_state(0, 0);
    uint64_t flushes = probe_counts().flushes;
    static const uint32_t page_counts[] = {1, 32, 33, 500, TABLE_ENTRIES - 1u};
    for (uint32_t i = 0; i < sizeof(page_counts) / sizeof(page_counts[0]); i++) {
        uint64_t loads = probe_counts().loads;
        paging_unmap_range(FRAMES, vaddr_add(PAGE, PAGE_SIZE), page_counts[i], &change);
        EXPECT_EQUAL(change.page_count, 0);
        EXPECT_EQUAL(change.table_count, 0);
        EXPECT_EQUAL(probe_counts().flushes, flushes);
        EXPECT(probe_counts().loads - loads <= page_counts[i] + 2u);
        EXPECT_EQUAL(test_state(0, 0), before);
    }
}

TEST_MAIN(RUN(unmapping_many_pages_of_which_none_is_mapped_costs_a_look_at_each))

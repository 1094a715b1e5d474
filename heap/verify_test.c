#include "heap/verify.h"

#include "ci/unit.h"
#include "heap/test_machine.h"
#include "mmu_x86/machine.h"

/* The core's own calls are made with interrupts disabled. */
static void up(void)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    (void)machine_interrupts_disable();
}

/* Makes a tag at both ends of [at, at + size). */
static void fake_block(uint32_t at, uint32_t size, uint32_t flags)
{
    test_poke(at, (size | flags) ^ TEST_KEY ^ at);
    test_poke(at + size - 4u, (size | flags) ^ TEST_KEY ^ (at + size - 4u));
}

TEST(the_words_from_prologue_to_epilogue_are_readable)
{
    up();
    uint32_t first = TEST_START.v + CONTROL_SIZE;
    uint32_t end = test_field(HEAP_END);
    for (uint32_t at = first; at < end; at += 4) {
        EXPECT(verify_readable(&test_heap, at));
        for (uint32_t offset = 1; offset < 4; offset++)
            EXPECT(!verify_readable(&test_heap, at + offset));
    }
    EXPECT(!verify_readable(&test_heap, first - 4u));
    EXPECT(!verify_readable(&test_heap, end));
    EXPECT(!verify_readable(&test_heap, test_boot.frames_at.v));
    EXPECT(!verify_readable(&test_heap, TABLES_AT));
    EXPECT(!verify_readable(&test_heap, DIRECTORY_AT));
    EXPECT(!verify_readable(&test_heap, 0));
}

TEST(words_in_a_hole_are_not_readable)
{
    up();
    vaddr_t hole = test_alloc(5u * PAGE_SIZE);
    (void)test_alloc(8);
    kfree(&test_heap, hole);
    EXPECT(heap_reclaim(&test_heap, ~0u) >= 3);
    uint32_t end = test_field(HEAP_END);
    for (uint32_t at = TEST_START.v + CONTROL_SIZE; at < end; at += 4)
        EXPECT_EQUAL(verify_readable(&test_heap, at),
                     probe_page(vaddr_of(page_round_down(at))) != NULL);
}

TEST(without_holes_the_tables_are_not_asked)
{
    test_heap_up(5000, 5000);
    (void)machine_interrupts_disable();
    for (uint32_t page_count = 5; page_count < 5000; page_count += 4500) {
        (void)test_alloc(page_count * PAGE_SIZE);
        uint64_t before = probe_counts().loads;
        EXPECT(verify_readable(&test_heap, test_field(HEAP_END) - 4u));
        EXPECT_EQUAL(probe_counts().loads - before, 2); /* HEAP_END, HEAP_DENSE */
    }
}

TEST(a_block_starts_4_above_a_multiple_of_8)
{
    up();
    vaddr_t inside = test_alloc(400);
    tag_t tag;
    struct extent extent = extent_of(&test_heap);
    fake_block(inside.v + 4u, 64, TAG_USED);
    EXPECT_EQUAL(verify_block(&test_heap, &extent, block_at(inside.v + 4u), &tag), MISUSE_NONE);
    fake_block(inside.v, 64, TAG_USED);
    EXPECT_EQUAL(verify_block(&test_heap, &extent, block_at(inside.v), &tag), MISUSE_NOT_A_BLOCK);
    fake_block(inside.v, 64, 0);
    EXPECT(!verify_member(&test_heap, &extent, inside.v));
    fake_block(inside.v + 4u, 64, 0);
    EXPECT(verify_member(&test_heap, &extent, inside.v + 4u));
}

TEST(a_block_ends_at_the_epilogue_at_most)
{
    up();
    vaddr_t inside = test_alloc(PAGE_SIZE - CONTROL_SIZE - 16u);
    uint32_t room = test_field(HEAP_END) - 4u - (inside.v + 4u);
    tag_t tag;
    struct extent extent = extent_of(&test_heap);
    fake_block(inside.v + 4u, room, TAG_USED);
    EXPECT_EQUAL(verify_block(&test_heap, &extent, block_at(inside.v + 4u), &tag), MISUSE_NONE);
    EXPECT_EQUAL(tag_size(tag), room);
    test_poke(inside.v + 4u, ((room + 8u) | TAG_USED) ^ TEST_KEY ^ (inside.v + 4u));
    EXPECT_EQUAL(verify_block(&test_heap, &extent, block_at(inside.v + 4u), &tag),
                 MISUSE_NOT_A_BLOCK);
}

TEST(neighbours_that_are_free_are_told_from_those_that_are_used)
{
    up();
    vaddr_t row[3];
    for (uint32_t i = 0; i < 3; i++)
        row[i] = test_alloc(100);
    tag_t tag;
    struct neighbours neighbours;
    EXPECT_EQUAL(verify_payload(&test_heap, row[1], &tag), MISUSE_NONE);
    uint32_t start = row[1].v - 4u;
    uint32_t end = start + tag_size(tag);
    EXPECT_EQUAL(verify_neighbours(&test_heap, start, end, &neighbours), MISUSE_NONE);
    EXPECT(!neighbours.previous_free && !neighbours.next_free);
    kfree(&test_heap, row[0]);
    kfree(&test_heap, row[2]);
    EXPECT_EQUAL(verify_neighbours(&test_heap, start, end, &neighbours), MISUSE_NONE);
    EXPECT(neighbours.previous_free && neighbours.next_free);
    EXPECT_EQUAL(neighbours.previous.tag.word, test_tag(row[0].v - 4u));
    EXPECT_EQUAL(neighbours.next.tag.word, test_tag(row[2].v - 4u));
    EXPECT_EQUAL(neighbours.previous.block.at, row[0].v - 4u);
    EXPECT_EQUAL(neighbours.next.block.at, row[2].v - 4u);
    EXPECT(neighbours.previous.head != 0);
    EXPECT_EQUAL(neighbours.next.head, 0); /* it was merged with the last block */
}

/* The false block that the footer leads to is a whole one, and larger. */
TEST(a_footer_is_believed_with_its_own_header_only)
{
    up();
    (void)test_alloc(100);
    vaddr_t at = test_alloc(100);
    uint32_t header = at.v - 4u;
    struct neighbours neighbours;
    tag_t tag;
    EXPECT_EQUAL(verify_payload(&test_heap, at, &tag), MISUSE_NONE);
    fake_block(header - 64u, 128, 0);
    test_poke(header - 4u, 64u ^ TEST_KEY ^ (header - 4u));
    EXPECT_EQUAL(verify_neighbours(&test_heap, header, header + tag_size(tag), &neighbours),
                 MISUSE_DAMAGED_NEIGHBOUR);
}

/* There is no block that could be named instead. */
TEST(a_last_footer_that_cannot_be_one_is_reported_at_the_end)
{
    static const uint32_t tags[] = {64 | TAG_RESERVED, 1u << 20, 8, 1u << 20 | TAG_USED};
    for (uint32_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        up();
        uint32_t epilogue = test_field(HEAP_END) - 4u;
        test_poke(epilogue - 4u, tags[i] ^ TEST_KEY ^ (epilogue - 4u));
        struct member last;
        EXPECT_EQUAL(verify_last(&test_heap, &last), MISUSE_DAMAGED_NEIGHBOUR);
        EXPECT_EQUAL(last.block.at, epilogue);
    }
}

TEST(an_epilogue_that_is_damaged_is_reported)
{
    static const uint32_t tags[] = {0, TAG_EPILOGUE + 1u, 64 | TAG_USED};
    for (uint32_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        up();
        uint32_t epilogue = test_field(HEAP_END) - 4u;
        vaddr_t at = test_alloc(epilogue - block_first(&test_heap).at - BLOCK_OVERHEAD);
        tag_t tag;
        EXPECT_EQUAL(verify_payload(&test_heap, at, &tag), MISUSE_NONE);
        test_poke(epilogue, tags[i] ^ TEST_KEY ^ epilogue);
        struct member last;
        struct neighbours neighbours;
        EXPECT_EQUAL(verify_last(&test_heap, &last), MISUSE_DAMAGED_NEIGHBOUR);
        EXPECT_EQUAL(verify_neighbours(&test_heap, at.v - 4u, epilogue, &neighbours),
                     MISUSE_DAMAGED_NEIGHBOUR);
    }
}

int main(void)
{
    RUN_BOTH(the_words_from_prologue_to_epilogue_are_readable);
    RUN_BOTH(words_in_a_hole_are_not_readable);
    RUN_BOTH(without_holes_the_tables_are_not_asked);
    RUN_BOTH(a_block_starts_4_above_a_multiple_of_8);
    RUN_BOTH(a_block_ends_at_the_epilogue_at_most);
    RUN_BOTH(neighbours_that_are_free_are_told_from_those_that_are_used);
    RUN_BOTH(a_footer_is_believed_with_its_own_header_only);
    RUN_BOTH(a_last_footer_that_cannot_be_one_is_reported_at_the_end);
    RUN_BOTH(an_epilogue_that_is_damaged_is_reported);
    return 0;
}

/* What single conditions of the heap's decisions decide, where no sequence of calls reaches them:
 * links, tags and heads that somebody has overwritten, with all else as it should be. */
#include "ci/unit.h"
#include "heap/bins.h"
#include "heap/first_fit.h"
#include "heap/test_machine.h"

/* Writes a legal tag where none belongs. */
static void tag_poke(uint32_t at, uint32_t tag)
{
    test_poke(at, tag ^ TEST_KEY ^ at);
}

/* Frees `at` and expects one report for this reason, and no change. */
static void expect_free_refused(vaddr_t at, enum misuse_reason reason)
{
    uint64_t before = test_heap_state();
    uint32_t count = test_misuse_count;
    kfree(&test_heap, at);
    EXPECT_EQUAL(test_misuse_count, count + 1);
    EXPECT_EQUAL(test_misuse.reason, reason);
    EXPECT_EQUAL(test_misuse.at.v, at.v);
    EXPECT_EQUAL(test_heap_state(), before);
}

/* Two free blocks of one size, and used ones before, between and behind. */
struct pair {
    vaddr_t before;
    vaddr_t first;
    vaddr_t between;
    vaddr_t second;
    vaddr_t behind;
};

static struct pair pair_up(void)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    struct pair pair;
    pair.before = test_alloc(24);
    pair.first = test_alloc(100);
    pair.between = test_alloc(100);
    pair.second = test_alloc(100);
    pair.behind = test_alloc(100);
    (void)test_alloc(8);
    kfree(&test_heap, pair.first);
    kfree(&test_heap, pair.second);
    test_heap_hold();
    return pair;
}

/* A free block of which all but the first page and the last are unmapped, a used block behind it,
 * a free one and another used one. */
struct hole {
    vaddr_t at;
    vaddr_t behind;
    vaddr_t free;
};

static struct hole hole_up(void)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    struct hole hole;
    hole.at = test_alloc(20u * PAGE_SIZE);
    hole.behind = test_alloc(100);
    hole.free = test_alloc(200);
    (void)test_alloc(8);
    kfree(&test_heap, hole.at);
    kfree(&test_heap, hole.free);
    EXPECT(heap_reclaim(&test_heap, 100) >= 18);
    EXPECT(probe_page(vaddr_of(page_round_up(hole.at.v))) == NULL);
    test_heap_hold();
    return hole;
}

TEST(a_policy_that_there_is_none_of_is_refused)
{
    test_boot_up(TEST_FRAMES);
    uint64_t before = test_state(0, 0);
    struct heap heap;
    struct heap_config config = {
        .frames = test_boot.frames_at,
        .start = TEST_START,
        .limit = vaddr_add(TEST_START, PAGE_SIZE),
        .policy = (enum heap_policy)(HEAP_FIRST_FIT + 1),
    };
    EXPECT_EQUAL(heap_init(&heap, &config), HEAP_BAD_WINDOW);
    EXPECT_EQUAL(test_state(0, 0), before);
    config.policy = HEAP_FIRST_FIT;
    EXPECT_EQUAL(heap_init(&heap, &config), HEAP_OK);
}

/* The field that holds the head of the list for a block. */
static uint32_t head_of(vaddr_t at)
{
    return test_policy == HEAP_BINS ? bins_head(test_size(at)) : FIRST_FIT_HEAD;
}

/* The payload of the live block reads as the links of a block that is alone on its list: only its
 * tag tells. */
TEST(a_list_that_leads_to_a_live_block_does_not_hand_it_out)
{
    struct pair pair = pair_up();
    vaddr_t live = pair.behind;
    test_poke(live.v, 0);
    test_poke(live.v + 4u, 0);
    test_poke(TEST_START.v + head_of(live), live.v - 4u);
    uint64_t before = test_heap_state();
    EXPECT(vaddr_is_null(kmalloc(&test_heap, 100)));
    EXPECT_EQUAL(test_misuse_count, 1);
    EXPECT_EQUAL(test_misuse.reason, MISUSE_DAMAGED_LINK);
    EXPECT_EQUAL(test_misuse.at.v, live.v);
    EXPECT_EQUAL(test_heap_state(), before);
}

/* The call's other neighbour is used, so that nothing but the member itself can give it away. */
TEST(a_member_that_nothing_leads_to_must_be_the_head)
{
    struct pair pair = pair_up();
    bool is_first = test_word(pair.first.v + 4u) != 0;
    vaddr_t member = is_first ? pair.first : pair.second;
    EXPECT(test_word(member.v + 4u) != 0);
    test_poke(member.v + 4u, 0);
    expect_free_refused(is_first ? pair.before : pair.behind, MISUSE_DAMAGED_LINK);
}

TEST(the_head_must_have_nothing_before_it)
{
    struct pair pair = pair_up();
    bool is_first = test_word(pair.first.v + 4u) == 0;
    vaddr_t head = is_first ? pair.first : pair.second;
    vaddr_t other = is_first ? pair.second : pair.first;
    /* The other one now leads to the head, which leads back to it. */
    test_poke(other.v, head.v - 4u);
    test_poke(head.v + 4u, other.v - 4u);
    expect_free_refused(is_first ? pair.before : pair.behind, MISUSE_DAMAGED_LINK);
}

/* What is put on the list goes before a head that is not believed, and writes nothing into it. */
TEST(a_head_that_does_not_link_back_stays_as_it_is)
{
    struct pair pair = pair_up();
    vaddr_t far = test_alloc(3000);
    (void)test_alloc(200);
    EXPECT_EQUAL(test_field(FIRST_FIT_HEAD), pair.first.v - 4u);
    EXPECT(far.v > pair.second.v);
    test_poke(pair.first.v + 4u, 8);
    kfree(&test_heap, far);
    EXPECT_EQUAL(test_misuse_count, 0);
    EXPECT_EQUAL(test_field(FIRST_FIT_HEAD), far.v - 4u);
    EXPECT_EQUAL(test_word(far.v), pair.first.v - 4u);
    EXPECT_EQUAL(test_word(far.v + 4u), 0);
    EXPECT_EQUAL(test_word(pair.first.v + 4u), 8);
}

/* The false block's header is the last word of a mapped page; its links would lie in the hole. */
TEST(a_link_to_a_header_without_room_for_links_does_not_fault)
{
    struct hole hole = hole_up();
    uint32_t at = page_round_up(hole.at.v) - 4u;
    tag_poke(at, 64);
    test_poke(hole.free.v, at);
    expect_free_refused(hole.behind, MISUSE_DAMAGED_LINK);
}

TEST(a_header_whose_footer_would_lie_in_a_hole_does_not_fault)
{
    struct hole hole = hole_up();
    vaddr_t false_payload = vaddr_add(hole.at, 40);
    tag_poke(false_payload.v - 4u, 2u * PAGE_SIZE | TAG_USED);
    expect_free_refused(false_payload, MISUSE_TAGS_DISAGREE);
}

TEST(a_footer_whose_header_would_lie_in_a_hole_does_not_fault)
{
    struct hole hole = hole_up();
    uint32_t size = 4u * PAGE_SIZE;
    EXPECT(probe_page(vaddr_of(page_round_down(hole.behind.v - 4u - size))) == NULL);
    tag_poke(hole.behind.v - 8u, size | TAG_SPARSE);
    expect_free_refused(hole.behind, MISUSE_DAMAGED_NEIGHBOUR);
}

/* The last block is free and has a hole in it. Returns the mapped pages that reclaim can take. */
static uint32_t hole_at_end_up(vaddr_t *at)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    *at = test_alloc(20u * PAGE_SIZE);
    vaddr_t behind = test_alloc(3u * PAGE_SIZE);
    kfree(&test_heap, *at);
    EXPECT(heap_reclaim(&test_heap, 100) >= 18);
    kfree(&test_heap, behind);
    test_heap_hold();
    return test_field(HEAP_MAPPED_PAGES) - 1u;
}

TEST(the_end_moves_down_past_a_hole_at_no_cost_of_the_budget)
{
    vaddr_t at;
    uint32_t mapped = hole_at_end_up(&at);
    EXPECT(mapped < 18);
    EXPECT_EQUAL(heap_reclaim(&test_heap, mapped), mapped);
    EXPECT(test_heap_fresh());
    test_heap_hold();
}

TEST(a_last_block_that_keeps_a_part_of_its_hole_stays_sparse)
{
    vaddr_t at;
    uint32_t mapped = hole_at_end_up(&at);
    EXPECT_EQUAL(heap_reclaim(&test_heap, 1), 1);
    EXPECT((test_tag(at.v - 4u) & TAG_SPARSE) != 0);
    test_heap_hold();
    EXPECT_EQUAL(heap_reclaim(&test_heap, mapped), mapped - 1u);
    EXPECT_EQUAL(test_tag(at.v - 4u) & TAG_SPARSE, 0);
    test_heap_hold();
}

/* A free block of page_count pages with two runs of mapped pages, where blocks were cut from its
 * hole and freed. Gives back the first run, and returns the loads that this took. */
static uint64_t first_run_reclaim(uint32_t page_count)
{
    test_heap_up(TEST_FRAMES, TEST_PAGES);
    vaddr_t at = test_alloc(page_count * PAGE_SIZE);
    (void)test_alloc(8);
    kfree(&test_heap, at);
    EXPECT(heap_reclaim(&test_heap, page_count) >= page_count - 2u);
    uint32_t mapped = test_field(HEAP_MAPPED_PAGES);
    vaddr_t runs[] = {kmalloc_aligned(&test_heap, 8, 16u * PAGE_SIZE),
                      kmalloc_aligned(&test_heap, 8, 16u * PAGE_SIZE)};
    EXPECT(runs[0].v != 0 && runs[1].v > runs[0].v + 8u * PAGE_SIZE);
    kfree(&test_heap, runs[0]);
    kfree(&test_heap, runs[1]);
    uint32_t run = (test_field(HEAP_MAPPED_PAGES) - mapped) / 2u;
    uint64_t loads = probe_counts().loads;
    EXPECT_EQUAL(heap_reclaim(&test_heap, run), run);
    loads = probe_counts().loads - loads;
    EXPECT(probe_page(vaddr_of(page_round_down(runs[0].v))) == NULL);
    EXPECT(probe_page(vaddr_of(page_round_down(runs[1].v))) != NULL);
    test_heap_hold();
    EXPECT_EQUAL(heap_reclaim(&test_heap, page_count), run);
    EXPECT_EQUAL(test_field(HEAP_MAPPED_PAGES), mapped);
    test_heap_hold();
    return loads;
}

TEST(a_budget_that_a_first_run_uses_up_ends_the_search)
{
    EXPECT_EQUAL(first_run_reclaim(600), first_run_reclaim(64));
}

/* A live block whose contents read as the links of a neighbour on the list: only its tag tells. */
TEST(a_link_to_a_live_block_is_not_believed)
{
    struct pair pair = pair_up();
    test_poke(pair.first.v, pair.between.v - 4u);
    test_poke(pair.between.v + 4u, pair.first.v - 4u);
    expect_free_refused(pair.before, MISUSE_DAMAGED_LINK);

    pair = pair_up();
    test_poke(pair.first.v + 4u, pair.between.v - 4u);
    test_poke(pair.between.v, pair.first.v - 4u);
    test_poke(TEST_START.v + head_of(pair.first), pair.second.v - 4u); /* a head has none before */
    expect_free_refused(pair.before, MISUSE_DAMAGED_LINK);
}

int main(void)
{
    RUN_BOTH(a_list_that_leads_to_a_live_block_does_not_hand_it_out);
    RUN_BOTH(a_member_that_nothing_leads_to_must_be_the_head);
    RUN_BOTH(the_head_must_have_nothing_before_it);
    RUN_BOTH(a_link_to_a_live_block_is_not_believed);
    RUN_BOTH(a_link_to_a_header_without_room_for_links_does_not_fault);
    RUN_BOTH(a_header_whose_footer_would_lie_in_a_hole_does_not_fault);
    RUN_BOTH(a_footer_whose_header_would_lie_in_a_hole_does_not_fault);
    RUN_BOTH(the_end_moves_down_past_a_hole_at_no_cost_of_the_budget);
    RUN_BOTH(a_last_block_that_keeps_a_part_of_its_hole_stays_sparse);
    RUN_BOTH(a_budget_that_a_first_run_uses_up_ends_the_search);
    RUN(a_policy_that_there_is_none_of_is_refused);
    test_policy = HEAP_FIRST_FIT;
    RUN(a_head_that_does_not_link_back_stays_as_it_is);
    return 0;
}

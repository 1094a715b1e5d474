/* The mirror itself: what it takes and forgets, what a request must find, and what becomes of a
 * step whose journal or work lists could not hold everything. */
#include "invariants/mirror.h"

#include "ci/unit.h"
#include "heap/bins.h"
#include "invariants/predicates.h"
#include "invariants/test_step.h"
#include "mmu_x86/emulator/emulator.h"

TEST(a_mirror_says_what_check_all_counts)
{
    struct census census = {0};
    struct census mirrored;
    test_step_up();
    EXPECT(check_all(&test_scene, &census, &test_violation));
    mirror_census(test_mirror, &mirrored);
    EXPECT_EQUAL(mirrored.end, census.end);
    EXPECT_EQUAL(mirrored.used_blocks, census.used_blocks);
    EXPECT_EQUAL(mirrored.used_bytes, census.used_bytes);
    EXPECT_EQUAL(mirrored.free_blocks, census.free_blocks);
    EXPECT_EQUAL(mirrored.mapped_pages, census.mapped_pages);
    EXPECT_EQUAL(mirrored.hole_pages, census.hole_pages);
    EXPECT_EQUAL(mirror_largest_free(test_mirror), census.largest_free);
    EXPECT_EQUAL(test_mirror->sparse_blocks, 1); /* the hole */
    EXPECT_EQUAL(test_mirror->device_pages, 2);
    EXPECT_EQUAL(test_mirror->free_frames, test_frames_word(FRAMES_FREE));
    uint32_t holes = 0;
    for (uint32_t page = 0; page < (census.end - TEST_START.v) / PAGE_SIZE; page++)
        holes += marks_has(&test_mirror->holes, page);
    EXPECT_EQUAL(holes, census.hole_pages);
}

TEST(a_cleared_mirror_has_forgotten_everything)
{
    test_step_up();
    uint32_t frame_count = test_mirror->frame_count;
    mirror_clear(test_mirror);
    EXPECT(!test_mirror->valid);
    EXPECT_EQUAL(marks_after(&test_mirror->starts, 0), MARKS_NONE);
    EXPECT(!marks_has(&test_mirror->holes, 0));
    EXPECT_EQUAL(marks_after(&test_mirror->holes, 0), MARKS_NONE);
    EXPECT_EQUAL(test_mirror->used_blocks + test_mirror->used_bytes + test_mirror->free_blocks, 0);
    EXPECT_EQUAL(test_mirror->sparse_blocks, 0);
    EXPECT_EQUAL(test_mirror->mapped_pages + test_mirror->device_pages, 0);
    for (uint32_t bin = 0; bin < MIRROR_BINS; bin++)
        EXPECT_EQUAL(test_mirror->heads[bin] | test_mirror->members[bin], 0);
    for (uint32_t slot = 0; slot < TABLE_ENTRIES; slot++)
        EXPECT_EQUAL(test_mirror->tables[slot].n, MIRROR_NO_TABLE.n);
    for (uint32_t page = 0; page < MIRROR_PAGES; page++)
        EXPECT_EQUAL(test_mirror->entries[page], 0);
    for (uint32_t frame = 0; frame < frame_count; frame++)
        EXPECT_EQUAL(test_mirror->users[frame], 0);
}

TEST(a_note_stays_until_its_block_is_freed)
{
    test_step_up();
    uint32_t between = test_header(test_blocks.between);
    uint32_t last = test_header(test_blocks.last);
    EXPECT_EQUAL(mirror_note(test_mirror, between), MIRROR_NO_NOTE);
    mirror_note_set(test_mirror, test_blocks.between.v, 7);
    mirror_note_set(test_mirror, test_blocks.last.v, 8);
    mirror_note_set(test_mirror, test_blocks.row[1].v, 9); /* free: it has links there */
    test_step_expect_whole();
    EXPECT_EQUAL(krealloc(&test_heap, test_blocks.last, 5000).v, test_blocks.last.v);
    test_step_expect_whole();
    EXPECT_EQUAL(mirror_note(test_mirror, between), 7);
    EXPECT_EQUAL(mirror_note(test_mirror, last), 8);
    kfree(&test_heap, test_blocks.between);
    test_step_expect_whole();
    kfree(&test_heap, test_blocks.last);
    test_step_expect_whole();
    EXPECT_EQUAL(test_alloc(5000).v & 7u, 0);
    test_step_expect_whole();
    for (uint32_t g = MIRROR_FIRST; g < mirror_last(test_mirror);
         g = marks_after(&test_mirror->starts, g))
        if ((test_mirror->nodes[g].tag & 1u) != 0)
            EXPECT_EQUAL(test_mirror->nodes[g].note, MIRROR_NO_NOTE);
}

static uint32_t must_find(uint32_t size_bytes)
{
    return mirror_must_find(test_mirror, &test_scene, size_bytes);
}

/* Takes all that is free, large blocks first. */
static void take_what_is_free(void)
{
    for (uint32_t size = 1u << 20; size >= 8u; size /= 2u)
        while (must_find(size + 8u) != 0) {
            (void)test_alloc(size);
            test_step_expect_whole();
        }
    EXPECT_EQUAL(test_mirror->free_blocks, 0);
}

/* A heap whose only free blocks have these sizes. In a bin the first of a list is the last given.
 */
static void free_blocks_up(const uint32_t *sizes, uint32_t count)
{
    vaddr_t blocks[8];
    test_step_up();
    take_what_is_free(); /* so that what follows lies one behind the other */
    for (uint32_t i = 0; i < count; i++) {
        blocks[i] = test_alloc(sizes[i] - 8u);
        (void)test_alloc(16);
    }
    test_step_expect_whole();
    take_what_is_free();
    for (uint32_t i = 0; i < count; i++) {
        EXPECT_EQUAL(test_size(blocks[i]), sizes[i]);
        kfree(&test_heap, blocks[i]);
    }
    test_step_expect_whole();
}

/* Every size near the borders of bins, against what the core gives without growing. */
TEST(what_must_be_found_is_found_by_the_core)
{
    static const uint32_t sizes[] = {24, 248, 256, 264, 504, 512, 1032, 4096};
    free_blocks_up(sizes, 8);
    for (uint32_t size = 16; size <= 4200u; size += 8u) {
        uint32_t found = must_find(size);
        struct member member;
        uint32_t interrupts = machine_interrupts_disable();
        enum freelist_answer answer = freelist_find(&test_heap, size, &member);
        machine_interrupts_restore(interrupts);
        EXPECT_EQUAL(found != 0, answer == FREELIST_FOUND);
        EXPECT(found == 0 || found <= 4096u);
    }
    EXPECT_EQUAL(must_find(4104), 0);
    EXPECT_EQUAL(must_find(KMALLOC_SIZE_MAX), 0);
}

TEST(a_higher_bin_serves_whatever_is_in_it)
{
    static const uint32_t sizes[] = {1056};
    free_blocks_up(sizes, 1);
    EXPECT_EQUAL(check_bin(1056), check_bin(1080));
    EXPECT_EQUAL(check_bin(1056) - 1u, check_bin(1048));
    EXPECT_EQUAL(check_bin_size(check_bin(1056)), 1056);
    EXPECT_EQUAL(must_find(1048), 1056);
    EXPECT_EQUAL(must_find(1056), 1056);
    EXPECT_EQUAL(must_find(1064), 0); /* its own bin, too small */
    EXPECT_EQUAL(must_find(1088), 0); /* the bin above */
}

/* Five blocks in one bin, the largest of which is the first of them, or the fourth, or the fifth.
 */
TEST(in_its_own_bin_a_request_looks_at_the_first_blocks)
{
    for (uint32_t position = 0; position < 5u; position++) {
        uint32_t sizes[5];
        for (uint32_t i = 0; i < 5u; i++)
            sizes[4u - i] = i == position ? 1080u : 1056u;
        free_blocks_up(sizes, 5);
        bool found = test_policy == HEAP_FIRST_FIT || position < BINS_SCAN;
        EXPECT_EQUAL(must_find(1080), found ? 1080 : 0);
        EXPECT_EQUAL(must_find(1088), 0);
        EXPECT_EQUAL(must_find(1056), test_policy == HEAP_BINS && position == 0         ? 1080
                                      : test_policy == HEAP_FIRST_FIT && position == 4u ? 1080
                                                                                        : 1056);
    }
}

/* Damage that no write tells of: found only if everything is looked at. */
static void expect_all_looked_at(void)
{
    uint32_t *footer = test_ram(test_footer(test_blocks.large));
    *footer ^= 8u;
    EXPECT(!test_step());
    EXPECT_EQUAL(test_violation.rule, RULE_H2);
    EXPECT(!test_mirror->valid);
    *footer ^= 8u;
    mirror_take(test_mirror, &test_scene);
    test_step_begin();
}

static void journal_lost(void)
{
    uint32_t count;
    bool lost;
    for (uint32_t i = 0; i <= EMULATOR_JOURNAL_MAX; i++)
        test_store(TEST_START.v + HEAP_REFUSED_SIZE, i);
    (void)probe_journal(&count, &lost);
    EXPECT(lost);
}

static void bulk_lost(void)
{
    uint32_t count;
    bool lost;
    vaddr_t block = test_alloc(64);
    for (uint32_t i = 0; i <= EMULATOR_BULK_MAX; i++)
        machine_fill(block, 0, 64);
    (void)probe_journal(&count, &lost);
    EXPECT(lost);
}

TEST(a_journal_that_is_lost_has_everything_looked_at)
{
    test_step_up();
    journal_lost();
    kfree(&test_heap, test_blocks.large);
    test_step_expect_whole(); /* the mirror is taken anew */
    kfree(&test_heap, test_blocks.between);
    test_step_expect_whole(); /* and good for the next step */
    test_step_up();
    journal_lost();
    expect_all_looked_at();
    bulk_lost();
    kfree(&test_heap, test_blocks.between);
    test_step_expect_whole();
    bulk_lost();
    expect_all_looked_at();
}

/* A step that goes on in the same journal after another has looked at it. */
TEST(a_journal_is_looked_at_from_where_the_last_step_ended)
{
    test_step_up();
    kfree(&test_heap, test_blocks.between);
    EXPECT(test_step());
    uint32_t seen = test_mirror->journal_seen;
    EXPECT(seen > 0);
    (void)test_alloc(3000);
    EXPECT(test_step());
    EXPECT(test_mirror->journal_seen > seen);
    test_step_expect_whole();
}

static struct mirror_work *work_of(uint32_t i)
{
    struct mirror_work *const works[] = {&test_mirror->pages, &test_mirror->granules,
                                         &test_mirror->inner, &test_mirror->blocks,
                                         &test_mirror->words, &test_mirror->frames};
    return works[i];
}

/* Lists that are full but for `room`, with items that are looked at in vain: granule, word and
 * frame 0 are the control block's and boot's. */
TEST(a_work_list_that_overflows_has_everything_looked_at)
{
    for (uint32_t i = 0; i < 6u; i++)
        for (uint32_t room = 0; room < 3u; room++) {
            test_step_up();
            work_of(i)->count = MIRROR_WORK_MAX - room;
            kfree(&test_heap, test_blocks.large);
            vaddr_t at = test_alloc(90000);
            kfree(&test_heap, test_blocks.between);
            (void)heap_reclaim(&test_heap, UINT32_MAX);
            test_scene.interrupted = true; /* several operations in one journal */
            bool overflows = work_of(i) != &test_mirror->inner || room == 0;
            test_step_expect_whole(); /* nothing is left marked as listed */
            kfree(&test_heap, at);
            test_step_expect_whole();
            work_of(i)->count = MIRROR_WORK_MAX - room;
            (void)test_alloc(150000);
            kfree(&test_heap, test_blocks.last);
            if (overflows && work_of(i) != &test_mirror->inner)
                expect_all_looked_at();
        }
}

int main(void)
{
    RUN_BOTH(a_mirror_says_what_check_all_counts);
    RUN_BOTH(a_cleared_mirror_has_forgotten_everything);
    RUN_BOTH(a_note_stays_until_its_block_is_freed);
    RUN_BOTH(what_must_be_found_is_found_by_the_core);
    RUN_BOTH(in_its_own_bin_a_request_looks_at_the_first_blocks);
    RUN_BOTH(a_journal_that_is_lost_has_everything_looked_at);
    RUN_BOTH(a_journal_is_looked_at_from_where_the_last_step_ended);
    RUN_BOTH(a_work_list_that_overflows_has_everything_looked_at);
    test_policy = HEAP_BINS;
    RUN(a_higher_bin_serves_whatever_is_in_it);
    return 0;
}

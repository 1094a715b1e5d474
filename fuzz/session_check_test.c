/* Rule K1, and rule S3 for the blocks beside what an operation wrote. */
#include "ci/unit.h"
#include "fuzz/host.h"
#include "fuzz/test_session.h"
#include "mmu_x86/machine.h"

#define SIZE 100u

static uint32_t test_policy;

/* Four blocks in a row, checked as told. */
static void session_up(enum session_check check, uint32_t policy)
{
    test_check = check;
    test_session_up(policy, TEST_WINDOW_PAGES);
    EXPECT(session_steps(test_session) ==
           (check == SESSION_CHECK_STEP || check == SESSION_CHECK_BOTH));
    for (uint32_t slot = 0; slot < 4u; slot++)
        test_expect_applied(OP_ALLOC, slot, SIZE, 0);
    for (uint32_t slot = 1; slot < 4u; slot++)
        EXPECT(test_slot_at(slot) > test_slot_at(slot - 1u));
}

static const enum session_check steps[] = {SESSION_CHECK_STEP, SESSION_CHECK_BOTH};

/* Expects an operation to apply or to break the rule; RULE_NONE: it breaks none. */
static void expect_free(uint32_t slot, enum rule rule)
{
    if (rule == RULE_NONE)
        test_expect_applied(OP_FREE, slot, 0, 0);
    else
        test_expect_broken(OP_FREE, slot, 0, rule);
}

/* What a step holds against the heap because of its own mirror, a full check does not confirm. */
TEST(K1_step_that_finds_what_is_not_there_is_reported)
{
    for (uint32_t i = 0; i < 2u; i++) {
        session_up(steps[i], test_policy);
        test_session->mirror->used_blocks++;
        expect_free(1, RULE_K1);
        session_up(steps[i], test_policy);
        test_session->mirror->used_bytes += 8u;
        expect_free(1, RULE_K1);
        session_up(steps[i], test_policy);
        test_session->mirror->mapped_pages++;
        expect_free(1, RULE_K1);
        session_up(steps[i], test_policy);
        test_session->mirror->free_frames++;
        test_expect_broken(OP_ALLOC, 5, 8u * PAGE_SIZE, RULE_K1);
        session_up(steps[i], test_policy);
        uint32_t granule = mirror_granule(test_session->mirror, test_slot_at(3) - 4u);
        test_session->mirror->nodes[granule].tag &= ~1u;
        expect_free(2, RULE_K1); /* two free neighbours, to the mirror */
    }
}

/* A count that no rule of a step depends on is compared where both run. */
TEST(K1_step_that_counts_otherwise_is_reported)
{
    session_up(SESSION_CHECK_BOTH, test_policy);
    test_session->mirror->free_blocks++;
    expect_free(1, RULE_K1);
    session_up(SESSION_CHECK_STEP, test_policy);
    test_session->mirror->free_blocks++;
    expect_free(1, RULE_NONE);
}

/* Damage that no write of the core's tells of, far from what it wrote. */
TEST(K1_step_that_misses_what_is_there_is_reported)
{
    for (uint32_t i = 0; i < 2u; i++) {
        session_up(steps[i], test_policy);
        uint32_t *header = test_ram(test_slot_at(0) - 4u);
        *header ^= 8u;
        bool both = steps[i] == SESSION_CHECK_BOTH;
        expect_free(2, both ? RULE_K1 : RULE_NONE);
        /* A session that has not stepped for a while looks at everything. */
        if (!both) {
            test_session->mirror->valid = false;
            expect_free(3, RULE_H2);
        }
    }
}

/* The heap stays without a K1 as long as both say the same. */
TEST(K1_is_silent_where_both_agree)
{
    session_up(SESSION_CHECK_BOTH, test_policy);
    test_expect_applied(OP_REALLOC, 1, 5000, 0);
    test_expect_applied(OP_ZALLOC, 6, 40, 10);
    test_expect_applied(OP_ALIGNED, 7, 40, 4096);
    test_expect_applied(OP_MAP, 0, 3, 0);
    test_expect_applied(OP_FREE, 2, 0, 0);
    test_expect_applied(OP_RECLAIM, 0, 100, 0);
    test_expect_applied(OP_UNMAP, 0, 3, 0);
    EXPECT(test_end());
}

/* What a step has found is reported as a full check sees it, if it sees it at all. */
static void expect_found(uint32_t at, uint32_t word, enum rule rule)
{
    for (uint32_t i = 0; i < 2u; i++) {
        session_up(steps[i], test_policy);
        uint32_t interrupts = machine_interrupts_disable();
        session_journal_clear(test_session);
        machine_store(vaddr_of(at), word);
        machine_interrupts_restore(interrupts);
        EXPECT(!session_check_operation(test_session));
        EXPECT_EQUAL(test_session->violation.rule, rule);
        EXPECT(!test_session->mirror->valid);
    }
}

TEST(what_a_step_finds_is_reported_as_a_full_check_sees_it)
{
    session_up(SESSION_CHECK_STEP, test_policy);
    uint32_t at = test_slot_at(1);
    uint32_t field = test_session->scene.heap_at.v + HEAP_LIVE_BLOCKS;
    expect_found(at - 4u, *test_ram(at - 4u) ^ 8u, RULE_H2);
    expect_found(field, 77, RULE_H7);
    expect_found(at + 16u, 77, RULE_O1); /* which only a step sees */
}

static void user_store(uint32_t at)
{
    probe_user_store(vaddr_of(at), probe_user_load(vaddr_of(at)) ^ 1u);
}

/* The last word of the block before, the first of the block behind: as overruns leave them. */
TEST(S3_edge_that_was_overwritten_is_found_by_the_next_operation_beside_it)
{
    for (uint32_t i = 0; i < 2u; i++) {
        session_up(steps[i], test_policy);
        uint32_t usable = test_session->shadow.slots[1].usable_bytes;
        user_store(test_slot_at(1) + usable - 4u);
        expect_free(2, RULE_S3);
        EXPECT_EQUAL(test_session->violation.at, test_slot_at(1) + usable - 4u);
        session_up(steps[i], test_policy);
        user_store(test_slot_at(3));
        expect_free(2, RULE_S3);
        EXPECT_EQUAL(test_session->violation.at, test_slot_at(3));
        /* As far as SHADOW_NEAR. */
        session_up(steps[i], test_policy);
        user_store(test_slot_at(3) + SHADOW_NEAR - 4u);
        expect_free(2, RULE_S3);
    }
}

TEST(S3_is_looked_at_neither_far_away_nor_deep_inside_until_the_block_goes)
{
    session_up(SESSION_CHECK_STEP, test_policy);
    user_store(test_slot_at(0));
    expect_free(2, RULE_NONE);
    expect_free(0, RULE_S3);
    session_up(SESSION_CHECK_STEP, test_policy);
    user_store(test_slot_at(3) + SHADOW_NEAR);
    expect_free(2, RULE_NONE);
    expect_free(3, RULE_S3);
    /* A full check does not read contents. */
    session_up(SESSION_CHECK_FULL, test_policy);
    user_store(test_slot_at(3));
    expect_free(2, RULE_NONE);
}

/* A block that was resized has new contents, and is known by its slot all the same. */
TEST(S3_of_a_resized_neighbour_is_found)
{
    session_up(SESSION_CHECK_STEP, test_policy);
    test_expect_applied(OP_REALLOC, 3, 300, 0);
    user_store(test_slot_at(3));
    expect_free(2, RULE_S3);
    session_up(SESSION_CHECK_STEP, test_policy);
    test_expect_applied(OP_FILL, 3, 0, 0);
    expect_free(2, RULE_NONE);
}

/* A port without a journal cannot step. */
TEST(without_a_mirror_everything_or_the_surroundings_are_checked)
{
    session_up(SESSION_CHECK_STEP, test_policy);
    session_mirror(test_session, NULL);
    for (uint32_t i = 0; i < 2u; i++) {
        session_check_begin(test_session, &(struct session_plan){.check = steps[i]}, false);
        EXPECT_EQUAL(test_session->how, SESSION_CHECK_FULL);
        session_check_begin(test_session, &(struct session_plan){.check = steps[i]}, true);
        EXPECT_EQUAL(test_session->how, SESSION_CHECK_LOCAL);
        EXPECT(!session_steps(test_session));
    }
    session_check_begin(test_session, &(struct session_plan){.check = SESSION_CHECK_SHADOW}, true);
    EXPECT_EQUAL(test_session->how, SESSION_CHECK_SHADOW);
    session_mirror(test_session, host_port_mirror());
    EXPECT(test_session->mirror != NULL);
}

/* Runs a test under both policies. */
#define RUN_POLICIES(name)                                                                         \
    do {                                                                                           \
        test_policy = HEAP_BINS;                                                                   \
        RUN(name)                                                                                  \
        test_policy = HEAP_FIRST_FIT;                                                              \
        RUN(name)                                                                                  \
    } while (0)

int main(void)
{
    RUN_POLICIES(K1_step_that_finds_what_is_not_there_is_reported);
    RUN_POLICIES(K1_step_that_counts_otherwise_is_reported);
    RUN_POLICIES(K1_step_that_misses_what_is_there_is_reported);
    RUN_POLICIES(K1_is_silent_where_both_agree);
    RUN_POLICIES(what_a_step_finds_is_reported_as_a_full_check_sees_it);
    RUN_POLICIES(S3_edge_that_was_overwritten_is_found_by_the_next_operation_beside_it);
    RUN_POLICIES(S3_is_looked_at_neither_far_away_nor_deep_inside_until_the_block_goes);
    RUN_POLICIES(S3_of_a_resized_neighbour_is_found);
    RUN_POLICIES(without_a_mirror_everything_or_the_surroundings_are_checked);
    return 0;
}

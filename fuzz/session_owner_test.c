/* Rule O1 as a session enforces it: the core accesses no word of a live payload. */
#include "ci/unit.h"
#include "fuzz/test_session.h"
#include "mmu_x86/machine.h"

#define LIVE 1u
#define OTHER 2u

static void two_blocks(void)
{
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    test_expect_applied(OP_ALLOC, LIVE, 40, 0);
    test_expect_applied(OP_ALLOC, OTHER, 40, 0);
}

TEST(O1_a_word_of_a_live_payload_is_not_loaded)
{
    for (uint32_t offset = 0; offset < 48u; offset += 4u) {
        two_blocks();
        uint32_t interrupts = machine_interrupts_disable();
        (void)machine_load(vaddr_of(test_slot_at(LIVE) + offset));
        machine_interrupts_restore(interrupts);
        /* 40 bytes of payload, and the tags of the block and of the one behind. */
        if (offset < 40u)
            test_expect_broken(OP_CHECK, 0, 0, RULE_O1);
        else
            test_expect_applied(OP_CHECK, 0, 0, 0);
    }
}

TEST(O1_a_word_of_a_live_payload_is_not_stored_though_it_stays_as_it_was)
{
    two_blocks();
    vaddr_t at = vaddr_of(test_slot_at(OTHER) + 32u);
    uint32_t interrupts = machine_interrupts_disable();
    uint32_t word = probe_user_load(at);
    machine_store(at, ~word);
    machine_store(at, word);
    machine_interrupts_restore(interrupts);
    test_expect_broken(OP_CHECK, 0, 0, RULE_O1);
    EXPECT_EQUAL(test_session->violation.at, at.v);
}

TEST(O1_a_header_looked_for_inside_a_payload_is_reported)
{
    two_blocks();
    EXPECT_EQUAL(kmalloc_usable_size(&test_session->heap, vaddr_of(test_slot_at(LIVE) + 8u)), 0);
    test_expect_broken(OP_CHECK, 0, 0, RULE_O1);
    EXPECT_EQUAL(test_session->violation.at, test_slot_at(LIVE) + 4u);
}

TEST(O1_a_misused_pointer_may_lead_into_a_payload)
{
    two_blocks();
    test_expect_applied(OP_FREE_INNER, LIVE, 1, 0);
    test_expect_applied(OP_CHECK, 0, 0, 0);
    test_expect_applied(OP_FREE, OTHER, 0, 0);
    test_expect_applied(OP_FREE, LIVE, 0, 0);
    test_expect_applied(OP_ALLOC, LIVE, 96, 0);
    test_expect_applied(OP_DOUBLE_FREE, OTHER, 0, 0);
    test_expect_applied(OP_CHECK, 0, 0, 0);
    /* And afterwards it is looked for again. */
    (void)kmalloc_usable_size(&test_session->heap, vaddr_of(test_slot_at(LIVE) + 8u));
    test_expect_broken(OP_CHECK, 0, 0, RULE_O1);
}

TEST(O1_a_block_that_is_freed_or_resized_is_the_cores)
{
    for (uint32_t policy = 0; policy < 2u; policy++) {
        test_session_up(policy, TEST_WINDOW_PAGES);
        for (uint32_t slot = 0; slot < 8u; slot++)
            test_expect_applied(OP_ALLOC, slot, 100, 0);
        test_expect_applied(OP_FREE, 1, 0, 0);
        test_expect_applied(OP_FREE, 3, 0, 0);
        test_expect_applied(OP_FREE, 2, 0, 0);       /* merges with both */
        test_expect_applied(OP_REALLOC, 0, 300, 0);  /* grows over what was merged */
        test_expect_applied(OP_REALLOC, 0, 16, 0);   /* shrinks, its tail free */
        test_expect_applied(OP_REALLOC, 0, 5000, 0); /* moves */
        test_expect_applied(OP_REALLOC, 4, 0, 0);
        test_expect_applied(OP_RECLAIM, 0, UINT32_MAX, 0);
    }
}

TEST(O1_a_block_that_could_not_be_resized_is_its_owners_again)
{
    two_blocks();
    uint32_t at = test_slot_at(LIVE);
    test_expect_applied(OP_REFUSE_ON, 0, 1, 0);
    test_expect_applied(OP_REALLOC, LIVE, 100000, 0);
    EXPECT_EQUAL(test_slot_at(LIVE), at);
    EXPECT(shadow_owns(&test_session->shadow, at));
    EXPECT_EQUAL(test_session->shadow.live_count, 2);
    (void)kmalloc_usable_size(&test_session->heap, vaddr_of(at + 8u));
    test_expect_broken(OP_CHECK, 0, 0, RULE_O1);
}

/* The handler frees a block in the middle of an allocation, which goes on to use its bytes. */
TEST(O1_what_an_interrupt_handler_frees_is_the_cores_at_once)
{
    for (uint32_t countdown = 1; countdown < 4u; countdown++) {
        two_blocks();
        test_expect_applied(OP_INTERRUPT, OTHER, 0, countdown);
        test_expect_applied(OP_ALLOC, 3, 40, 0);
        test_expect_applied(OP_REALLOC, 3, 200, 0);
        test_expect_applied(OP_REALLOC, 3, 4, 0);
        EXPECT(!shadow_live(&test_session->shadow, OTHER));
        EXPECT_EQUAL(test_session->shadow.live_count, 2);
        EXPECT(test_end());
    }
}

int main(void)
{
    RUN(O1_a_word_of_a_live_payload_is_not_loaded);
    RUN(O1_a_word_of_a_live_payload_is_not_stored_though_it_stays_as_it_was);
    RUN(O1_a_header_looked_for_inside_a_payload_is_reported);
    RUN(O1_a_misused_pointer_may_lead_into_a_payload);
    RUN(O1_a_block_that_is_freed_or_resized_is_the_cores);
    RUN(O1_a_block_that_could_not_be_resized_is_its_owners_again);
    RUN(O1_what_an_interrupt_handler_frees_is_the_cores_at_once);
    return 0;
}

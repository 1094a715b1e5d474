/* Rule C1, and what else is judged by a figure of before an operation: S4 where a block must be
 * found, P8 for the interrupt flag, S7 for the largest block. */
#include "ci/unit.h"
#include "fuzz/test_session.h"
#include "mmu_x86/emulator/emulator.h"

static const struct op alloc = {.kind = OP_ALLOC, .slot = 9, .size = 100};

static void session_up(uint32_t policy)
{
    test_check = SESSION_CHECK_STEP;
    test_session_up(policy, TEST_WINDOW_PAGES);
}

/* Whether rule C1 holds of an operation that makes so many loads and stores. */
static bool costs_hold(const struct op *op, uint64_t loads, uint64_t stores)
{
    session_journal_clear(test_session);
    test_session->before.frames_refused = 0;
    session_cost_begin(test_session, op);
    emulator.counts.loads += loads;
    emulator.counts.stores += stores;
    return session_rule_C1(test_session, op);
}

TEST(C1_operation_that_costs_more_than_it_may_is_reported)
{
    for (uint32_t policy = 0; policy < 2u; policy++) {
        session_up(policy);
        EXPECT(costs_hold(&alloc, 100, 20));
        EXPECT(!costs_hold(&alloc, 1000, 0));
        EXPECT_EQUAL(test_session->violation.rule, RULE_C1);
        EXPECT_EQUAL(test_session->violation.found, 1000);
        EXPECT(!costs_hold(&alloc, 0, 1000));
    }
}

TEST(C1_bound_is_exact)
{
    session_up(HEAP_BINS);
    EXPECT(costs_hold(&alloc, 1, 0));
    uint32_t bound = test_session->worst[OP_ALLOC].bound;
    EXPECT(costs_hold(&alloc, bound, 0));
    EXPECT(!costs_hold(&alloc, bound + 1u, 0));
}

TEST(C1_kmalloc_of_a_dense_heap_has_a_bound_of_its_own)
{
    const struct {
        uint32_t policy;
        enum op_kind kind;
        bool hole, grown, refused, fired;
        bool own;
    } rows[] = {
        {.policy = HEAP_BINS, .kind = OP_ALLOC, .own = true},
        {.policy = HEAP_FIRST_FIT, .kind = OP_ALLOC},
        {.policy = HEAP_BINS, .kind = OP_ALIGNED},
        {.policy = HEAP_BINS, .kind = OP_ALLOC, .hole = true},
        {.policy = HEAP_BINS, .kind = OP_ALLOC, .grown = true},
        {.policy = HEAP_BINS, .kind = OP_ALLOC, .refused = true},
        {.policy = HEAP_BINS, .kind = OP_ALLOC, .fired = true},
    };
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        session_up(rows[i].policy);
        test_expect_applied(OP_ALLOC, 0, 4u * PAGE_SIZE, 0);
        test_expect_applied(OP_ALLOC, 1, 8, 0);
        if (rows[i].hole) {
            test_expect_applied(OP_FREE, 0, 0, 0);
            test_expect_applied(OP_RECLAIM, 0, 100, 0);
        }
        test_session->before.end = test_session->mirror->end - (rows[i].grown ? PAGE_SIZE : 0);
        test_session->handler.fired = rows[i].fired;
        test_session->touched = rows[i].refused ? VADDR_NULL : vaddr_of(test_slot_at(1));
        const struct op op = {.kind = rows[i].kind, .slot = 9, .size = 100, .arg = 8};
        uint32_t calls = rows[i].fired ? 3u * COST_CALL : COST_CALL;
        test_session->worst[rows[i].kind] = (struct session_worst){0};
        EXPECT(costs_hold(&op, 1, 0));
        uint32_t bound = test_session->worst[rows[i].kind].bound;
        EXPECT(rows[i].own ? bound == COST_ALLOC : bound >= calls);
    }
}

/* The mapped part of a hole is used up: every page is mapped again, and yet the block is sparse. */
TEST(C1_kmalloc_of_a_heap_with_a_sparse_block_may_cost_as_any_call)
{
    session_up(HEAP_BINS);
    test_expect_applied(OP_ALLOC, 0, 2u * PAGE_SIZE, 0);
    test_expect_applied(OP_ALLOC, 1, 8, 0);
    test_expect_applied(OP_FREE, 0, 0, 0);
    test_expect_applied(OP_RECLAIM, 0, 100, 0);
    EXPECT(!mirror_dense(test_session->mirror));
    test_expect_applied(OP_ALLOC, 0, 2u * PAGE_SIZE - 100u, 0);
    EXPECT(mirror_dense(test_session->mirror));
    EXPECT_EQUAL(test_session->mirror->sparse_blocks, 1);
    test_session->before.end = test_session->mirror->end;
    test_session->touched = vaddr_of(test_slot_at(1));
    EXPECT(costs_hold(&alloc, COST_ALLOC + 1u, 0));
    test_expect_applied(OP_FREE, 0, 0, 0);
    test_expect_applied(OP_FREE, 1, 0, 0);
    test_expect_applied(OP_ALLOC, 0, 4u * PAGE_SIZE, 0);
    EXPECT_EQUAL(test_session->mirror->sparse_blocks, 0);
}

/* The bound of first fit grows with the free blocks, that of the bins does not. */
TEST(C1_bound_grows_with_the_lists_under_first_fit_only)
{
    for (uint32_t policy = 0; policy < 2u; policy++) {
        session_up(policy);
        for (uint32_t slot = 0; slot < 20u; slot++)
            test_expect_applied(OP_ALLOC, slot, 100, 0);
        EXPECT(costs_hold(&(struct op){.kind = OP_FREE}, 1, 0));
        uint32_t before = test_session->worst[OP_FREE].bound;
        for (uint32_t slot = 0; slot < 20u; slot += 2u)
            test_expect_applied(OP_FREE, slot, 0, 0);
        test_session->worst[OP_FREE] = (struct session_worst){0};
        EXPECT(costs_hold(&(struct op){.kind = OP_FREE}, 1, 0));
        EXPECT((test_session->worst[OP_FREE].bound > before) == (policy == HEAP_FIRST_FIT));
    }
}

TEST(C1_is_counted_for_every_kind_of_operation)
{
    session_up(HEAP_BINS);
    test_expect_applied(OP_ALLOC, 0, 100, 0);
    test_expect_applied(OP_RECLAIM, 0, 100, 0);
    EXPECT(session_costs(test_session)[OP_ALLOC].accesses > 20u);
    EXPECT_EQUAL(session_costs(test_session)[OP_ALLOC].operation, 1);
    EXPECT_EQUAL(session_costs(test_session)[OP_RECLAIM].operation, 2);
    EXPECT_EQUAL(session_costs(test_session)[OP_FREE].operation, 0);
}

TEST(S4_heap_that_grows_although_a_block_must_be_found_is_reported)
{
    session_up(HEAP_BINS);
    test_expect_applied(OP_ALLOC, 0, 100, 0);
    EXPECT(session_must_find(test_session, &alloc));
    EXPECT(!session_must_find(test_session, &(struct op){.kind = OP_ALLOC, .size = 1u << 20}));
    test_session->before = (struct before){.must_find = true, .end = test_session->mirror->end};
    EXPECT(session_rule_S4_found(test_session));
    test_session->before.end -= PAGE_SIZE;
    EXPECT(!session_rule_S4_found(test_session));
    EXPECT_EQUAL(test_session->violation.rule, RULE_S4);
    test_session->before.must_find = false;
    EXPECT(session_rule_S4_found(test_session));
}

TEST(P8_interrupts_left_as_they_were_not_found_are_reported)
{
    session_up(HEAP_BINS);
    EXPECT(session_rule_P8(test_session));
    emulator.interrupts_enabled = 0;
    EXPECT(!session_rule_P8(test_session));
    EXPECT_EQUAL(test_session->violation.rule, RULE_P8);
    emulator.interrupts_enabled = 1;
    test_session->handler.interrupts_enabled = true;
    EXPECT(!session_rule_P8(test_session));
}

TEST(S7_largest_block_that_is_not_granted_is_reported)
{
    test_check = SESSION_CHECK_FULL;
    test_session_up(HEAP_BINS, 20);
    EXPECT(test_end());
    test_session_up(HEAP_BINS, 20);
    /* The model believes the window to be a page longer than the heap knows it. */
    test_session->config.window_pages++;
    EXPECT(!test_end());
    EXPECT_EQUAL(test_session->violation.rule, RULE_S7);
}

int main(void)
{
    RUN(C1_operation_that_costs_more_than_it_may_is_reported);
    RUN(C1_bound_is_exact);
    RUN(C1_kmalloc_of_a_dense_heap_has_a_bound_of_its_own);
    RUN(C1_kmalloc_of_a_heap_with_a_sparse_block_may_cost_as_any_call);
    RUN(C1_bound_grows_with_the_lists_under_first_fit_only);
    RUN(C1_is_counted_for_every_kind_of_operation);
    RUN(S4_heap_that_grows_although_a_block_must_be_found_is_reported);
    RUN(P8_interrupts_left_as_they_were_not_found_are_reported);
    RUN(S7_largest_block_that_is_not_granted_is_reported);
    return 0;
}

/* Rules P7, S7 and S8, each broken alone, as a session meets them. (S1 to S3: shadow_test.c; S4 to
 * S6: session_judge_test.c.) */
#include <setjmp.h>
#include <string.h>

#include "ci/unit.h"
#include "fuzz/test_session.h"
#include "mmu_x86/emulator/emulator.h"

static jmp_buf fault_exit;
static struct fault fault_seen;

static void fault_note(const struct fault *fault)
{
    fault_seen = *fault;
    longjmp(fault_exit, 1);
}

TEST(P7_fault_of_the_core_is_reported)
{
    struct verdict verdict;
    struct line line;
    struct op op = {OP_ALLOC, 2, 100, 0};
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    void (*on_fault)(const struct fault *) = emulator.on_fault;
    emulator.on_fault = fault_note;
    test_expect_applied(OP_ALLOC, 0, 100, 0);
    test_expect_applied(OP_ALLOC, 1, 100, 0);
    /* The control block's page goes; the core reads it first. */
    emulator_set_root(emulator.root);
    const uint32_t *table = probe_table(directory_slot(test_session->scene.heap_at));
    emulator.ram[(size_t)(table - emulator.ram) + table_index(test_session->scene.heap_at)] = 0;
    bool faulted = setjmp(fault_exit) != 0;
    if (!faulted)
        (void)test_apply(&op);
    EXPECT(faulted);
    emulator.on_fault = on_fault;
    EXPECT_EQUAL(page_round_down(fault_seen.at.v), test_session->scene.heap_at.v);
    session_faulted(test_session, fault_seen.at.v, fault_seen.error_code, &verdict);
    EXPECT(!verdict.ok);
    EXPECT_EQUAL(verdict.violation.rule, RULE_P7);
    EXPECT_EQUAL(verdict.violation.at, fault_seen.at.v);
    EXPECT_EQUAL(verdict.violation.found, fault_seen.error_code);
    EXPECT_EQUAL(verdict.operation, 3);
    EXPECT_EQUAL(verdict.applied_count, 2);
    EXPECT_EQUAL(session_operation(test_session)->slot, 2);
    verdict_line(&verdict, "x", &line);
    const char *expected = "x violation rule=P7 operation=3 operations=3 applied=2 digest=";
    EXPECT(strncmp(line.text, expected, strlen(expected)) == 0);
    /* And the next session on this machine is none the worse. */
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    test_expect_applied(OP_ALLOC, 0, 100, 0);
    EXPECT(test_end());
}

static void expect_S7(bool holds)
{
    test_session->violation = (struct violation){0};
    EXPECT_EQUAL(test_rule_S7(), holds);
    EXPECT_EQUAL(test_session->violation.rule, holds ? RULE_NONE : RULE_S7);
}

TEST(S7_what_is_left_behind_is_reported)
{
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    expect_S7(true);
    test_expect_applied(OP_ALLOC, 0, 100, 0);
    expect_S7(false); /* a live block */
    test_expect_applied(OP_FREE, 0, 0, 0);
    expect_S7(true);
    test_expect_applied(OP_MAP, 0, 5, 0);
    expect_S7(false); /* a device page, and its table */
    test_expect_applied(OP_UNMAP, 0, 5, 0);
    expect_S7(true);
    test_expect_applied(OP_PRESSURE, 0, TEST_FRAMES - 3u, 0);
    expect_S7(false); /* a held frame */
    test_expect_applied(OP_PRESSURE, 0, TEST_FRAMES, 0);
    expect_S7(true);
    test_expect_applied(OP_ALLOC, 0, 5000, 0);
    test_expect_applied(OP_FREE, 0, 0, 0);
    expect_S7(false); /* pages that were not reclaimed */
    EXPECT_EQUAL(test_session->violation.found, session_heap_end(test_session));
    test_expect_applied(OP_RECLAIM, 0, 100, 0);
    expect_S7(true);
    /* Two free blocks and no used one would break rule H3: only a wrong census shows this. */
    test_session->census.free_blocks = 2;
    expect_S7(false);
}

TEST(S7_block_that_the_model_does_not_know_is_reported_at_the_end)
{
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    EXPECT(kmalloc(&test_session->heap, 100).v != 0);
    EXPECT(!test_end());
    EXPECT_EQUAL(test_session->violation.rule, RULE_S7);
}

/* A free block that is not linked back to cannot be merged when its neighbour is given back: a
 * misuse that nobody committed is reported, because a link is wrong. */
TEST(H6_wrong_link_that_shows_only_at_the_end_is_reported_as_what_it_is)
{
    for (uint32_t policy = 0; policy < 2u; policy++) {
        test_session_up(policy, TEST_WINDOW_PAGES);
        for (uint32_t slot = 0; slot < 3u; slot++)
            test_expect_applied(OP_ALLOC, slot, 100, 0);
        test_expect_applied(OP_FREE, 0, 0, 0);
        *test_ram(test_session->freed.v + 4u) = 8; /* its prev link */
        EXPECT(!test_end());
        EXPECT(test_session->misuse_total != 0);
        EXPECT_EQUAL(test_session->violation.rule, RULE_H6);
    }
}

TEST(S7_everything_is_given_back_at_the_end)
{
    for (uint32_t policy = 0; policy < 2u; policy++) {
        test_session_up(policy, TEST_WINDOW_PAGES);
        for (uint32_t slot = 0; slot < 10u; slot++)
            test_expect_applied(OP_ALLOC, slot, 700u * slot + 1u, 0);
        test_expect_applied(OP_MAP, 0, 5, 0);
        test_expect_applied(OP_MAP, 0, 6, 0);
        test_expect_applied(OP_PRESSURE, 0, 10, 0);
        test_expect_applied(OP_REFUSE_ON, 0, 1, 0);
        EXPECT(test_end());
    }
}

TEST(S8_statistics_that_differ_from_the_model_are_reported)
{
    const uint32_t fields[] = {HEAP_MISUSES,      HEAP_LIVE_BLOCKS,    HEAP_LIVE_BYTES,
                               HEAP_REFUSED_SIZE, HEAP_REFUSED_WINDOW, HEAP_REFUSED_FRAMES};
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    test_expect_applied(OP_ALLOC, 0, 100, 0);
    for (uint32_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        *test_control(fields[i]) += 8u;
        test_expect_broken(OP_STATS, 0, 0, RULE_S8);
        *test_control(fields[i]) -= 8u;
        test_expect_applied(OP_STATS, 0, 0, 0);
    }
}

TEST(S8_block_that_the_model_does_not_know_is_reported)
{
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    vaddr_t at = kmalloc(&test_session->heap, 100);
    test_expect_broken(OP_STATS, 0, 0, RULE_S8);
    kfree(&test_session->heap, at);
    test_expect_applied(OP_STATS, 0, 0, 0);
}

/* Frames that reclaim says it gave back are those that are free after it and were not before. */
TEST(S8_wrong_count_of_reclaim_is_reported)
{
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    test_expect_applied(OP_ALLOC, 0, 20000, 0);
    test_expect_applied(OP_FREE, 0, 0, 0);
    struct op op = {.kind = OP_RECLAIM, .size = 100};
    test_session->handler.fired = false;
    test_session->before.frames_free = session_frames_free(test_session) + 1u;
    EXPECT_EQUAL(session_apply_machine(test_session, &op), OUTCOME_VIOLATED);
    EXPECT_EQUAL(test_session->violation.rule, RULE_S8);
}

/* The other users' pages and frames, changed behind their backs: what they meet is the core's fault
 * to them, and is told before the checks. */
TEST(F4_frame_that_its_user_cannot_give_back_is_reported)
{
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    vaddr_t frames = test_session->scene.frames_at;
    test_expect_applied(OP_PRESSURE, 0, 50, 0);
    uint32_t last = test_session->scene.held_count - 1u;
    EXPECT_EQUAL(frames_give_back(frames, test_session->held_frames[last]), FRAMES_OK);
    test_expect_broken(OP_PRESSURE, 0, 60, RULE_F4);
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    test_expect_applied(OP_MAP, 0, 3, 0);
    EXPECT_EQUAL(frames_give_back(frames, test_session->device_frames[3]), FRAMES_OK);
    test_expect_broken(OP_UNMAP, 0, 3, RULE_F4);
}

TEST(P3_page_of_the_device_that_its_user_does_not_find_is_reported)
{
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    test_expect_applied(OP_MAP, 0, 3, 0);
    test_session->device_frames[3] = DEVICE_UNMAPPED;
    test_expect_broken(OP_MAP, 0, 3, RULE_P3); /* mapped, and nobody did it */
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    test_expect_applied(OP_MAP, 0, 3, 0);
    test_session->device_frames[3].n += 1u;
    test_expect_broken(OP_UNMAP, 0, 3, RULE_P3); /* another frame comes back */
}

TEST(an_operation_ends_with_the_checks)
{
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    test_expect_applied(OP_ALLOC, 0, 100, 0);
    *test_ram(test_slot_at(0) + 8u) ^= 1u;
    test_expect_broken(OP_CHECK, 0, 0, RULE_S3);
    *test_ram(test_slot_at(0) + 8u) ^= 1u;
    *test_control(HEAP_LIVE_BLOCKS) += 1u;
    test_expect_broken(OP_FILL, 0, 0, RULE_H7);
}

TEST(a_machine_that_is_too_small_is_reported)
{
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    struct op_config config = {HEAP_BINS, probe_frame_count_max() + 1u, TEST_WINDOW_PAGES};
    EXPECT(!test_begin(&config));
    EXPECT_EQUAL(test_session->violation.rule, RULE_F5);
}

int main(void)
{
    RUN(P7_fault_of_the_core_is_reported);
    RUN(S7_what_is_left_behind_is_reported);
    RUN(S7_block_that_the_model_does_not_know_is_reported_at_the_end);
    RUN(H6_wrong_link_that_shows_only_at_the_end_is_reported_as_what_it_is);
    RUN(S7_everything_is_given_back_at_the_end);
    RUN(S8_statistics_that_differ_from_the_model_are_reported);
    RUN(S8_block_that_the_model_does_not_know_is_reported);
    RUN(S8_wrong_count_of_reclaim_is_reported);
    RUN(F4_frame_that_its_user_cannot_give_back_is_reported);
    RUN(P3_page_of_the_device_that_its_user_does_not_find_is_reported);
    RUN(an_operation_ends_with_the_checks);
    RUN(a_machine_that_is_too_small_is_reported);
    return 0;
}

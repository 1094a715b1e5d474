/* Each rule A broken alone, by an allocator that makes that mistake, found by it and no other; and
 * not looked at where the adapter does not declare what it is about. */
#include <string.h>

#include "ci/unit.h"
#include "fuzz/foreign/host_foreign.h"
#include "fuzz/foreign/run.h"
#include "fuzz/foreign/test_run.h"

#define THREE "a 0 96\na 1 100\na 2 5\n"

static struct adapter declared;

static void declare(enum adapter_memory memory)
{
    declared = test_heap_declares(memory);
    test_declare(&declared);
}

static void pool(void)
{
    declare(ADAPTER_POOL);
}

TEST(a_block_that_was_not_granted_is_rule_A1)
{
    pool();
    test_breaks(BLOCK_BEYOND, RULE_A1, 3, THREE);
    test_breaks(BLOCK_BEFORE, RULE_A1, 3, THREE);
    test_breaks(BLOCK_WILD, RULE_A1, 3, THREE);
    declare(ADAPTER_SBRK);
    test_breaks(BLOCK_BEYOND, RULE_A1, 3, THREE);
    test_breaks(TRIMS_LIVE, RULE_A1, 3, "a 0 100\na 1 5000\nreclaim 1\n");
    declare(ADAPTER_PAGES);
    test_breaks(TRIMS_LIVE, RULE_A1, 2, "a 0 100\nreclaim 1\n");
    declare(ADAPTER_OWN);
    test_breaks(BLOCK_BEYOND, RULE_A1, 3, THREE);
}

TEST(a_block_that_overlaps_is_rule_A2)
{
    pool();
    test_breaks(BLOCK_TWICE, RULE_A2, 3, THREE);
    test_breaks(BLOCK_OVERLAPS, RULE_A2, 3, THREE);
    declare(ADAPTER_PAGES);
    test_breaks(BLOCK_TWICE, RULE_A2, 3, THREE);
}

TEST(contents_that_change_are_rule_A3)
{
    pool();
    test_breaks(WRITES_BELOW, RULE_A3, 3, THREE);
    /* Not beside the operation's block: found at the next check, at the end, when it is freed. */
    test_breaks(WRITES_BLOCK, RULE_A3, 4, "a 0 9000\na 1 100\na 2 5\ncheck\n");
    test_breaks(WRITES_BLOCK, RULE_A3, 4, "a 0 9000\na 1 100\na 2 5\n");
    test_breaks(WRITES_BLOCK, RULE_A3, 4, "a 0 9000\na 1 100\na 2 5\nf 0\n");
    test_breaks(WRITES_BLOCK, RULE_A3, 4, "a 0 9000\na 1 100\na 2 5\nr 0 10\n");
    test_breaks(RESIZE_LOSES, RULE_A3, 3, "a 0 100\na 1 8\nr 0 200\n");
}

TEST(a_refusal_that_writes_is_rule_A3)
{
    pool();
    test_breaks(REFUSAL_WRITES, RULE_A3, 2, "a 0 9000\na 1 0x7fffffff\n");
    test_breaks(RESIZE_WRITES, RULE_A3, 3, "a 0 100\na 1 8\nr 0 0x7fffffff\n");
    declare(ADAPTER_SBRK);
    test_breaks(REFUSAL_WRITES, RULE_A3, 3, "a 0 9000\nrefuse 1\na 1 9000\n");
}

TEST(an_access_to_what_was_not_granted_is_rule_A4)
{
    pool();
    test_breaks(WRITES_BEHIND, RULE_A4, 3, THREE);
    test_breaks(WRITES_FAR, RULE_A4, 3, THREE);
    test_breaks(WRITES_BEFORE, RULE_A4, 3, THREE);
    test_breaks(WRITES_BEFORE, RULE_A4, 4, "window 9000 7\n" THREE);
    declare(ADAPTER_SBRK);
    test_breaks(WRITES_BEHIND, RULE_A4, 3, THREE);
}

TEST(a_crash_and_a_call_without_end_are_rule_A5)
{
    pool();
    test_breaks(ABORTS, RULE_A5, 3, THREE);
    test_breaks(LOOPS_COUNTED, RULE_A5, 3, THREE);
    int32_t ticks = host_tick_seconds;
    host_tick_seconds = 1;
    test_breaks(LOOPS, RULE_A5, 3, THREE);
    host_tick_seconds = ticks;
    declare(ADAPTER_OWN);
    test_breaks(ABORTS, RULE_A5, 3, THREE);
}

TEST(zeroed_memory_that_is_not_is_rule_A6)
{
    pool();
    test_breaks(ZEROED_DIRTY, RULE_A6, 1, "z 0 3 7\n");
    declared.zeros = true;
    test_declare(&declared);
    test_passes(ZEROED_DIRTY, "z 0 3 7\n");
    test_breaks(ZEROED_DIRTY, RULE_A6, 4, "a 0 21\nw 0\nf 0\nz 0 3 7\n");
    test_breaks(ZEROED_WRAPS, RULE_A6, 1,
                sizeof(size_t) == 4 ? "z 0 0x80000001 2\n" : "z 0 0x9f000001 2\n");
    declared.zeroed = NULL;
    test_declare(&declared);
    test_passes(ZEROED_DIRTY, "a 0 21\nw 0\nf 0\nz 0 3 7\n");
}

TEST(a_usable_size_that_is_too_small_is_rule_A7)
{
    pool();
    test_breaks(USABLE_LESS, RULE_A7, 1, "a 0 5\n");
    declared.usable = NULL;
    test_declare(&declared);
    test_passes(USABLE_LESS, "a 0 5\n");
}

TEST(what_the_allocator_finds_itself_is_rule_A8)
{
    pool();
    test_breaks(SICK, RULE_A8, 3, THREE);
    test_breaks(SICK_FAULTS, RULE_A8, 3, THREE);
    test_breaks(SICK_LOOPS, RULE_A8, 3, THREE);
    test_breaks(PANICS, RULE_A8, 3, THREE);
    declared.validate = NULL;
    test_declare(&declared);
    test_passes(SICK, THREE);
    test_breaks(PANICS, RULE_A8, 3, THREE);
}

TEST(a_block_that_is_not_aligned_is_rule_A9)
{
    pool();
    test_breaks(ALIGNED_LESS, RULE_A9, 3, THREE);
    test_breaks(ALIGNED_AS_ANY, RULE_A9, 3, "a 0 96\na 1 100\nm 2 5 256\n");
    declared.align_bytes = 0;
    test_declare(&declared);
    test_passes(ALIGNED_LESS, "a 0 96\na 1 104\na 2 5\n");
    test_breaks(ALIGNED_AS_ANY, RULE_A9, 3, "a 0 96\na 1 100\nm 2 5 256\n");
    /* Alignments that it does not take it is not asked for. */
    declared.align_max = 128;
    test_declare(&declared);
    test_passes(ALIGNED_AS_ANY, "a 0 96\na 1 100\nm 2 5 256\nm 2 5 96\nm 2 5 0\n");
    declared.aligned = NULL;
    declared.align_max = 4096;
    test_declare(&declared);
    test_passes(ALIGNED_AS_ANY, "a 0 96\na 1 100\nm 2 5 256\n");
}

TEST(a_refusal_where_there_is_room_is_rule_A10)
{
    const char *text = "a 0 96\na 1 100\na 2 5\na 2 5\n";
    pool();
    test_breaks(REFUSES, RULE_A10, 3, text);
    declare(ADAPTER_SBRK);
    test_breaks(REFUSES, RULE_A10, 3, text);
    declared.needs = NULL;
    test_declare(&declared);
    test_passes(REFUSES, text);
    pool();
    declared.size_max = 4;
    test_declare(&declared);
    test_passes(REFUSES, text);
}

TEST(a_block_that_is_never_free_again_is_rule_A11)
{
    pool();
    declared.needs = NULL;
    test_declare(&declared);
    test_breaks(LEAKS, RULE_A11, 3, "a 0 96\nf 0\n");
    /* More memory takes nothing from what it had; less does. */
    test_breaks(LEAKS, RULE_A11, 4, "a 0 96\nf 0\ngrow 50\n");
    test_breaks(LEAKS, RULE_A11, 4, "append 50 9\na 0 96\nf 0\n");
    test_passes(TEST_RIGHT, "heap bins 2 1024\na 0 96\nshrink 4000\nf 0\n");
    declared.empty_as_fresh = false;
    test_declare(&declared);
    test_passes(LEAKS, "a 0 96\nf 0\n");
}

TEST(a_block_that_cannot_be_had_again_is_rule_A12)
{
    const char *text = "a 0 96\ngreedy 6000\ndrain 3\n";
    pool();
    declared.needs = NULL;
    declared.empty_as_fresh = false;
    test_declare(&declared);
    test_breaks(KEEPS_LAST, RULE_A12, 2, text);
    declared.same_again = false;
    test_declare(&declared);
    test_passes(KEEPS_LAST, text);
}

TEST(a_refused_resize_to_no_more_is_rule_A13)
{
    pool();
    test_breaks(RESIZE_SHRINK, RULE_A13, 2, "a 0 96\nr 0 95\n");
    test_breaks(RESIZE_SAME, RULE_A13, 2, "a 0 96\nr 0 96\n");
    test_breaks(RESIZE_SAME, RULE_A13, 2, "a 0 96\nsame 0\n");
    test_passes(RESIZE_SHRINK, "a 0 96\nsame 0\nr 0 97\n");
    declared.resize_in_place = false;
    declared.needs = NULL;
    test_declare(&declared);
    test_passes(RESIZE_SHRINK, "a 0 96\nr 0 95\n");
}

#define MISUSES                                                                                    \
    THREE "f 1\ndouble-free 1\nfree-inner 0 2\nfree-misaligned 0 3\nfree-foreign 0x1000\n"         \
          "free-foreign 0xFFFFF000\nfree-foreign 0\n"

TEST(a_misuse_that_is_not_reported_once_is_rule_A14)
{
    const char *each[] = {"double-free 1\n", "free-inner 0 2\n", "free-misaligned 0 3\n",
                          "free-foreign 0x1000\n"};
    pool();
    for (uint32_t i = 0; i < 4u; i++) {
        char text[200];
        (void)snprintf(text, sizeof(text), THREE "f 1\n%s", each[i]);
        test_breaks(MISUSE_UNSEEN, RULE_A14, 5, text);
        test_breaks(MISUSE_TWICE, RULE_A14, 5, text);
        test_breaks(MISUSE_WRITES, RULE_A3, 5, text);
        test_breaks(MISUSE_SICK, RULE_A8, 5, text);
        test_passes(MISUSE_PANICS, text);
    }
    test_passes(TEST_RIGHT, MISUSES);
    declared.misuse_detected = false;
    test_declare(&declared);
    test_passes(MISUSE_UNSEEN, MISUSES);
    test_passes(MISUSE_WRITES, MISUSES);
}

TEST(a_report_where_nothing_was_misused_is_rule_A14)
{
    for (uint32_t twice = 0; twice < 2u; twice++) {
        pool();
        declared.misuse_detected = twice == 0;
        test_declare(&declared);
        test_breaks(ALLOC_REPORTS, RULE_A14, 3, THREE);
        test_breaks(INIT_REPORTS, RULE_A14, 0, THREE);
        test_breaks(LAST_REPORTS, RULE_A14, 2, "a 0 5\nf 0\n");
        test_breaks(LAST_REPORTS, RULE_A14, 2, "a 0 5\n");
    }
}

/* None of these is one, and to say so would be a false alarm. */
TEST(what_may_be_freed_is_no_misuse)
{
    pool();
    /* Blocks without bytes are all at one address; what was freed lives again; a window forgets. */
    test_passes(TEST_RIGHT, "a 0 0\nf 0\na 1 0\ndouble-free 0\n");
    test_passes(TEST_RIGHT, "a 0 5\nf 0\na 1 5\ndouble-free 0\n");
    test_passes(MISUSE_UNSEEN, "a 0 5\nf 0\nwindow 5000 0\ndouble-free 0\n");
}

TEST(a_call_of_too_many_steps_is_rule_A15)
{
    pool();
    test_breaks(SLOW, RULE_A15, 3, THREE);
    declared.steps_max = 0;
    test_declare(&declared);
    test_passes(SLOW, THREE);
}

TEST(a_hook_that_is_misused_is_rule_A16)
{
    pool();
    test_breaks(HOOK_UNFIT, RULE_A16, 3, THREE);
    declare(ADAPTER_SBRK);
    test_breaks(HOOK_UNFIT, RULE_A16, 3, THREE);
}

static uint32_t told;

static void tell(const char *id, const char *claim)
{
    EXPECT(id[0] == 'A' && claim[0] != '\0');
    told |= 1u << atoi(id + 1);
}

TEST(what_is_not_declared_is_told)
{
    pool();
    told = 0;
    run_unchecked(tell);
    EXPECT_EQUAL(told, 0);
    struct adapter least = {.name = "least",
                            .memory = ADAPTER_POOL,
                            .init = declared.init,
                            .alloc = declared.alloc,
                            .release = declared.release};
    test_declare(&least);
    run_unchecked(tell);
    EXPECT_EQUAL(told, 1u << 6 | 1u << 7 | 1u << 8 | 1u << 9 | 1u << 10 | 1u << 11 | 1u << 12 |
                           1u << 13 | 1u << 14 | 1u << 15);
    test_passes(TEST_RIGHT, MISUSES "z 1 3 7\nm 3 5 64\nr 0 200\nr 0 3\nreclaim 1\ngrow 9\n"
                                    "shrink 9\nappend 9 9\ngreedy 90\ndrain 0\nsame 0\n");
}

int main(void)
{
    RUN(a_block_that_was_not_granted_is_rule_A1);
    RUN(a_block_that_overlaps_is_rule_A2);
    RUN(contents_that_change_are_rule_A3);
    RUN(a_refusal_that_writes_is_rule_A3);
    RUN(an_access_to_what_was_not_granted_is_rule_A4);
    RUN(a_crash_and_a_call_without_end_are_rule_A5);
    RUN(zeroed_memory_that_is_not_is_rule_A6);
    RUN(a_usable_size_that_is_too_small_is_rule_A7);
    RUN(what_the_allocator_finds_itself_is_rule_A8);
    RUN(a_block_that_is_not_aligned_is_rule_A9);
    RUN(a_refusal_where_there_is_room_is_rule_A10);
    RUN(a_block_that_is_never_free_again_is_rule_A11);
    RUN(a_block_that_cannot_be_had_again_is_rule_A12);
    RUN(a_refused_resize_to_no_more_is_rule_A13);
    RUN(a_misuse_that_is_not_reported_once_is_rule_A14);
    RUN(a_report_where_nothing_was_misused_is_rule_A14);
    RUN(what_may_be_freed_is_no_misuse);
    RUN(a_call_of_too_many_steps_is_rule_A15);
    RUN(a_hook_that_is_misused_is_rule_A16);
    RUN(what_is_not_declared_is_told);
    return 0;
}

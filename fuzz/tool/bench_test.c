#include "fuzz/tool/bench.h"

#include <string.h>

#include "ci/unit.h"
#include "fuzz/host.h"
#include "fuzz/input.h"

#define OBJECTS 300u
#define OPERATIONS 1000u

static void read_all(const struct bench_set *set, struct op *ops)
{
    struct input input;
    EXPECT_EQUAL(set->input_count, 1);
    EXPECT(input_open(&input, set->inputs[0].data, set->inputs[0].size_bytes) == NULL);
    for (uint64_t i = 0; i < set->operation_count; i++)
        EXPECT(input_next(&input, &ops[i]));
    EXPECT(!input_next(&input, &ops[set->operation_count]));
}

TEST(the_steady_state_begins_with_what_fills_the_heap_and_keeps_as_many_objects)
{
    static struct op filled_ops[2 * OBJECTS + 1];
    static struct op steady_ops[2 * OBJECTS + OPERATIONS + 1];
    struct bench_set filled = {0};
    struct bench_set steady = {0};
    struct line error;
    uint32_t live = 0;
    EXPECT(bench_live_make(&filled, &steady, OBJECTS, OPERATIONS, &error));
    EXPECT_EQUAL(filled.operation_count, 2 * OBJECTS);
    EXPECT_EQUAL(steady.operation_count, 2 * OBJECTS + OPERATIONS);
    read_all(&filled, filled_ops);
    read_all(&steady, steady_ops);
    EXPECT(memcmp(filled_ops, steady_ops, 2 * OBJECTS * sizeof(struct op)) == 0);
    for (uint32_t i = 0; i < 2 * OBJECTS + OPERATIONS; i++) {
        bool allocates = steady_ops[i].kind == OP_ALLOC;
        EXPECT(allocates || steady_ops[i].kind == OP_FREE);
        EXPECT(!allocates || (steady_ops[i].size >= 8 && steady_ops[i].size <= 4096));
        live += allocates ? 1u : UINT32_MAX;
        EXPECT(i < OBJECTS || live == OBJECTS || (!allocates && live == OBJECTS - 1));
    }
    bench_set_free(&filled);
    bench_set_free(&steady);
}

/* A refusal would leave a slot empty, whose free would not apply. */
TEST(the_largest_live_set_fits_into_its_machine)
{
    struct bench_set filled = {0};
    struct bench_set steady = {0};
    struct line error;
    struct verdict verdict;
    EXPECT(bench_live_make(&filled, &steady, BENCH_LIVE_MAX, OPERATIONS, &error));
    EXPECT(host_run(steady.inputs[0].data, steady.inputs[0].size_bytes, SESSION_CHECK_NONE,
                    &verdict) == NULL);
    EXPECT(verdict.ok);
    EXPECT_EQUAL(verdict.operation_count, 2 * BENCH_LIVE_MAX + OPERATIONS);
    EXPECT_EQUAL(verdict.applied_count, verdict.operation_count);
    bench_set_free(&filled);
    bench_set_free(&steady);
}

TEST(a_median_lies_in_the_middle_of_unsorted_numbers)
{
    static const double values[] = {5, 1, 4, 2};
    struct bench_figure odd = bench_figure_of(values, 3);
    struct bench_figure even = bench_figure_of(values, 4);
    EXPECT(odd.least == 1 && odd.median == 4 && odd.greatest == 5);
    EXPECT(even.least == 1 && even.median == 3 && even.greatest == 5);
}

TEST(every_variant_is_measured_in_every_round)
{
    struct bench_set filled = {0};
    struct bench_set steady = {0};
    struct line error;
    uint32_t rounds_done;
    EXPECT(bench_live_make(&filled, &steady, 50, 1000, &error));
    struct bench_variant variants[] = {{.set = &filled, .check = SESSION_CHECK_NONE},
                                       {.set = &steady, .check = SESSION_CHECK_STEP}};
    EXPECT_EQUAL(bench_measure(variants, 2, 3, &rounds_done, &error), BENCH_OK);
    EXPECT_EQUAL(rounds_done, 3);
    for (uint32_t round = 0; round < 3; round++)
        for (uint32_t v = 0; v < 2; v++)
            EXPECT(variants[v].rounds[round].cpu > 0 && variants[v].rounds[round].wall > 0);
    bench_set_free(&filled);
    bench_set_free(&steady);
}

TEST_MAIN(RUN(the_steady_state_begins_with_what_fills_the_heap_and_keeps_as_many_objects)
              RUN(the_largest_live_set_fits_into_its_machine)
                  RUN(a_median_lies_in_the_middle_of_unsorted_numbers)
                      RUN(every_variant_is_measured_in_every_round))

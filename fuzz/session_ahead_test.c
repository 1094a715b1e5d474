/* Reading ahead: every operation comes, in its order, and a run with many live blocks, whose lines
 * are asked for early, ends as one does that is not read ahead. */
#include "fuzz/session_ahead.h"

#include <string.h>

#include "ci/unit.h"
#include "fuzz/host.h"
#include "fuzz/random.h"
#include "fuzz/test_session.h"
#include "fuzz/trace_write.h"

/* More than are few enough to be left alone. */
#define LIVE 6000u
#define OPERATIONS 20000u

static struct op_list ops;
static struct op_config config;
static uint8_t *data;
static uint32_t size_bytes;

/* A trace of so many operations: allocations up to LIVE blocks, then frees and allocations by
 * turns, some of them resized. */
static void trace_make(uint32_t count)
{
    static uint32_t live[LIVE];
    struct random random = {3};
    uint32_t allocated = 0;
    uint32_t live_count = 0;
    ops.count = 0;
    free(data);
    for (uint32_t i = 0; i < count; i++) {
        struct op op = {OP_ALLOC, allocated, 1u + random_below(&random, 400), 0};
        uint32_t chosen = live_count == 0 ? 0 : random_below(&random, live_count);
        if (live_count < LIVE) {
            live[live_count++] = allocated++;
        } else if (random_below(&random, 4) == 0) {
            op.kind = OP_REALLOC;
            op.slot = live[chosen];
        } else {
            op = (struct op){OP_FREE, live[chosen], 0, 0};
            live[chosen] = live[--live_count];
        }
        EXPECT(op_list_append(&ops, &op));
    }
    trace_machine(LIVE * 512u, &config);
    data = trace_write(&ops, &config, &size_bytes);
    EXPECT(data != NULL);
}

TEST(operations_come_in_their_order_and_none_is_lost)
{
    const uint32_t counts[] = {1,       2, SESSION_AHEAD - 1u, SESSION_AHEAD, SESSION_AHEAD + 1u,
                               OP_SLOTS};
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    for (uint32_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        trace_make(counts[i]);
        struct session_ahead ahead = {.count = 0};
        struct input input;
        struct op op;
        EXPECT(input_open(&input, data, size_bytes) == NULL);
        for (uint32_t n = 0; n < counts[i]; n++) {
            EXPECT(session_ahead_next(&ahead, test_session, &input, &op));
            EXPECT(memcmp(&op, &ops.ops[n], sizeof op) == 0);
        }
        EXPECT(!session_ahead_next(&ahead, test_session, &input, &op));
    }
}

TEST(a_run_that_is_read_ahead_ends_as_one_that_is_not)
{
    const enum session_check checks[] = {SESSION_CHECK_STEP, SESSION_CHECK_NONE};
    trace_make(OPERATIONS);
    for (uint32_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        struct host_options options = {.plan.check = checks[i]};
        struct verdict ahead;
        struct verdict plain;
        EXPECT(host_run_with(data, size_bytes, &options, &ahead) == NULL);
        EXPECT(host_run_ops(&config, ops.ops, ops.count, OPERATIONS, &options, &plain) == NULL);
        EXPECT(ahead.ok && plain.ok);
        EXPECT_EQUAL(ahead.applied_count, OPERATIONS);
        EXPECT_EQUAL(ahead.digest, plain.digest);
    }
}

int main(void)
{
    RUN(operations_come_in_their_order_and_none_is_lost);
    RUN(a_run_that_is_read_ahead_ends_as_one_that_is_not);
    op_list_free(&ops);
    free(data);
    return 0;
}

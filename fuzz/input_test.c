#include "fuzz/input.h"

#include <string.h>

#include "ci/unit.h"
#include "fuzz/trace_write.h"

TEST(operation_bytes_are_never_refused)
{
    const uint8_t data[] = {1, 32, 16, 0, 5, 100};
    struct input input;
    struct op op;
    EXPECT(input_open(&input, data, sizeof data) == NULL);
    EXPECT(!input.is_trace);
    EXPECT_EQUAL(input.slot_count, OP_SLOTS);
    EXPECT_EQUAL(input.config.policy, 1);
    EXPECT_EQUAL(input.config.frame_count, 32);
    EXPECT_EQUAL(input.config.window_pages, 16);
    EXPECT(input_next(&input, &op));
    EXPECT_EQUAL(op.kind, OP_ALLOC);
    EXPECT_EQUAL(op.slot, 5);
    EXPECT_EQUAL(op.size, 100);
    EXPECT(!input_next(&input, &op));
    EXPECT(input_open(&input, data, 0) == NULL);
    EXPECT(!input_next(&input, &op));
}

TEST(a_packed_trace_is_recognised_and_read)
{
    struct op list[] = {{OP_ALLOC, 0, 100, 0}, {OP_ALLOC, 1, 8, 0}, {OP_FREE, 0, 0, 0}};
    struct op_list ops = {list, 3, 3};
    struct op_config config = {OP_POLICY_DEFAULT, 1024, 512};
    uint32_t size;
    uint8_t *data = trace_write(&ops, &config, &size);
    EXPECT(data != NULL);
    struct input input;
    struct op op;
    EXPECT(input_open(&input, data, size) == NULL);
    EXPECT(input.is_trace);
    EXPECT_EQUAL(input.slot_count, 2);
    EXPECT_EQUAL(input.config.frame_count, 1024);
    EXPECT_EQUAL(input.config.window_pages, 512);
    for (uint32_t i = 0; i < ops.count; i++) {
        EXPECT(input_next(&input, &op));
        EXPECT(memcmp(&op, &list[i], sizeof op) == 0);
    }
    EXPECT(!input_next(&input, &op));
    free(data);
}

TEST(a_damaged_trace_is_refused)
{
    const uint8_t *data = (const uint8_t *)TRACE_MAGIC;
    struct input input;
    EXPECT(input_open(&input, data, 8) != NULL);
    EXPECT(input_open(&input, data, 7) == NULL);
}

TEST_MAIN(RUN(operation_bytes_are_never_refused) RUN(a_packed_trace_is_recognised_and_read)
              RUN(a_damaged_trace_is_refused))

#include "fuzz/crash/case.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ci/unit.h"

static const struct op mixed[] = {
    {OP_ALLOC, 9, 100, 0}, {OP_ALLOC, 40, 8, 0},  {OP_FREE, 9, 0, 0},
    {OP_ALLOC, 11, 8, 0},  {OP_RECLAIM, 0, 3, 0}, {OP_DOUBLE_FREE, 40, 0, 0},
};

static struct op_case case_of(const struct op *ops, uint32_t count, uint32_t slot_count)
{
    struct op_case one = {.config = {1, 70, 80}, .slot_count = slot_count};
    for (uint32_t i = 0; i < count; i++)
        EXPECT(op_list_append(&one.ops, &ops[i]));
    return one;
}

static void expect_slots(const struct op_case *one, const uint32_t *slots)
{
    for (uint32_t i = 0; i < one->ops.count; i++)
        EXPECT_EQUAL(one->ops.ops[i].slot, slots[i]);
}

TEST(slots_get_the_lowest_numbers)
{
    const uint32_t reused[] = {0, 1, 0, 0, 0, 1};
    const uint32_t own[] = {0, 1, 0, 2, 0, 1};
    struct op_case one = case_of(mixed, 6, 500);
    EXPECT(!case_is_text(&one));
    EXPECT(case_renumber(&one, false));
    expect_slots(&one, own);
    EXPECT(case_renumber(&one, true));
    expect_slots(&one, reused);
    EXPECT_EQUAL(one.slot_count, OP_SLOTS);
    EXPECT(case_is_text(&one));
    case_free(&one);
}

static void expect_read_back(const struct op_case *one, const char *path)
{
    struct op_case back;
    struct line error;
    EXPECT(case_read(path, &back, &error));
    EXPECT_EQUAL(back.config.policy, one->config.policy);
    EXPECT_EQUAL(back.config.frame_count, one->config.frame_count);
    EXPECT_EQUAL(back.config.window_pages, one->config.window_pages);
    EXPECT_EQUAL(back.ops.count, one->ops.count);
    EXPECT(memcmp(back.ops.ops, one->ops.ops, one->ops.count * sizeof(struct op)) == 0);
    case_free(&back);
}

TEST(ranks_are_closed_and_kept)
{
    static const struct op scattered[] = {{OP_ALLOC, 5, 100, 0},
                                          {.kind = OP_RECLAIM, .size = 1},
                                          {OP_ALLOC, 37, 8, 0},
                                          {OP_ALLOC, 0, 8, 0},
                                          {OP_FREE, 5, 0, 0}};
    static const uint32_t expected[] = {1, 0, 2, 0, 1};
    struct op_case one = case_of(scattered, 5, 38);
    EXPECT(case_close_ranks(&one));
    EXPECT_EQUAL(one.slot_count, OP_SLOTS);
    for (uint32_t i = 0; i < 5; i++)
        EXPECT_EQUAL(one.ops.ops[i].slot, expected[i]);
    case_free(&one);
}

TEST(what_was_written_is_read_back)
{
    char directory[] = "/tmp/case_test.XXXXXX";
    char path[64];
    struct line error;
    struct op_case one = case_of(mixed, 6, OP_SLOTS);
    EXPECT(mkdtemp(directory) != NULL);
    (void)snprintf(path, sizeof(path), "%s/case", directory);
    EXPECT(case_write_bytes(&one, path, &error));
    expect_read_back(&one, path);
    EXPECT(case_write_text(&one, "a comment", path, &error));
    expect_read_back(&one, path);
    case_free(&one);
    /* More slots than text and bytes can name: a packed trace, whose policy is the default, and
     * whose slots are numbered by allocation. */
    one = case_of(NULL, 0, OP_SLOTS + 1u);
    one.config.policy = OP_POLICY_DEFAULT;
    for (uint32_t i = 0; i <= OP_SLOTS; i++)
        EXPECT(op_list_append(&one.ops, &(struct op){OP_ALLOC, i, i + 1u, 0}));
    EXPECT(op_list_append(&one.ops, &(struct op){OP_FREE, 64, 0, 0}));
    EXPECT(!case_is_text(&one));
    EXPECT(case_write_bytes(&one, path, &error));
    expect_read_back(&one, path);
    EXPECT_EQUAL(unlink(path), 0);
    EXPECT_EQUAL(rmdir(directory), 0);
    case_free(&one);
}

TEST(what_cannot_be_read_says_why)
{
    struct op_case one;
    struct line error;
    EXPECT(!case_read("/", &one, &error));
    EXPECT(strcmp(error.text, "/: is a directory") == 0);
    EXPECT(!case_read("/nothing/here", &one, &error));
    EXPECT(strcmp(error.text, "/nothing/here: No such file or directory") == 0);
}

int main(void)
{
    RUN(slots_get_the_lowest_numbers);
    RUN(ranks_are_closed_and_kept);
    RUN(what_was_written_is_read_back);
    RUN(what_cannot_be_read_says_why);
    return 0;
}

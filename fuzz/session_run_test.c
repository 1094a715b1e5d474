/* Whole inputs: every operation, and what a verdict does not depend on. */
#include "ci/unit.h"
#include "fuzz/host.h"
#include "fuzz/op_bytes.h"
#include "fuzz/test_session.h"

#define INPUT_BYTES 2048u

static const struct op all_ops[] = {
    {OP_ALLOC, 0, 100, 0},
    {OP_ALLOC, 1, 5000, 0},
    {OP_ALLOC, 2, 200, 0},
    {OP_ALIGNED, 3, 300, 256},
    {OP_ZALLOC, 4, 20, 10},
    {OP_REALLOC, 0, 400, 0},
    {OP_REALLOC, 5, 64, 0}, /* an empty slot */
    {OP_FILL, 1, 0, 0},
    {OP_CHECK, 0, 0, 0},
    {OP_FREE, 1, 0, 0},
    {OP_DOUBLE_FREE, 1, 0, 0},
    {OP_USE_FREED, 1, 64, 0},
    {OP_RECLAIM, 0, 1, 0},
    {OP_PRESSURE, 0, 40, 0},
    {OP_MAP, 0, 3, 0},
    {OP_UNMAP, 0, 3, 0},
    {OP_UNMAP, 0, 4, 0}, /* not mapped */
    {OP_REFUSE, 0, 1, 0},
    {OP_ALLOC, 6, 100000, 0}, /* refused */
    {OP_REFUSE_ON, 0, 1, 0},
    {OP_MAP, 0, 7, 0}, /* refused */
    {OP_REFUSE, 0, 0, 0},
    {OP_INTERRUPT, 7, 32, 1},
    {OP_ALLOC, 8, 3000, 0}, /* interrupted: slot 7 is allocated */
    {OP_INTERRUPT, 7, 32, 1},
    {OP_ALLOC, 9, 3000, 0}, /* interrupted: slot 7 is freed */
    {OP_ALLOC, 10, 3000, 0},
    {OP_FREE, 9, 0, 0},
    {OP_FREE_INNER, 2, 1, 0},
    {OP_FREE_MISALIGNED, 2, 3, 0},
    {OP_FREE_FOREIGN, 0, 0x1000, 0},
    {OP_DAMAGE_HEADER, 2, 0, 8},
    {OP_DAMAGE_FOOTER, 2, 0, 8},
    {OP_DAMAGE_NEXT, 0, 0, 8},
    {OP_DAMAGE_PREVIOUS, 2, 0, 8},
    {OP_DAMAGE_LINK, 8, 0, 8}, /* slot 9's block is free behind it */
    {OP_DAMAGE_REALLOC, 2, 0, 8},
    {OP_STATS, 0, 0, 0},
};
#define ALL_OPS_COUNT (sizeof(all_ops) / sizeof(all_ops[0]))

static uint32_t input_write(uint32_t policy, const struct op *ops, size_t count, uint8_t *out)
{
    struct op_config config = {policy, TEST_FRAMES, TEST_WINDOW_PAGES};
    uint32_t size = op_bytes_write_config(&config, out);
    for (size_t i = 0; i < count; i++) {
        size += op_bytes_write(&ops[i], &out[size]);
        EXPECT(size + OP_BYTES_MAX <= INPUT_BYTES);
    }
    return size;
}

static struct verdict input_run(uint32_t policy, const struct op *ops, size_t count,
                                enum session_check how)
{
    uint8_t bytes[INPUT_BYTES];
    struct verdict verdict;
    uint32_t size = input_write(policy, ops, count, bytes);
    EXPECT(host_run(bytes, size, how, &verdict) == NULL);
    if (!verdict.ok)
        printf("operation %u: %s: %s\n", verdict.operation, rule_id(verdict.violation.rule),
               verdict.violation.what);
    EXPECT(verdict.ok);
    return verdict;
}

TEST(all_ops_apply)
{
    bool seen[OP_KIND_COUNT] = {false};
    for (size_t i = 0; i < ALL_OPS_COUNT; i++)
        seen[all_ops[i].kind] = true;
    for (uint32_t kind = 0; kind < OP_KIND_COUNT; kind++)
        EXPECT(seen[kind] != op_is_foreign((enum op_kind)kind));
    for (uint32_t policy = 0; policy < 2u; policy++) {
        struct verdict verdict = input_run(policy, all_ops, ALL_OPS_COUNT, SESSION_CHECK_FULL);
        EXPECT_EQUAL(verdict.operation_count, ALL_OPS_COUNT);
        EXPECT_EQUAL(verdict.applied_count, ALL_OPS_COUNT);
        /* And one by one, with what comes of them. */
        test_session_up(policy, TEST_WINDOW_PAGES);
        for (size_t i = 0; i < ALL_OPS_COUNT; i++)
            test_expect_applied(all_ops[i].kind, all_ops[i].slot, all_ops[i].size, all_ops[i].arg);
        EXPECT_EQUAL(test_session->refusal_count, 1);
        EXPECT_EQUAL(test_session->misuse_total, 12);
        EXPECT(!shadow_live(&test_session->shadow, 6) && !shadow_live(&test_session->shadow, 7));
        EXPECT(test_end());
        EXPECT_EQUAL(test_session->digest, verdict.digest);
    }
}

/* An operation that does not apply is skipped, counted as such, and changes nothing. */
TEST(ops_that_do_not_apply_are_skipped)
{
    const struct op skipped[] = {
        {OP_ALLOC, 0, 8, 0},
        {OP_ALIGNED, 0, 8, 8},
        {OP_ZALLOC, 0, 8, 1},
        {OP_FREE, 1, 0, 0},
        {OP_FILL, 1, 0, 0},
        {OP_DOUBLE_FREE, 0, 0, 0},
        {OP_DOUBLE_FREE, 1, 0, 0},
        {OP_USE_FREED, 1, 8, 0},
        {OP_FREE_INNER, 1, 1, 0},
        {OP_FREE_INNER, 2, 1, 0},
        {OP_FREE_MISALIGNED, 1, 1, 0},
        {OP_FREE_FOREIGN, 0, 0xC0400FF8u, 0},
        {OP_DAMAGE_HEADER, 1, 0, 8},
        {OP_DAMAGE_HEADER, 0, 0, 0},
        {OP_DAMAGE_LINK, 0, 0, 8},
        {OP_WINDOW, 0, 8192, 0},
        {OP_GROW, 0, 8, 0},
        {OP_SHRINK, 0, 8, 0},
        {OP_APPEND, 0, 8, 0},
        {OP_GREEDY, 0, 8, 0},
        {OP_DRAIN, 0, 0, 0},
        {OP_SAME, 0, 0, 0},
        {OP_KIND_COUNT, 0, 0, 0},
        {OP_ALLOC, OP_SLOTS, 8, 0},
    };
    test_session_up(HEAP_BINS, TEST_WINDOW_PAGES);
    test_expect_applied(OP_ALLOC, 0, 100, 0);
    test_expect_applied(OP_ALLOC, 2, 8, 0);
    test_expect_applied(OP_MAP, 0, 3, 0);
    uint64_t digest = test_session->digest;
    for (uint32_t i = 0; i < sizeof(skipped) / sizeof(skipped[0]); i++) {
        EXPECT(test_apply(&skipped[i]));
        EXPECT_EQUAL(test_session->applied_count, 3);
        EXPECT_EQUAL(test_session->digest, digest);
    }
    EXPECT_EQUAL(test_session->operation_count, 3u + sizeof(skipped) / sizeof(skipped[0]));
    EXPECT(test_end());
}

static void expect_same(const struct verdict *a, const struct verdict *b)
{
    EXPECT_EQUAL(a->ok, b->ok);
    EXPECT_EQUAL(a->operation, b->operation);
    EXPECT_EQUAL(a->operation_count, b->operation_count);
    EXPECT_EQUAL(a->applied_count, b->applied_count);
    EXPECT_EQUAL(a->digest, b->digest);
}

TEST(the_same_input_has_the_same_verdict_whatever_ran_before)
{
    const struct op other[] = {{OP_ALLOC, 0, 77777, 0}, {OP_ALLOC, 1, 10, 0},
                               {OP_FREE, 0, 0, 0},      {OP_INTERRUPT, 1, 10, 9},
                               {OP_REFUSE_ON, 0, 3, 0}, {OP_MAP, 0, 9, 0}};
    for (uint32_t policy = 0; policy < 2u; policy++) {
        struct verdict first = input_run(policy, all_ops, ALL_OPS_COUNT, SESSION_CHECK_FULL);
        struct verdict again = input_run(policy, all_ops, ALL_OPS_COUNT, SESSION_CHECK_FULL);
        expect_same(&again, &first);
        struct verdict between = input_run(1u - policy, other, 6, SESSION_CHECK_FULL);
        EXPECT(between.digest != first.digest);
        again = input_run(policy, all_ops, ALL_OPS_COUNT, SESSION_CHECK_FULL);
        expect_same(&again, &first);
    }
}

TEST(how_much_is_checked_does_not_change_the_verdict)
{
    for (uint32_t policy = 0; policy < 2u; policy++) {
        struct verdict full = input_run(policy, all_ops, ALL_OPS_COUNT, SESSION_CHECK_FULL);
        struct verdict local = input_run(policy, all_ops, ALL_OPS_COUNT, SESSION_CHECK_LOCAL);
        struct verdict none = input_run(policy, all_ops, ALL_OPS_COUNT, SESSION_CHECK_NONE);
        expect_same(&local, &full);
        expect_same(&none, &full);
    }
}

int main(void)
{
    RUN(all_ops_apply);
    RUN(ops_that_do_not_apply_are_skipped);
    RUN(the_same_input_has_the_same_verdict_whatever_ran_before);
    RUN(how_much_is_checked_does_not_change_the_verdict);
    return 0;
}

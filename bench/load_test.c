#include "bench/load.h"

#include <string.h>

#include "bench/player.h"
#include "ci/unit.h"

const struct peer peer = {.name = "none"};

void player_fail(int status, const char *what, const char *why)
{
    printf("%s: %s\n", what, why != NULL ? why : "");
    exit(status);
}

/* Whatever the load: a block is allocated once, is there when it is freed or resized, and slots are
 * below their count. Returns the most bytes that lived, and where. */
static uint64_t expect_sane(const struct load *load, uint32_t *peak_op)
{
    static uint32_t live[1u << 18];
    uint64_t bytes = 0;
    uint64_t peak = 0;
    memset(live, 0, sizeof live);
    EXPECT(load->slot_count <= sizeof live / sizeof live[0]);
    for (uint32_t i = 0; i < load->op_count; i++) {
        struct load_op op = load->ops[i];
        uint32_t slot = load_slot(op);
        EXPECT(slot < load->slot_count);
        EXPECT((load_kind(op) == LOAD_ALLOC) == (live[slot] == 0));
        EXPECT((load_kind(op) == LOAD_FREE) == (op.size_bytes == 0));
        bytes += op.size_bytes;
        bytes -= live[slot];
        live[slot] = op.size_bytes;
        if (bytes > peak) {
            peak = bytes;
            *peak_op = i;
        }
    }
    for (uint32_t slot = 0; slot < load->slot_count; slot++)
        EXPECT_EQUAL(load->sizes[slot], live[slot]);
    return peak;
}

TEST(the_slot_freed_last_is_used_first)
{
    struct load load = {0};
    EXPECT_EQUAL(load_alloc(&load, 10), 0);
    EXPECT_EQUAL(load_alloc(&load, 20), 1);
    EXPECT_EQUAL(load_alloc(&load, 30), 2);
    load_free(&load, 0);
    load_free(&load, 1);
    EXPECT_EQUAL(load_alloc(&load, 40), 1);
    EXPECT_EQUAL(load_alloc(&load, 50), 0);
    EXPECT_EQUAL(load_alloc(&load, 60), 3);
    EXPECT_EQUAL(load.slot_count, 4);
}

TEST(the_peak_is_where_most_bytes_live)
{
    struct load load = {0};
    uint32_t first = load_alloc(&load, 100);
    uint32_t second = load_alloc(&load, 50);
    load_free(&load, second);
    load_resize(&load, first, 160); /* operation 3, 160 bytes */
    load_resize(&load, first, 20);
    (void)load_alloc(&load, 139);
    EXPECT_EQUAL(load.peak_live_bytes, 160);
    EXPECT_EQUAL(load.peak_op, 3);
    EXPECT_EQUAL(load.live_bytes, 159);
}

TEST(patterns_are_sane_and_the_same_every_time)
{
    static const char *const names[] = {
        "sawtooth",   "growing-realloc", "reverse-free", "every-second-free",
        "page-sized", "one-size",        "random",       "live:1000"};
    for (uint32_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct load load;
        struct load again;
        uint32_t peak_op = 0;
        load_make(&load, names[i]);
        load_make(&again, names[i]);
        EXPECT(load.op_count > load.measured_from);
        EXPECT_EQUAL(load.peak_live_bytes, expect_sane(&load, &peak_op));
        EXPECT_EQUAL(load.peak_op, peak_op);
        EXPECT_EQUAL(load.op_count, again.op_count);
        EXPECT(memcmp(load.ops, again.ops, load.op_count * sizeof(*load.ops)) == 0);
    }
}

/* corpus/README.md has these figures. */
TEST(a_trace_asks_what_was_recorded)
{
    struct load load;
    uint32_t peak_op = 0;
    load_make(&load, BENCH_TEST_TRACES "/kern_find.trace");
    EXPECT_EQUAL(load.op_count, 986527);
    EXPECT_EQUAL(load.peak_live_bytes, 51568242);
    EXPECT_EQUAL(expect_sane(&load, &peak_op), 51568242);
}

TEST_MAIN(RUN(the_slot_freed_last_is_used_first) RUN(the_peak_is_where_most_bytes_live)
              RUN(patterns_are_sane_and_the_same_every_time) RUN(a_trace_asks_what_was_recorded))

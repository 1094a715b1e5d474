#include "fuzz/recording.h"

#include <stdlib.h>
#include <string.h>

#include "ci/unit.h"
#include "fuzz/trace_text.h"

/* The operations as one text. */
static void expect_ops(const struct recording *recording, const char *expected)
{
    char found[1024] = "";
    for (uint32_t i = 0; i < recording->ops.count; i++) {
        struct line line;
        trace_text_line(&recording->ops.ops[i], &line);
        (void)strcat(strcat(found, i == 0 ? "" : "; "), line.text);
    }
    if (strcmp(found, expected) != 0)
        printf("found: %s\nexpected: %s\n", found, expected);
    EXPECT(strcmp(found, expected) == 0);
}

TEST(addresses_become_slots_in_the_order_of_allocation)
{
    struct recording recording = {0};
    EXPECT(recording_alloc(&recording, 0x7000, 100, 0));
    EXPECT(recording_alloc(&recording, 0x9000, 200, 64));
    EXPECT(recording_free(&recording, 0x7000));
    EXPECT(recording_alloc(&recording, 0x7000, 300, 8));
    EXPECT(recording_free(&recording, 0x9000));
    expect_ops(&recording, "a 1 100; m 2 200 64; f 1; a 3 300; f 2");
    EXPECT_EQUAL(recording.entry_count, 1);
    EXPECT_EQUAL(recording.peak_block_bytes, 112 + 208 + 64 + 312 - 112);
    recording_end(&recording);
}

TEST(holes_of_a_recording_are_closed_and_counted)
{
    struct recording recording = {0};
    EXPECT(recording_free(&recording, 0x5000));
    EXPECT(recording_free(&recording, 0));
    EXPECT(recording_alloc(&recording, 0, 10, 0));
    EXPECT(recording_alloc(&recording, 0x6000, 1ull << 32, 0));
    EXPECT(recording_alloc(&recording, 0x7000, 8, 0));
    EXPECT(recording_alloc(&recording, 0x7000, 16, 0));
    expect_ops(&recording, "a 1 8; f 1; a 2 16");
    EXPECT_EQUAL(recording.unknown_frees, 1);
    EXPECT_EQUAL(recording.missed_frees, 1);
    EXPECT_EQUAL(recording.null_count, 2);
    EXPECT_EQUAL(recording.too_large, 1);
    recording_end(&recording);
}

TEST(a_resize_leaves_its_address_to_others_before_it_ends)
{
    struct recording recording = {0};
    EXPECT(recording_alloc(&recording, 0x7000, 8, 0));
    uint32_t slot = recording_leave(&recording, 0x7000);
    EXPECT_EQUAL(slot, 0);
    EXPECT(recording_alloc(&recording, 0x7000, 24, 0)); /* another thread */
    EXPECT(recording_resize(&recording, slot, 0x7000, 0x8000, 4000));
    EXPECT(recording_resize(&recording, recording_leave(&recording, 0x8000), 0x8000, 0,
                            1u << 31)); /* refused */
    EXPECT(recording_free(&recording, 0x8000));
    EXPECT(recording_resize(&recording, recording_leave(&recording, 0x7000), 0x7000, 0,
                            0)); /* freed */
    EXPECT(recording_resize(&recording, recording_leave(&recording, 0x1000), 0x1000, 0x2000,
                            40)); /* not known */
    expect_ops(&recording, "a 1 8; a 2 24; r 1 4000; f 1; f 2; a 3 40");
    EXPECT_EQUAL(recording.missed_frees, 0);
    EXPECT_EQUAL(recording.null_count, 1);
    recording_end(&recording);
}

TEST(many_addresses_are_found_and_forgotten)
{
    struct recording recording = {0};
    for (uint64_t i = 1; i <= 20000; i++)
        EXPECT(recording_alloc(&recording, i * 4096u, i, 0));
    for (uint64_t i = 1; i <= 20000; i += 2)
        EXPECT(recording_free(&recording, i * 4096u));
    for (uint64_t i = 2; i <= 20000; i += 2)
        EXPECT_EQUAL(recording_leave(&recording, i * 4096u), (uint32_t)i - 1u);
    EXPECT_EQUAL(recording.entry_count, 0);
    EXPECT_EQUAL(recording.block_bytes, 0);
    EXPECT_EQUAL(recording.unknown_frees, 0);
    recording_end(&recording);
}

TEST(the_beginning_of_a_load_is_taken)
{
    struct recording recording = {.op_count_max = 2};
    EXPECT(recording_alloc(&recording, 0x7000, 8, 0));
    EXPECT(recording_free(&recording, 0x7000));
    EXPECT(recording_alloc(&recording, 0x7000, 8, 0));
    expect_ops(&recording, "a 1 8; f 1");
    EXPECT_EQUAL(recording.left_out, 1);
    recording_end(&recording);
}

TEST(a_load_without_an_allocation_is_refused)
{
    struct recording recording = {0};
    struct line error;
    uint32_t size_bytes = 0;
    EXPECT(recording_free(&recording, 0x7000));
    EXPECT(recording_pack(&recording, &size_bytes, &error) == NULL);
    EXPECT(strcmp(error.text, "holds no allocation") == 0);
    recording_end(&recording);
}

TEST_MAIN(RUN(addresses_become_slots_in_the_order_of_allocation)
              RUN(holes_of_a_recording_are_closed_and_counted)
                  RUN(a_resize_leaves_its_address_to_others_before_it_ends)
                      RUN(many_addresses_are_found_and_forgotten)
                          RUN(the_beginning_of_a_load_is_taken)
                              RUN(a_load_without_an_allocation_is_refused))

#include "fuzz/trace_text.h"

#include <string.h>

#include "ci/unit.h"

static FILE *file_of(const char *text)
{
    FILE *file = tmpfile();
    EXPECT(file != NULL);
    (void)fputs(text, file);
    rewind(file);
    return file;
}

static void expect_refused(const char *text, const char *message)
{
    struct op_list ops = {0};
    struct op_config config;
    struct line error;
    FILE *file = file_of(text);
    EXPECT(!trace_text_read(file, &ops, &config, &error));
    if (strcmp(error.text, message) != 0)
        printf("found: %s\nexpected: %s\n", error.text, message);
    EXPECT(strcmp(error.text, message) == 0);
    (void)fclose(file);
    op_list_free(&ops);
}

TEST(a_load_is_read_and_written_as_it_was)
{
    static const char text[] = "a 1 100\n"
                               "m 2 200 64\n"
                               "r 1 4294967295\n"
                               "f 1\n"
                               "a 3 0\n"
                               "f 3\n";
    static const struct op expected[] = {
        {OP_ALLOC, 0, 100, 0}, {OP_ALIGNED, 1, 200, 64}, {OP_REALLOC, 0, UINT32_MAX, 0},
        {OP_FREE, 0, 0, 0},    {OP_ALLOC, 2, 0, 0},      {OP_FREE, 2, 0, 0},
    };
    struct op_list ops = {0};
    struct op_config config;
    struct line error;
    FILE *file = file_of(text);
    EXPECT(trace_text_read(file, &ops, &config, &error));
    (void)fclose(file);
    EXPECT_EQUAL(ops.count, 6);
    EXPECT(memcmp(ops.ops, expected, sizeof expected) == 0);

    char out[sizeof text + 1u];
    file = tmpfile();
    EXPECT(file != NULL);
    for (uint32_t i = 0; i < ops.count; i++) {
        struct line line;
        trace_text_line(&ops.ops[i], &line);
        (void)fprintf(file, "%s\n", line.text);
    }
    rewind(file);
    out[fread(out, 1, sizeof text, file)] = '\0';
    (void)fclose(file);
    EXPECT(strcmp(out, text) == 0);
    op_list_free(&ops);
}

TEST(comments_of_any_length_are_skipped_and_counted)
{
    char text[1000];
    memset(text, '#', sizeof text);
    memcpy(text + 500, "\n# short\na 1 8\nx\n", 18);
    expect_refused(text, "line 4: unknown operation, there are a, m, r and f");
}

TEST(the_frames_follow_from_the_peak)
{
    struct op_list ops = {0};
    struct op_config config;
    struct line error;
    /* 2,000 pages live at the most. */
    FILE *file = file_of("a 1 4095992\nr 1 4095992\nf 1\na 2 4095992\na 3 4095992\n");
    EXPECT(trace_text_read(file, &ops, &config, &error));
    (void)fclose(file);
    EXPECT_EQUAL(config.frame_count, 4096);
    op_list_free(&ops);
}

TEST(the_machine_and_what_operations_did_may_stand_there)
{
    struct op_list ops = {0};
    struct op_config config;
    struct line error;
    FILE *file =
        file_of("# load\nheap bins 77 9 # small\na 1 8 # c0400c68, 8 bytes\n#\nf 1   # end\n# end");
    EXPECT(trace_text_read(file, &ops, &config, &error));
    (void)fclose(file);
    EXPECT_EQUAL(config.frame_count, 77);
    EXPECT_EQUAL(config.window_pages, 9);
    EXPECT_EQUAL(ops.count, 2);
    op_list_free(&ops);
    expect_refused("a 1 8 # c040", "line 1: cut off, or longer than an operation");
    expect_refused("heap first-fit 77 9\n", "line 1: the policy of a recorded load is bins");
    expect_refused("heap bins 77\n", "line 1: a number is missing");
    expect_refused("heap bins 77 9 9\n", "line 1: more numbers than `heap' takes");
    expect_refused("heap bins 65537 9\n",
                   "line 1: a machine cannot have so many frames, or such a window");
    expect_refused("heap bins 77 9\nheap bins 77 9\n",
                   "line 2: `heap' comes once, before the first operation");
    expect_refused("a 1 8\nheap bins 77 9\n",
                   "line 2: `heap' comes once, before the first operation");
}

TEST(what_is_wrong_is_said_with_its_line)
{
    expect_refused("", "line 0: the end, and no operation before it");
    expect_refused("# only words\n", "line 1: the end, and no operation before it");
    expect_refused("b 1 2\n", "line 1: unknown operation, there are a, m, r and f");
    expect_refused("\n", "line 1: unknown operation, there are a, m, r and f");
    expect_refused("a1 2\n", "line 1: unknown operation, there are a, m, r and f");
    expect_refused("a 1 8\nf 2\n", "line 2: id 2 is not live");
    expect_refused("a 1 8\nf 0\n", "line 2: id 0 is not live");
    expect_refused("a 1 8\nf 1\nf 1\n", "line 3: id 1 is not live");
    expect_refused("a 1 8\nf 1\nr 1 8\n", "line 3: id 1 is not live");
    expect_refused("a 2 8\n", "line 1: id 2 is out of order");
    expect_refused("a 1 8\na 1 8\n", "line 2: id 1 is out of order");
    expect_refused("a 0 8\n", "line 1: id 0 is out of order");
    expect_refused("a 1\n", "line 1: a number is missing");
    expect_refused("f\n", "line 1: a number is missing");
    expect_refused("m 1 8\n", "line 1: a number is missing");
    expect_refused("a 1 8 8\n", "line 1: more numbers than the operation takes");
    expect_refused("a 1 8x\n", "line 1: not a number");
    expect_refused("a 1 -8\n", "line 1: not a number");
    expect_refused("a 1 4294967296\n", "line 1: a number does not fit into 32 bits");
    expect_refused("m 1 8 0\n", "line 1: an alignment that is not a power of two");
    expect_refused("m 1 8 24\n", "line 1: an alignment that is not a power of two");
    expect_refused("a 1 8\na 2 1", "line 2: cut off, or longer than an operation");
}

TEST_MAIN(RUN(a_load_is_read_and_written_as_it_was)
              RUN(comments_of_any_length_are_skipped_and_counted)
                  RUN(the_frames_follow_from_the_peak)
                      RUN(the_machine_and_what_operations_did_may_stand_there)
                          RUN(what_is_wrong_is_said_with_its_line))

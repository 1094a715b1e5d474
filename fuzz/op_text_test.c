#include "fuzz/op_text.h"

#include <string.h>

#include "ci/unit.h"
#include "fuzz/op_line.h"
#include "fuzz/random.h"

/* Expects that a text is refused with this message. */
static void expect_refused(const char *text, const char *message)
{
    struct op_list ops = {0};
    struct op_config config;
    struct line error;
    EXPECT(!op_text_parse(text, strlen(text), &config, &ops, &error));
    if (strcmp(error.text, message) != 0)
        printf("found: %s\nexpected: %s\n", error.text, message);
    EXPECT(strcmp(error.text, message) == 0);
    op_list_free(&ops);
}

/* Reads a text that must be right, and writes it again. */
static void rewrite(const char *text, char *out, size_t size)
{
    struct op_list ops = {0};
    struct op_config config;
    struct line error;
    EXPECT(op_text_parse(text, strlen(text), &config, &ops, &error));
    FILE *file = tmpfile();
    EXPECT(file != NULL);
    EXPECT(op_text_write(file, NULL, &config, &ops));
    rewind(file);
    out[fread(out, 1, size - 1u, file)] = '\0';
    (void)fclose(file);
    op_list_free(&ops);
}

static const char every_kind[] = "# kheap\n"
                                 "heap first-fit 128 4096\n"
                                 "a 0 100\n"
                                 "f 0\n"
                                 "r 1 4294967295\n"
                                 "m 2 1 4194304\n"
                                 "z 3 65536 65537\n"
                                 "w 63\n"
                                 "reclaim 10\n"
                                 "pressure 0\n"
                                 "refuse 1\n"
                                 "refuse-on 2\n"
                                 "interrupt 3 4 5\n"
                                 "map 6\n"
                                 "unmap 6\n"
                                 "check\n"
                                 "stats\n"
                                 "window 70000 4088\n"
                                 "grow 4100\n"
                                 "shrink 12\n"
                                 "append 100 0\n"
                                 "greedy 48\n"
                                 "drain 1\n"
                                 "same 3\n"
                                 "double-free 0\n"
                                 "free-inner 1 2\n"
                                 "free-misaligned 1 3\n"
                                 "free-foreign 0xc0400000\n"
                                 "use-freed 0 8\n"
                                 "damage-header 1 0x1\n"
                                 "damage-footer 1 0xffffffff\n"
                                 "damage-next 1 0x10\n"
                                 "damage-previous 1 0x0\n"
                                 "damage-link 1 0x8\n"
                                 "damage-realloc 1 0x80000000\n";

TEST(every_kind_survives_a_round_trip)
{
    char out[4096];
    rewrite(every_kind, out, sizeof out);
    EXPECT(strcmp(out, every_kind) == 0);
}

TEST(text_to_bytes_to_text_is_exact)
{
    struct op_list ops = {0};
    struct op_list again = {0};
    struct op_config config, config_again;
    struct line error;
    uint8_t bytes[4096];
    EXPECT(op_text_parse(every_kind, strlen(every_kind), &config, &ops, &error));
    uint32_t size = op_list_encode(&ops, &config, bytes, sizeof bytes);
    EXPECT(op_list_decode(&again, &config_again, bytes, size));
    EXPECT_EQUAL(again.count, OP_KIND_COUNT);
    EXPECT_EQUAL(again.count, ops.count);
    EXPECT(memcmp(&config, &config_again, sizeof config) == 0);
    EXPECT(memcmp(ops.ops, again.ops, ops.count * sizeof(struct op)) == 0);
    op_list_free(&ops);
    op_list_free(&again);
}

TEST(bytes_to_text_to_bytes_decode_alike)
{
    struct random random = {2};
    for (uint32_t i = 0; i < 300u; i++) {
        uint8_t bytes[300];
        static char text[64u * 1024u];
        struct op_list ops = {0};
        struct op_list again = {0};
        struct op_config config, config_again;
        struct line error;
        for (uint32_t j = 0; j < sizeof bytes; j++)
            bytes[j] = (uint8_t)random_next(&random);
        EXPECT(op_list_decode(&ops, &config, bytes, random_below(&random, sizeof bytes)));
        FILE *file = tmpfile();
        EXPECT(file != NULL);
        EXPECT(op_text_write(file, "random", &config, &ops));
        rewind(file);
        size_t size = fread(text, 1, sizeof text, file);
        (void)fclose(file);
        EXPECT(op_text_parse(text, size, &config_again, &again, &error));
        EXPECT(memcmp(&config, &config_again, sizeof config) == 0);
        EXPECT_EQUAL(again.count, ops.count);
        EXPECT(ops.count == 0 || memcmp(ops.ops, again.ops, ops.count * sizeof(struct op)) == 0);
        op_list_free(&ops);
        op_list_free(&again);
    }
}

TEST(comments_blanks_and_notation_do_not_matter)
{
    char out[256];
    rewrite("# kheap\r\n\n  # words\n\theap  bins 0x40 0X100\r\n a 0 010 # why\n\nf\t0#\nstats",
            out, sizeof out);
    EXPECT(strcmp(out, "# kheap\nheap bins 64 256\na 0 10\nf 0\nstats\n") == 0);
}

TEST(a_text_without_a_configuration_has_the_default_one)
{
    char out[256];
    rewrite("# kheap", out, sizeof out);
    EXPECT(strcmp(out, "# kheap\nheap bins 64 256\n") == 0);
}

TEST(only_texts_that_start_with_the_magic_line_are_recognised)
{
    EXPECT(op_text_recognise("# kheap\n", 8));
    EXPECT(op_text_recognise("# kheap", 7));
    EXPECT(!op_text_recognise("# kheaps", 8));
    EXPECT(!op_text_recognise("# khea", 6));
    EXPECT(!op_text_recognise("", 0));
    EXPECT(op_text_resembles("a 0 1\n", 6));
    EXPECT(op_text_resembles("\nheap bins 1 1\na 0 1", 20));
    EXPECT(!op_text_resembles("", 0));
    EXPECT(!op_text_resembles("a 0\n", 4));
    EXPECT(!op_text_resembles("a 0 1\n\x01", 7));
    EXPECT(!op_text_resembles("boo 0 1\n", 8));
    expect_refused("", "line 1: a text of operations starts with the line `# kheap'");
    expect_refused("a 0 1\n", "line 1: a text of operations starts with the line `# kheap'");
}

TEST(what_is_wrong_is_said_with_its_line)
{
    expect_refused("# kheap\n#\n\na 0 8\nfre 0\n", "line 5: unknown operation `fre'");
    expect_refused("# kheap\na 0\n", "line 2: `a' takes 2 numbers, slot and size");
    expect_refused("# kheap\nf 0 1 2 3 4 5 6\n", "line 2: `f' takes 1 number, slot");
    expect_refused("# kheap\ncheck 1", "line 2: `check' takes no numbers");
    expect_refused("# kheap\nf 64", "line 2: there is no slot `64'");
    expect_refused("# kheap\na 0 4294967296", "line 2: `4294967296' does not fit into 32 bits");
    expect_refused("# kheap\na 0 -1", "line 2: `-1' is not a number");
    expect_refused("# kheap\na 0 0x", "line 2: `0x' is not a number");
    expect_refused("# kheap\na 0 1f", "line 2: `1f' is not a number");
    expect_refused("# kheap\n\x01\xff", "line 2: unknown operation `\?\?'");
    expect_refused("# kheap\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                   "line 2: unknown operation `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...'");
}

TEST(a_wrong_configuration_is_refused)
{
    expect_refused("# kheap\nheap bins 64",
                   "line 2: `heap' takes a policy and 2 numbers, frames and pages");
    expect_refused("# kheap\nheap best-fit 64 256",
                   "line 2: unknown policy `best-fit', there are bins and first-fit");
    expect_refused("# kheap\nheap bins 4097 256", "line 2: `4097' is too many frames");
    expect_refused("# kheap\nheap bins 64 0", "line 2: `0' cannot be the pages of a window");
    expect_refused("# kheap\nheap bins 64 260097",
                   "line 2: `260097' cannot be the pages of a window");
    expect_refused("# kheap\nheap bins x 1", "line 2: `x' is not a number");
    expect_refused("# kheap\nheap bins 1 1\nheap bins 1 1",
                   "line 3: `heap' comes once, before the first operation");
    expect_refused("# kheap\ncheck\nheap bins 1 1",
                   "line 3: `heap' comes once, before the first operation");
}

/* Each kind's message must name as many numbers as it takes. */
TEST(the_numbers_that_a_kind_takes_are_said_right)
{
    for (uint32_t kind = 0; kind < OP_KIND_COUNT; kind++) {
        char text[64];
        struct op_list ops = {0};
        struct op_config config;
        struct line error;
        (void)snprintf(text, sizeof text, "# kheap\n%s 1 1 1 1", op_word((enum op_kind)kind));
        EXPECT(!op_text_parse(text, strlen(text), &config, &ops, &error));
        size_t count = strlen(op_arguments((enum op_kind)kind));
        const char *takes = strstr(error.text, "takes ");
        EXPECT(takes != NULL);
        EXPECT_EQUAL(takes[6], count == 0 ? 'n' : (char)('0' + count));
        op_list_free(&ops);
    }
}

TEST(no_text_makes_the_parser_read_outside_it)
{
    struct random random = {3};
    for (uint32_t i = 0; i < 20000u; i++) {
        uint32_t size = random_below(&random, sizeof every_kind);
        char *text = malloc(size + (size == 0));
        EXPECT(text != NULL);
        memcpy(text, every_kind, size);
        for (uint32_t j = random_below(&random, 3); j != 0 && size > 8u; j--)
            text[8u + random_below(&random, size - 8u)] = (char)random_next(&random);
        struct op_list ops = {0};
        struct op_config config;
        struct line error;
        line_clear(&error);
        if (!op_text_parse(text, size, &config, &ops, &error))
            EXPECT(strncmp(error.text, "line ", 5) == 0);
        op_list_free(&ops);
        free(text);
    }
}

TEST(an_encoding_ends_with_the_last_operation_that_fits)
{
    struct op_list ops = {0};
    struct op_config config;
    struct line error;
    uint8_t bytes[4096];
    EXPECT(op_text_parse(every_kind, strlen(every_kind), &config, &ops, &error));
    uint32_t full = op_list_encode(&ops, &config, bytes, sizeof bytes);
    uint32_t last = 0;
    for (uint32_t size_max = 0; size_max <= full; size_max++) {
        uint32_t size = op_list_encode(&ops, &config, bytes, size_max);
        struct op_list again = {0};
        struct op_config config_again;
        EXPECT(size <= size_max && size >= last);
        EXPECT(op_list_decode(&again, &config_again, bytes, size));
        EXPECT(again.count == 0 ||
               memcmp(ops.ops, again.ops, again.count * sizeof(struct op)) == 0);
        op_list_free(&again);
        last = size;
    }
    EXPECT_EQUAL(last, full);
    op_list_free(&ops);
}

TEST_MAIN(RUN(every_kind_survives_a_round_trip) RUN(text_to_bytes_to_text_is_exact) RUN(
    bytes_to_text_to_bytes_decode_alike) RUN(comments_blanks_and_notation_do_not_matter)
              RUN(a_text_without_a_configuration_has_the_default_one)
                  RUN(only_texts_that_start_with_the_magic_line_are_recognised)
                      RUN(what_is_wrong_is_said_with_its_line) RUN(a_wrong_configuration_is_refused)
                          RUN(the_numbers_that_a_kind_takes_are_said_right)
                              RUN(no_text_makes_the_parser_read_outside_it)
                                  RUN(an_encoding_ends_with_the_last_operation_that_fits))

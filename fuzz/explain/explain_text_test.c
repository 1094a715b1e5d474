#include "fuzz/explain/explain_text.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ci/unit.h"

static bool reads(const struct text *text, const char *expected)
{
    return text->length == strlen(expected) && memcmp(text->bytes, expected, text->length) == 0;
}

TEST(strings_hold_nothing_that_ends_them_or_a_script)
{
    static const struct {
        const char *words;
        const char *expected;
    } rows[] = {
        {"", "\"\""},
        {"a 0 100", "\"a 0 100\""},
        {"</script>", "\"\\u003c/script\\u003e\""},
        {"<!--", "\"\\u003c!--\""},
        {"\"'&\\", "\"\\u0022\\u0027\\u0026\\u005c\""},
        {"\x01\n\x7f", "\"\\u0001\\u000a\\u007f\""},
        {"\xc3\xa9", "\"\xc3\xa9\""},                  /* UTF-8 stays */
        {"\xe2\x82\xac", "\"\xe2\x82\xac\""},          /* of any length */
        {"\xc3(\xff", "\"\\ufffd(\\ufffd\""},          /* and what is none does not */
        {"\xf0\x9f\x92", "\"\\ufffd\\ufffd\\ufffd\""}, /* cut off */
    };
    for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text *text = text_make(1000);
        text_string(text, rows[i].words);
        EXPECT(reads(text, rows[i].expected));
        text_free(text);
    }
}

TEST(commas_stand_between_members_and_items_only)
{
    struct text *text = text_make(1000);
    text_add(text, "{");
    text_member(text, "a", -1);
    text_member_string(text, "b", "c");
    text_key(text, "d");
    text_add(text, "[");
    text_item(text, 4294967295);
    text_item(text, INT64_MIN);
    text_open(text, "{");
    text_member(text, "e", 0);
    text_add(text, "}");
    text_open(text, "[");
    text_add(text, "]]}");
    EXPECT(
        reads(text, "{\"a\":-1,\"b\":\"c\",\"d\":[4294967295,-9223372036854775808,{\"e\":0},[]]}"));
    text_free(text);
}

TEST(what_does_not_fit_is_left_out_whole_and_seen)
{
    struct text *text = text_make(8);
    text_add(text, "12345678");
    EXPECT(!text->full);
    text_commit(text);
    text_add(text, "9");
    EXPECT(text->full);
    text_commit(text);
    EXPECT_EQUAL(text->committed, 8);
    EXPECT(reads(text, "12345678"));
    text_free(text);
}

TEST(what_a_process_committed_outlives_it)
{
    struct text *text = text_make(1000);
    pid_t pid = fork();
    if (pid == 0) {
        text_add(text, "whole");
        text_commit(text);
        text_add(text, "half");
        _exit(0);
    }
    EXPECT(pid > 0 && waitpid(pid, NULL, 0) == pid);
    EXPECT_EQUAL(text->committed, 5);
    text_rewind(text);
    EXPECT(reads(text, "whole"));
    text_free(text);
}

TEST_MAIN(RUN(strings_hold_nothing_that_ends_them_or_a_script)
              RUN(commas_stand_between_members_and_items_only)
                  RUN(what_does_not_fit_is_left_out_whole_and_seen)
                      RUN(what_a_process_committed_outlives_it))

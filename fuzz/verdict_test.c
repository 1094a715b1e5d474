#include "ci/unit.h"
#include "fuzz/session.h"

#include <string.h>

static void expect_line(const struct line *line, const char *expected)
{
    if (strcmp(line->text, expected) != 0)
        printf("found    %s\nexpected %s\n", line->text, expected);
    EXPECT(strcmp(line->text, expected) == 0);
}

TEST(a_verdict_that_is_ok_is_one_line)
{
    struct line line;
    struct verdict verdict = {
        .ok = true,
        .operation = 30,
        .operation_count = 30,
        .applied_count = 28,
        .digest = 0x0123456789ABCDEFull,
    };
    verdict_line(&verdict, "seed/first.ops", &line);
    expect_line(&line, "seed/first.ops ok operations=30 applied=28 digest=0123456789abcdef");
    verdict = (struct verdict){.ok = true};
    verdict_line(&verdict, "empty", &line);
    expect_line(&line, "empty ok operations=0 applied=0 digest=0000000000000000");
}

TEST(a_verdict_of_a_violation_names_rule_and_operation)
{
    struct line line;
    struct verdict verdict = {
        .violation = {RULE_H2, 0xC0401000u, 0x41, 0x49, "footer at"},
        .operation = 17,
        .operation_count = 17,
        .applied_count = 16,
        .digest = 0xFFFFFFFFFFFFFFFFull,
    };
    verdict_line(&verdict, "x", &line);
    expect_line(&line, "x violation rule=H2 operation=17 operations=17 applied=16 "
                       "digest=ffffffffffffffff");
    verdict.operation = 4294967295u;
    verdict.operation_count = 4294967295u;
    verdict.applied_count = 0;
    verdict.violation.rule = RULE_S8;
    verdict.digest = 1;
    verdict_line(&verdict, "x", &line);
    expect_line(&line, "x violation rule=S8 operation=4294967295 operations=4294967295 applied=0 "
                       "digest=0000000000000001");
}

TEST(a_violation_is_told_with_its_evidence)
{
    struct line line;
    struct violation violation = {RULE_H2, 0xC0401000u, 0x41, 0x49, "footer at"};
    violation_line(&violation, &line);
    expect_line(&line, "H2: header and footer of a block agree: footer at c0401000: "
                       "expected 00000041, found 00000049");
    violation = (struct violation){RULE_F4, 7, 0, 0xFFFFFFFFu, "taken but not in use: frame"};
    violation_line(&violation, &line);
    expect_line(&line, "F4: taken frames are exactly those in use: taken but not in use: frame "
                       "00000007: expected 00000000, found ffffffff");
}

TEST(every_rule_has_an_id_and_a_claim_of_its_own)
{
    for (enum rule a = RULE_NONE; a < RULE_COUNT; a++) {
        EXPECT(strlen(rule_id(a)) > 0 && strlen(rule_claim(a)) > 0);
        for (enum rule b = RULE_NONE; b < a; b++) {
            EXPECT(strcmp(rule_id(a), rule_id(b)) != 0);
            EXPECT(strcmp(rule_claim(a), rule_claim(b)) != 0);
        }
    }
    EXPECT(strcmp(rule_id(RULE_P7), "P7") == 0);
    EXPECT(strcmp(rule_id(RULE_COUNT), "unknown") == 0);
}

TEST_MAIN(RUN(a_verdict_that_is_ok_is_one_line)
              RUN(a_verdict_of_a_violation_names_rule_and_operation)
                  RUN(a_violation_is_told_with_its_evidence)
                      RUN(every_rule_has_an_id_and_a_claim_of_its_own))

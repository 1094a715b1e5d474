#include "fuzz/foreign/test_run.h"

#include <string.h>

#include "ci/unit.h"
#include "fuzz/host.h"
#include "fuzz/op_text.h"

void test_declare(const struct adapter *declared)
{
    test_adapter_set(declared);
}

struct verdict test_run_planned(const char *text, const struct session_plan *plan)
{
    static char whole[1u << 16];
    struct op_config config;
    struct op_list list = {0};
    struct line error;
    struct verdict verdict;
    struct host_options options = {.plan = {.check = SESSION_CHECK_STEP}};
    line_clear(&error);
    if (plan != NULL)
        options.plan = *plan;
    int length = snprintf(whole, sizeof(whole), "%s\n%s", OP_TEXT_MAGIC, text);
    EXPECT(length > 0 && (size_t)length < sizeof(whole));
    if (!op_text_parse(whole, (size_t)length, &config, &list, &error)) {
        printf("%s\n", error.text);
        exit(1);
    }
    const struct op *ops = list.count != 0 ? list.ops : &(struct op){0};
    EXPECT(host_run_ops(&config, ops, list.count, OP_SLOTS, &options, &verdict) == NULL);
    op_list_free(&list);
    return verdict;
}

struct verdict test_run(const char *text)
{
    return test_run_planned(text, NULL);
}

static void expect(const char *text, enum rule rule, uint32_t operation)
{
    struct verdict verdict = test_run(text);
    enum rule found = verdict.ok ? RULE_NONE : verdict.violation.rule;
    if (found == rule && (verdict.ok || verdict.operation == operation))
        return;
    struct line line;
    line_clear(&line);
    if (!verdict.ok)
        violation_line(&verdict.violation, &line);
    printf("mistake %d: expected %s at operation %u, found at %u: %s\n%s", (int)test_mistake,
           rule == RULE_NONE ? "no violation" : rule_id(rule), operation, verdict.operation,
           verdict.ok ? "none" : line.text, text);
    exit(1);
}

void test_breaks(enum test_mistake mistake, enum rule rule, uint32_t operation, const char *text)
{
    test_mistake = TEST_RIGHT;
    expect(text, RULE_NONE, 0);
    test_mistake = mistake;
    expect(text, rule, operation);
    test_mistake = TEST_RIGHT;
}

void test_passes(enum test_mistake mistake, const char *text)
{
    test_mistake = mistake;
    expect(text, RULE_NONE, 0);
    test_mistake = TEST_RIGHT;
}

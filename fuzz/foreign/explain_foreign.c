/* `explain' of a foreign allocator's tool: its operations, and after each of them the blocks as the
 * model knows them. Runs in this process: what the allocator dies of is a verdict (host_catches).
 */
#include <stdio.h>

#include "fuzz/explain/explain.h"
#include "fuzz/explain/explain_reproducer.h"
#include "fuzz/file.h"
#include "fuzz/foreign/host_foreign.h"
#include "fuzz/foreign/memory.h"
#include "fuzz/foreign/run.h"
#include "fuzz/host.h"
#include "fuzz/op_line.h"
#include "fuzz/op_result.h"

#define TEXT_BYTES_MAX (48u << 20)

/* More blocks than a page shows at once. */
#define BLOCKS_MAX 2000u

struct explaining {
    const struct explain_request *request;
    struct text *json;
    struct verdict verdict;
    uint32_t op_count;
    uint32_t first; /* operations shown */
    uint32_t last;
    uint32_t told; /* of them */
    uint32_t blocks;
    uintptr_t high; /* what is added to the low half of an address */
};

static void block_tell(struct explaining *this, uint32_t slot, const struct model_block *block)
{
    text_open(this->json, "[");
    text_item(this->json, slot);
    text_item(this->json, (int64_t)block->at);
    text_item(this->json, (int64_t)block->usable_bytes);
    text_item(this->json, (int64_t)block->size_bytes);
    text_item(this->json, block->seed);
    text_add(this->json, "]");
}

/* By slots: a walk by addresses would not say which slot a block is in. */
static void blocks_tell(struct explaining *this, const struct model *model)
{
    uint32_t count = 0;
    text_key(this->json, "blocks");
    text_add(this->json, "[");
    for (uint32_t slot = 0; slot < model->slots_used && count < BLOCKS_MAX; slot++)
        if (model_live(model, slot)) {
            block_tell(this, slot, &model->slots[slot]);
            count++;
        }
    text_add(this->json, "]");
}

static void grants_tell(struct explaining *this)
{
    text_key(this->json, "grants");
    text_add(this->json, "[");
    for (uint32_t i = 0; i < supply.grants.count && i < BLOCKS_MAX; i++) {
        text_open(this->json, "[");
        text_item(this->json, (int64_t)supply.grants.list[i].start);
        text_item(this->json, (int64_t)supply.grants.list[i].end);
        text_add(this->json, "]");
    }
    text_add(this->json, "]");
}

static void step_tell(struct explaining *this, uint32_t number, const char *text,
                      const char *result)
{
    text_open(this->json, "{");
    text_member(this->json, "number", number);
    text_member_string(this->json, "text", text);
    text_member_string(this->json, "result", result);
    blocks_tell(this, &host_last_run()->model);
    grants_tell(this);
    text_add(this->json, "}");
    text_commit(this->json);
    this->told++;
}

static void observe(void *observer, const struct session_result *result)
{
    struct explaining *this = observer;
    struct line text;
    struct line what;
    if (result->operation < this->first || result->operation > this->last)
        return;
    line_clear(&text);
    line_clear(&what);
    op_line(result->op, &text);
    op_result_line(result, &what);
    step_tell(this, result->operation, text.text, what.text);
}

/* The operation that broke a rule and was not observed: one that did not return, or the end. */
static void guilty_tell(struct explaining *this)
{
    struct line text;
    if (this->verdict.ok || this->verdict.operation < this->first ||
        this->told == this->verdict.operation - this->first + 1u)
        return;
    line_clear(&text);
    bool end = this->verdict.operation > this->op_count;
    if (end)
        line_text(&text, "the end: everything is freed");
    else
        op_line(host_operation(), &text);
    step_tell(this, this->verdict.operation, text.text, "breaks a rule");
}

static const char *run_with(struct explaining *this, bool tell)
{
    struct host_options options = {.plan = {.check = SESSION_CHECK_STEP}};
    if (tell) {
        options.plan.observe = observe;
        options.plan.observer = this;
    }
    return host_run_with(this->request->data, this->request->size_bytes, &options, &this->verdict);
}

static void stretch_choose(struct explaining *this)
{
    const struct explain_request *request = this->request;
    bool all = !request->stretch_given && request->around == 0 && this->op_count <= EXPLAIN_ALL_MAX;
    uint32_t centre = this->verdict.ok ? this->op_count : this->verdict.operation;
    if (request->around != 0 && request->around < centre)
        centre = request->around;
    this->first = all || centre <= request->before ? 1u : centre - request->before;
    this->last = all ? this->op_count : centre + request->after;
}

static struct text *unchecked_text;

static void unchecked_tell(const char *id, const char *claim)
{
    char words[128];
    (void)snprintf(words, sizeof(words), "%s: %s", id, claim);
    /* Of the items of an array of strings. */
    text_open(unchecked_text, "");
    text_string(unchecked_text, words);
}

static void commands_tell(struct explaining *this)
{
    static const char *const commands[] = {"replay --trace", "shrink", "to-c"};
    text_key(this->json, "commands");
    text_add(this->json, "[");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        char words[512];
        (void)snprintf(words, sizeof(words), "kheap-%s %s %s", adapter.name, commands[i],
                       this->request->path);
        text_open(this->json, "");
        text_string(this->json, words);
    }
    text_add(this->json, "]");
}

static void head_tell(struct explaining *this, const struct explain_answer *answer)
{
    struct text *json = this->json;
    const struct violation *violation = &this->verdict.violation;
    const struct supply_window window = run_window(&host_last_run()->config);
    text_add(json, "{");
    text_member_string(json, "allocator", adapter.name);
    text_member(json, "fails", answer->fails);
    text_member_string(json, "rule", rule_id(violation->rule));
    text_member_string(json, "claim", rule_claim(violation->rule));
    text_member_string(json, "verdict", answer->verdict.text);
    text_member_string(json, "evidence", answer->evidence.text);
    text_member(json, "operations", this->op_count);
    text_member(json, "guilty", answer->fails ? this->verdict.operation : 0);
    text_key(json, "window");
    text_add(json, "[");
    text_item(json, (int64_t)window.start);
    text_item(json, (int64_t)window.limit);
    text_add(json, "]");
    text_key(json, "at");
    if (answer->fails && adapter.memory != ADAPTER_OWN)
        text_number(json, (int64_t)(this->high + violation->at));
    else
        text_add(json, "null");
    text_key(json, "unchecked");
    text_add(json, "[");
    unchecked_text = json;
    run_unchecked(unchecked_tell);
    text_add(json, "]");
    commands_tell(this);
}

static const char *ops_count(struct explaining *this)
{
    struct input input;
    struct op op;
    const char *why = input_open(&input, this->request->data, this->request->size_bytes);
    while (why == NULL && input_next(&input, &op))
        this->op_count++;
    return why;
}

static const char *reproducer_tell(struct explaining *this, const struct explain_answer *answer)
{
    const struct reproducer reproducer = {
        .name = file_name(this->request->path),
        .data = this->request->data,
        .size_bytes = this->request->size_bytes,
        .operation = answer->fails ? this->verdict.operation : 0,
        .evidence = answer->fails ? answer->evidence.text : NULL,
    };
    return reproducer_write(&reproducer, this->json);
}

static const char *explain(struct explaining *this, struct explain_answer *answer)
{
    const char *why = ops_count(this);
    if (why == NULL)
        why = run_with(this, false);
    if (why != NULL)
        return why;
    this->high = memory_open()->start - MEMORY_START;
    answer->fails = !this->verdict.ok;
    answer->operations = this->op_count;
    verdict_line(&this->verdict, file_name(this->request->path), &answer->verdict);
    if (answer->fails)
        violation_line(&this->verdict.violation, &answer->evidence);
    stretch_choose(this);
    head_tell(this, answer);
    /* Of a long run nobody reads the program. */
    if (this->op_count <= EXPLAIN_ALL_MAX)
        why = reproducer_tell(this, answer);
    else
        text_member_string(this->json, "reproducer", "");
    if (why != NULL)
        return why;
    text_key(this->json, "steps");
    text_add(this->json, "[");
    text_commit(this->json);
    why = run_with(this, true);
    if (why != NULL)
        return why;
    guilty_tell(this);
    answer->shown = this->told < this->op_count ? this->told : this->op_count;
    text_add(this->json, "]}\n");
    text_commit(this->json);
    return this->json->full ? "it is more than a page can show: see --before" : NULL;
}

const char *explain_input(const struct explain_request *request, struct explain_answer *answer)
{
    *answer = (struct explain_answer){.json = text_make(TEXT_BYTES_MAX)};
    struct explaining this = {.request = request, .json = answer->json};
    line_clear(&answer->evidence);
    return answer->json != NULL ? explain(&this, answer) : "not enough memory to explain it";
}

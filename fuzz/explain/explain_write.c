#include <string.h>

#include "fuzz/explain/explain_internal.h"
#include "fuzz/explain/explain_reproducer.h"
#include "fuzz/explain/explain_stack.h"
#include "fuzz/file.h"
#include "fuzz/op_line.h"

static void write_stack(const struct explanation *this, struct text *text)
{
    const struct shared *shared = this->shared;
    const struct run_stack *stack = &shared->report.stack;
    const char *kind = shared->report.end == RUN_RULE ? "fault" : "crash";
    if (shared->report.verdict.violation.rule == RULE_O1)
        kind = "access";
    if (stack->count == 0 && shared->caught.end == RUN_CAUGHT) {
        stack = &shared->caught.stack;
        kind = shared->stored ? "store" : "last";
    }
    if (stack->count == 0)
        return;
    text_key(text, "stack");
    text_add(text, "{");
    text_member_string(text, "kind", kind);
    text_member(text, "operation",
                stack == &shared->caught.stack ? shared->store.operation : shared->report.number);
    stack_write(stack, text);
    text_add(text, "}");
}

static void write_violation(const struct explanation *this, struct text *text)
{
    const struct violation *violation = &this->shared->report.verdict.violation;
    const struct guilty *guilty = &this->shared->guilty;
    text_member_string(text, "rule", rule_id(violation->rule));
    text_member_string(text, "claim", rule_claim(violation->rule));
    text_member_string(text, "what", violation->what);
    text_member(text, "at", violation->at);
    text_member(text, "expected", violation->expected);
    text_member(text, "found", violation->found);
    text_key(text, "guilty");
    text_add(text, "{");
    text_member_string(text, "place", guilty_place_word(guilty->place));
    text_member(text, "at", guilty->at);
    text_member(text, "word", guilty->word);
    text_add(text, "}");
}

void explanation_say(struct explanation *this)
{
    const struct run_report *report = &this->shared->report;
    struct explain_answer *answer = this->answer;
    const char *name = file_name(this->request->path);
    line_clear(&answer->evidence);
    if (report->end == RUN_OK || report->end == RUN_RULE) {
        verdict_line(&report->verdict, name, &answer->verdict);
        if (report->end == RUN_RULE)
            violation_line(&report->verdict.violation, &answer->evidence);
        return;
    }
    bool hang = report->end == RUN_HANG;
    line_clear(&answer->verdict);
    line_text(&answer->verdict, name);
    line_text(&answer->verdict,
              hang ? " violation rule=hang operation=" : " violation rule=crash operation=");
    line_decimal(&answer->verdict, report->number);
    line_text(&answer->evidence, hang ? "hang: a call did not end in the time that it had"
                                      : "crash: the process died of signal ");
    if (hang)
        return;
    line_decimal(&answer->evidence, (uint32_t)report->signal);
    line_text(&answer->evidence, ", ");
    line_text(&answer->evidence, strsignal(report->signal));
}

static void write_outcome(const struct explanation *this, struct text *text)
{
    static const char *const ends[] = {
        [RUN_NONE] = "crash",  [RUN_OK] = "ok",     [RUN_RULE] = "rule",
        [RUN_CRASH] = "crash", [RUN_HANG] = "hang", [RUN_CAUGHT] = "crash",
    };
    const struct run_report *report = &this->shared->report;
    text_key(text, "outcome");
    text_add(text, "{");
    text_member_string(text, "end", ends[report->end]);
    text_member(text, "operation", report->number);
    text_member_string(text, "verdict", this->answer->verdict.text);
    text_member_string(text, "evidence", this->answer->evidence.text);
    if (report->end == RUN_RULE)
        write_violation(this, text);
    text_add(text, "}");
}

/* Operations that would have come, had the run gone on. */
static void write_later(const struct explanation *this, struct text *text)
{
    struct input input;
    struct op op;
    uint32_t number = 1;
    text_key(text, "later");
    text_add(text, "[");
    if (this->answer->fails &&
        input_open(&input, this->request->data, this->request->size_bytes) == NULL)
        for (; input_next(&input, &op) && number <= this->last; number++) {
            struct line line;
            if (number <= this->shared->report.number)
                continue;
            line_clear(&line);
            op_line(&op, &line);
            text_open(text, "");
            text_string(text, line.text);
        }
    text_add(text, "]");
}

static void write_input(const struct explanation *this, struct text *text)
{
    struct line line;
    line_clear(&line);
    op_line_config(&this->config, &line);
    text_member(text, "kheap_explain", 1);
    text_member_string(text, "name", file_name(this->request->path));
    text_member_string(text, "path", this->request->path);
    text_member_string(text, "heap", line.text);
    text_member(text, "operations", this->op_count);
}

/* Of a long input it would be no program that anyone reads. */
static const char *write_reproducer(const struct explanation *this, struct text *text)
{
    const struct explain_request *request = this->request;
    struct reproducer reproducer = {
        .name = file_name(request->path),
        .data = request->data,
        .size_bytes = request->size_bytes,
        .operation = this->shared->report.number,
        .evidence = this->answer->evidence.text,
    };
    if (!this->answer->fails || this->op_count > EXPLAIN_ALL_MAX)
        return NULL;
    return reproducer_write(&reproducer, text);
}

const char *explanation_write(const struct explanation *this)
{
    struct text *text = this->answer->json;
    text_add(text, "{");
    write_input(this, text);
    write_outcome(this, text);
    text_key(text, "overview");
    text_add(text, "[");
    text_add_bytes(text, this->points->bytes, this->points->committed);
    text_add(text, "]");
    write_stack(this, text);
    write_later(this, text);
    const char *why = write_reproducer(this, text);
    if (why != NULL)
        return why;
    text_open(text, "");
    text_add_bytes(text, this->steps->bytes, this->steps->committed);
    text_add(text, "]}\n");
    text_commit(text);
    return text->full ? "its page would be larger than 48 MiB: show fewer operations (--before)"
                      : NULL;
}

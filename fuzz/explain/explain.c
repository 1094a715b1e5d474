#include "fuzz/explain/explain.h"

#include <sys/mman.h>

#include "fuzz/explain/explain_internal.h"
#include "fuzz/explain/explain_record.h"
#include "fuzz/explain/explain_survey.h"

/* What is recorded, and the whole: more than any page may hold. */
#define TEXT_BYTES_MAX (48u << 20)
#define SURVEY_BYTES_MAX (1u << 20)

static const char *const no_process = "no process can be had to run it in";

static const char *read_input(struct explanation *this)
{
    struct input input;
    struct op op;
    const char *why = input_open(&input, this->request->data, this->request->size_bytes);
    if (why != NULL)
        return why;
    this->config = input.config;
    while (input_next(&input, &op))
        this->op_count++;
    return NULL;
}

/* Which operations are shown. */
static void choose_stretch(struct explanation *this)
{
    const struct explain_request *request = this->request;
    bool all = !request->stretch_given && request->around == 0 && this->op_count <= EXPLAIN_ALL_MAX;
    uint32_t end = this->op_count + 1u; /* which counts as one */
    uint32_t centre = this->answer->fails ? this->shared->report.number : end;
    if (request->around != 0 && request->around < centre)
        centre = request->around;
    uint64_t last = all ? end : (uint64_t)centre + request->after;
    this->last = last < end ? (uint32_t)last : end;
    this->first = all || centre <= request->before ? 0 : centre - request->before - 1u;
}

static const char *survey(struct explanation *this)
{
    struct survey survey = {.text = this->points, .guilty = &this->shared->guilty};
    struct run_follower follower;
    struct run_report *report = &this->shared->report;
    survey_follow(&survey, this->op_count, &follower);
    if (!run_input(this->request->data, this->request->size_bytes, &follower, report))
        return no_process;
    if (report->end == RUN_REFUSED)
        return report->why;
    this->answer->fails = report->end != RUN_OK;
    return NULL;
}

static const char *record(struct explanation *this)
{
    struct shared *shared = this->shared;
    struct record record = {
        .base = this->first,
        .last = this->last,
        .watched = shared->guilty.word,
        .everywhere = shared->guilty.place != GUILTY_NOWHERE,
        .text = this->steps,
        .store = &shared->store,
        .stored = &shared->stored,
    };
    struct run_follower follower;
    struct run_report *report = &shared->caught;
    record_follow(&record, &follower);
    if (!run_input(this->request->data, this->request->size_bytes, &follower, report))
        return no_process;
    return this->steps->committed == 0 ? "not enough memory to record its run" : NULL;
}

/* Where a rule is broken, the stack of the store that broke it; a crash, a hang and a page fault
 * have brought theirs with them. */
static const char *catch_store(struct explanation *this)
{
    struct shared *shared = this->shared;
    struct run_follower follower = {.store = shared->store};
    shared->caught = (struct run_report){0};
    /* Of this rule alone the access itself was seen. */
    if (shared->report.verdict.violation.rule == RULE_O1)
        shared->report.stack = shared->report.trespass;
    if (!this->answer->fails || shared->report.stack.count != 0 || !shared->store.wanted)
        return NULL;
    if (!run_input(this->request->data, this->request->size_bytes, &follower, &shared->caught))
        return no_process;
    return NULL;
}

static const char *explain(struct explanation *this)
{
    const char *why = read_input(this);
    if (why == NULL)
        why = survey(this);
    if (why != NULL)
        return why;
    explanation_say(this);
    choose_stretch(this);
    this->answer->operations = this->op_count;
    uint32_t reached = this->shared->report.number;
    uint32_t last = this->last < reached ? this->last : reached;
    this->answer->shown = (last <= this->op_count ? last : this->op_count) - this->first;
    why = record(this);
    if (why == NULL)
        why = catch_store(this);
    return why != NULL ? why : explanation_write(this);
}

const char *explain_input(const struct explain_request *request, struct explain_answer *answer)
{
    struct explanation this = {.request = request, .answer = answer};
    const char *why = "not enough memory to explain it";
    *answer = (struct explain_answer){.json = text_make(TEXT_BYTES_MAX)};
    this.points = text_make(SURVEY_BYTES_MAX);
    this.steps = text_make(TEXT_BYTES_MAX);
    this.shared =
        mmap(NULL, sizeof(*this.shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (answer->json != NULL && this.points != NULL && this.steps != NULL &&
        this.shared != MAP_FAILED)
        why = explain(&this);
    text_free(this.points);
    text_free(this.steps);
    if (this.shared != MAP_FAILED)
        (void)munmap(this.shared, sizeof(*this.shared));
    return why;
}

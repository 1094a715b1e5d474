#include "fuzz/foreign/run_internal.h"

#include "fuzz/digest.h"
#include "fuzz/foreign/feedback.h"
#include "fuzz/foreign/memory.h"
#include "fuzz/foreign/state.h"
#include "fuzz/foreign/steps.h"

/* So many operations lie between two calls of `validate`, or looks at everything, on a heap with
 * more live blocks than RARE_LIVE. */
#define RARE_LIVE 256u
#define RARE_EVERY 4096u

/* A fuzzer calls a `validate` that runs through more basic blocks than this once in so many
 * operations as it is longer: it would do little else. It is called at the end in any case. */
#define VALIDATE_STEPS 8u

static struct run *misuse_run;

void adapter_misuse(const void *at)
{
    misuse_run->misuse_count++;
    misuse_run->misuse_at = (uintptr_t)at;
}

_Noreturn void adapter_panic(const char *why)
{
    misuse_run->why = why;
    run_panicked();
}

static uint64_t slots_offset(void)
{
    return (sizeof(struct run) + 7u) / 8u * 8u;
}

uint64_t run_size_bytes(uint32_t slot_count)
{
    return slots_offset() + ((uint64_t)slot_count + RUN_CROWD_MAX) * sizeof(struct model_block);
}

struct run *run_make(void *memory, uint32_t slot_count)
{
    struct run *run = memory;
    run->crowd_at = slot_count;
    run->model.slots = (struct model_block *)(void *)((char *)memory + slots_offset());
    run->model.slot_count = slot_count + RUN_CROWD_MAX;
    return run;
}

size_t run_size(uint32_t n)
{
    if (sizeof(size_t) == 4 || n < 0x80000000u)
        return n;
    if (n >= 0xFF000000u)
        return (size_t)(int64_t)(int32_t)n;
    int64_t low = (int64_t)((n & 0xFFFFFFu) ^ 0x800000u) - 0x800000;
    return (size_t)(((uint64_t)1 << (32u + (n >> 24) % 32u)) + (uint64_t)low);
}

void run_digest(struct run *run, uintptr_t number)
{
    digest_word(&run->digest, (uint32_t)number);
}

void run_call(struct run *run)
{
    run->call_count++;
    supply.calling = true;
    steps_count = 0;
}

void run_called(struct run *run)
{
    supply.calling = false;
    if (steps_count > run->steps)
        run->steps = steps_count;
}

bool run_unbounded(void)
{
    return adapter.memory == ADAPTER_OWN && supply.grants.count == 0;
}

bool run_size_untried(uintptr_t size_bytes)
{
    if (size_bytes > run_asked_max())
        return true;
    /* Memory of the system's own is granted as long as it is not used, and here it is. */
    return run_unbounded() && size_bytes > 0x4000000u && size_bytes <= PTRDIFF_MAX;
}

static bool run_rule_A15(struct run *run)
{
    return adapter.steps_max == 0 || run->steps <= adapter.steps_max ||
           violation_set(&run->violation, RULE_A15, (uint32_t)supply.window.start,
                         adapter.steps_max, run->steps, "basic blocks of one call, on the heap at");
}

static bool rule_A8(struct run *run)
{
    if (adapter.validate == NULL || !run->made)
        return true;
    run_call(run);
    run->validating = true;
    bool whole = adapter.validate();
    run->validating = false;
    run->unvalidated = run->plan.brief_end ? steps_count / VALIDATE_STEPS : 0;
    supply.calling = false; /* how long it takes is its own affair */
    return whole || violation_set(&run->violation, RULE_A8, (uint32_t)supply.window.start, 1, 0,
                                  "what validate says (found) of the heap at");
}

bool run_rule_A14_good(struct run *run)
{
    return run->misuse_count == 0 ||
           violation_set(&run->violation, RULE_A14, (uint32_t)run->misuse_at, 0, run->misuse_count,
                         "misuses reported by a call that is in order, of");
}

bool run_thorough(const struct run *run)
{
    return run->plan.check == SESSION_CHECK_FULL || run->plan.check == SESSION_CHECK_BOTH;
}

bool run_check(struct run *run, bool everything)
{
    bool rare = run->model.live_count > RARE_LIVE && run->operation_count % RARE_EVERY != 0;
    bool full = everything || run_thorough(run);
    if (!supply_rule_A16(&run->violation) || !supply_rule_A4(full, &run->violation) ||
        !run_rule_A15(run))
        return false;
    if (run->plan.check == SESSION_CHECK_NONE)
        return true;
    if (full && !model_all_intact(&run->model, &run->violation))
        return false;
    if (!full && run->touched && !model_neighbours_intact(&run->model, &run->violation))
        return false;
    if (!everything && (rare || run->unvalidated > 0)) {
        run->unvalidated -= run->unvalidated > 0;
        return true;
    }
    return rule_A8(run);
}

bool run_heap_make(struct run *run, const struct supply_window *window)
{
    state_restore();
    uintptr_t room = window->limit - window->start;
    run->made = supply_begin(adapter.memory, window) && room != 0 && room >= adapter.window_min;
    if (run->made) {
        run_call(run);
        run->made = adapter.init((void *)window->start, (void *)window->limit);
        run_called(run);
        run->steps = 0; /* init may take its time */
    }
    return run->made;
}

/* True if a fresh heap grants so many bytes. */
static bool fresh_grants(struct run *run, const struct supply_window *window, uintptr_t size_bytes)
{
    if (!run_heap_make(run, window))
        return false;
    run_call(run);
    void *at = adapter.alloc(size_bytes);
    run_called(run);
    return at != NULL;
}

/* The largest request for which so much room is enough, as far as is declared. */
static uintptr_t largest_declared(uintptr_t room)
{
    uintptr_t keeps = adapter.front_bytes + adapter.end_bytes;
    uintptr_t fits = 0;
    uintptr_t large = room + 1u;
    while (adapter.needs != NULL && room > keeps && large - fits > 1u) {
        uintptr_t middle = fits + (large - fits) / 2u;
        if (adapter.needs(0, middle) <= room - keeps)
            fits = middle;
        else
            large = middle;
    }
    return fits;
}

/* By trying, each time on a fresh heap: first near what is declared, which depends on nothing but
 * the window, as what is found must. */
static uintptr_t largest_search(struct run *run, const struct supply_window *window, uintptr_t room)
{
    uintptr_t granted = 0;
    uintptr_t refused = (room < run_asked_max() ? room : run_asked_max()) + 1u;
    uintptr_t tried = largest_declared(room);
    for (uintptr_t step = 1; tried > granted && tried < refused; step *= 2u) {
        if (!fresh_grants(run, window, tried))
            refused = tried;
        else
            granted = tried;
        tried = granted + step;
    }
    while (refused - granted > 1u) {
        uintptr_t middle = granted + (refused - granted) / 2u;
        if (fresh_grants(run, window, middle))
            granted = middle;
        else
            refused = middle;
    }
    return granted;
}

/* Of windows seen before it is remembered. */
#define REMEMBERED 1024u

uintptr_t run_largest_fresh(struct run *run, const struct supply_window *window)
{
    static struct {
        struct supply_window window;
        uintptr_t largest;
    } remembered[REMEMBERED];
    uintptr_t room = window->limit - window->start;
    uintptr_t pages = window->page_count;
    uint32_t hash = (uint32_t)(room * 31u + window->start + pages * 7u) * 0x9E3779B1u >> 22;
    if (remembered[hash].window.start == window->start &&
        remembered[hash].window.limit == window->limit &&
        remembered[hash].window.page_count == pages)
        return remembered[hash].largest;
    feedback_pause();
    remembered[hash].window = *window;
    remembered[hash].largest =
        largest_search(run, window, room / MEMORY_PAGE < pages ? room : pages * MEMORY_PAGE);
    feedback_resume();
    return remembered[hash].largest;
}

struct supply_window run_window(const struct op_config *config)
{
    const struct memory *memory = memory_open();
    uintptr_t room = (memory->end - memory->start) / MEMORY_PAGE;
    uintptr_t pages = adapter.memory == ADAPTER_POOL ? config->frame_count : config->window_pages;
    uintptr_t tail =
        adapter.memory == ADAPTER_POOL ? config->window_pages % RUN_TAIL_PAGES * 4u : 0;
    pages = pages < room ? pages : room;
    uintptr_t size = pages * MEMORY_PAGE;
    if (adapter.window_max != 0 && size > adapter.window_max)
        size = adapter.window_max;
    return (struct supply_window){
        .start = memory->start,
        .limit = memory->start + (size > tail ? size - tail : size),
        .page_count = config->frame_count,
    };
}

static void heap_begin(struct run *run)
{
    struct supply_window window = run_window(&run->config);
    run->largest = 0;
    if (adapter.empty_as_fresh && adapter.memory != ADAPTER_OWN)
        run->largest = run_largest_fresh(run, &window);
    (void)run_heap_make(run, &window);
    supply.refuse_request = run->plan.refuse_request;
    supply.refuse_on = run->plan.refuse_on;
    run_digest(run, run->made);
}

bool run_begin(struct run *run, const struct op_config *config)
{
    model_clear(&run->model);
    misuse_run = run;
    run->config = *config;
    run->crowd_count = 0;
    run->misuse_count = 0;
    run->refusal_count = 0;
    run->steps = 0;
    run->validating = false;
    run->unvalidated = 0;
    run->why = NULL;
    run->op = (struct op){0};
    run->operation_count = 0;
    run->applied_count = 0;
    run->requests = 0;
    run->touched = false;
    run->digest = DIGEST_START;
    run->violation = (struct violation){0};
    run_digest(run, config->frame_count);
    run_digest(run, config->window_pages);
    supply.live = &run->model;
    heap_begin(run);
    return run->made;
}

static enum run_outcome apply(struct run *run, const struct op *op)
{
    if (op->kind >= OP_KIND_COUNT || op->slot >= run->crowd_at)
        return RUN_SKIPPED;
    /* A window that is too small for the allocator can still be exchanged for another. */
    if (!run->made && op->kind != OP_WINDOW)
        return RUN_SKIPPED;
    if (op_is_misuse(op->kind))
        return run_apply_misuse(run, op);
    switch (op->kind) {
    case OP_ALLOC:
    case OP_FREE:
    case OP_REALLOC:
    case OP_ALIGNED:
    case OP_ZALLOC:
    case OP_FILL:
    case OP_SAME: return run_apply_block(run, op);
    default: return run_apply_window(run, op);
    }
}

static bool apply_checked(struct run *run, const struct op *op)
{
    run->op = *op;
    run->operation_count++;
    if (run->operation_count == run->plan.stop_at)
        guilty_operation(run, op);
    run->misuse_count = 0;
    run->touched = false;
    run->steps = 0;
    run->supply_refusals = supply.refusal_count;
    run->supply_injected = supply.injected_count;
    enum run_outcome outcome = apply(run, op);
    if (outcome != RUN_APPLIED)
        return outcome == RUN_SKIPPED;
    run->applied_count++;
    /* A fuzzer reads each block before it is freed, and does without reading all of them here. */
    bool everything = op->kind == OP_CHECK && !run->plan.brief_end;
    return (op_is_misuse(op->kind) || run_rule_A14_good(run)) && run_check(run, everything);
}

static uintptr_t slot_at(const struct run *run, uint32_t slot)
{
    return slot < run->crowd_at ? run->model.slots[slot].at : 0;
}

/* The operation, and the plan's observer told of it. Addresses are told by their low 32 bits. */
static bool apply_observed(struct run *run, const struct op *op)
{
    struct session_result result = {
        .op = op,
        .before_at = (uint32_t)slot_at(run, op->slot),
        .frames_free_before = (uint32_t)supply.pages_left,
    };
    uint32_t applied_count = run->applied_count;
    uint32_t refusal_count = run->refusal_count;
    result.violated = !apply_checked(run, op);
    result.operation = run->operation_count;
    result.applied = run->applied_count != applied_count;
    result.refused = run->refusal_count != refusal_count;
    result.at = (uint32_t)slot_at(run, op->slot);
    result.usable_bytes = result.at != 0 ? (uint32_t)run->model.slots[op->slot].usable_bytes : 0;
    result.misuse_count = run->misuse_count;
    result.misuse_at = (uint32_t)run->misuse_at;
    result.misuse_reason = run->misuse_count != 0 ? "by the allocator" : "";
    result.frames_free = (uint32_t)supply.pages_left;
    result.end = (uint32_t)supply.break_at;
    run->plan.observe(run->plan.observer, &result);
    return !result.violated;
}

static void verdict_fill(const struct run *run, bool ok, struct verdict *verdict)
{
    *verdict = (struct verdict){
        .ok = ok,
        .violation = run->violation,
        .operation = run->operation_count,
        .operation_count = run->operation_count,
        .applied_count = run->applied_count,
        .frame_requests = ok ? run->requests : supply.request_count,
        .digest = run->digest,
    };
}

void run_input(struct run *run, struct input *input, const struct session_plan *plan,
               struct verdict *verdict)
{
    struct op op;
    run->plan = *plan;
    (void)run_begin(run, &input->config);
    bool ok = run_rule_A14_good(run) && run_check(run, !plan->brief_end);
    while (ok && input_next(input, &op))
        ok = plan->observe != NULL ? apply_observed(run, &op) : apply_checked(run, &op);
    if (ok) {
        if (run->operation_count + 1u == plan->stop_at)
            guilty_operation(run, &run->op);
        ok = run_end(run);
        run->operation_count += !ok;
    }
    verdict_fill(run, ok, verdict);
}

static bool around_window(uintptr_t at)
{
    const struct memory *memory = memory_open();
    return at >= memory->start - MEMORY_PAGE && at < memory->end + MEMORY_PAGE;
}

/* A check of its own that does not return has found something. */
static bool rule_A8_returns(struct run *run)
{
    return !run->validating ||
           violation_set(&run->violation, RULE_A8, (uint32_t)supply.window.start, 1, 0,
                         "validate does not come back, on the heap at");
}

void run_faulted(struct run *run, uintptr_t at, const char *what, struct verdict *verdict)
{
    bool window = adapter.memory != ADAPTER_OWN && around_window(at);
    supply.calling = false;
    if (rule_A8_returns(run))
        (void)violation_set(&run->violation, window ? RULE_A4 : RULE_A5, (uint32_t)at, 0, 0,
                            window ? "access to memory that was not granted, at" : what);
    verdict_fill(run, false, verdict);
}

void run_given_up(struct run *run, struct verdict *verdict)
{
    bool detected = op_is_misuse(run->op.kind) && adapter.misuse_detected && !run->validating;
    supply.calling = false;
    if (!detected)
        (void)violation_set(&run->violation, RULE_A8, (uint32_t)supply.window.start, 0, 1,
                            run->why != NULL ? run->why : "the allocator gives up, on the heap at");
    verdict_fill(run, detected, verdict);
}

void run_endless(struct run *run, struct verdict *verdict)
{
    supply.calling = false;
    if (rule_A8_returns(run))
        (void)violation_set(&run->violation, RULE_A5, (uint32_t)supply.window.start, 0,
                            RUN_STEPS_MAX, "a call that does not come to an end, on the heap at");
    verdict_fill(run, false, verdict);
}

void run_unchecked(void (*tell)(const char *id, const char *claim))
{
    const struct {
        bool declared;
        enum rule rule;
    } properties[] = {
        {adapter.zeroed != NULL, RULE_A6},
        {adapter.usable != NULL, RULE_A7},
        {adapter.validate != NULL, RULE_A8},
        {adapter.align_bytes != 0 || adapter.aligned != NULL, RULE_A9},
        {adapter.needs != NULL, RULE_A10},
        {adapter.empty_as_fresh, RULE_A11},
        {adapter.same_again, RULE_A12},
        {adapter.resize_in_place, RULE_A13},
        {adapter.misuse_detected, RULE_A14},
        {adapter.steps_max != 0, RULE_A15},
    };
    for (uint32_t i = 0; i < sizeof properties / sizeof properties[0]; i++)
        if (!properties[i].declared)
            tell(rule_id(properties[i].rule), rule_claim(properties[i].rule));
}

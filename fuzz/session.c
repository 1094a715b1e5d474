#include "fuzz/session_internal.h"

#include "fuzz/poison.h"
#include "fuzz/session_ahead.h"
#include "invariants/eye.h"
#include "mmu_x86/injection.h"
#include "mmu_x86/machine.h"
#include "mmu_x86/paging.h"

/* Any key would do; what matters is that it is the same on every port. */
#define SESSION_KEY 0x5BD1E995u

static struct session *misuse_session;

void machine_misuse(const struct misuse *misuse)
{
    misuse_session->misuse_count++;
    misuse_session->misuse = *misuse;
    misuse_session->misuse_reason = misuse_reason_text(misuse->reason);
    misuse_session->misuse_call = misuse_call_text(misuse->call);
}

static uint64_t slots_offset(void)
{
    return (sizeof(struct session) + 7u) / 8u * 8u + SHADOW_OWNED_BYTES;
}

uint64_t session_size_bytes(uint32_t slot_count)
{
    return slots_offset() + (uint64_t)slot_count * sizeof(struct shadow_block);
}

struct session *session_make(void *memory, uint32_t slot_count)
{
    struct session *session = memory;
    char *bytes = memory;
    session->shadow = (struct shadow){
        .slots = (struct shadow_block *)(void *)(bytes + slots_offset()),
        .slot_count = slot_count,
        .owned = (uint32_t *)(void *)(bytes + slots_offset() - SHADOW_OWNED_BYTES),
    };
    return session;
}

void session_mirror(struct session *session, struct mirror *mirror)
{
    session->mirror = mirror;
}

const struct session_worst *session_costs(const struct session *session)
{
    return session->worst;
}

static uint32_t word_at(vaddr_t at)
{
    struct eye eye = EYE_OPEN;
    uint32_t word = 0;
    return eye_read(&eye, at.v, &word) ? word : 0;
}

uint32_t session_heap_end(const struct session *session)
{
    return word_at(vaddr_add(session->scene.heap_at, HEAP_END));
}

uint32_t session_frames_free(const struct session *session)
{
    return word_at(vaddr_add(session->scene.frames_at, FRAMES_FREE));
}

const struct heap *session_heap(const struct session *session)
{
    return &session->heap;
}

const struct op *session_operation(const struct session *session)
{
    return &session->op;
}

uint32_t session_operation_number(const struct session *session)
{
    return session->operation_count;
}

void session_watch_payloads(struct session *session, bool watch)
{
    const struct shadow *shadow = &session->shadow;
    probe_payloads(shadow->owned, vaddr_of(shadow->window_start),
                   watch ? SHADOW_OWNED_BYTES * 64u : 0);
}

/* A heap is found again by its address, and its window cannot be taken twice. */
static bool heap_found_again(struct session *session, const struct heap_config *config)
{
    struct heap again = {VADDR_NULL, 0, HEAP_BINS};
    const struct heap *heap = &session->heap;
    if (!heap_open(&again, config->start) || again.at.v != heap->at.v || again.key != heap->key ||
        again.policy != heap->policy)
        return violation_set(&session->violation, RULE_H8, config->start.v, heap->key, again.key,
                             "key of the heap opened at");
    probe_journal_clear();
    enum heap_result result = heap_init(&again, config);
    return result == HEAP_BAD_WINDOW
               ? session_rule_S5(session)
               : violation_set(&session->violation, RULE_P3, config->start.v, HEAP_BAD_WINDOW,
                               result, "result of a second heap_init at");
}

/* The first full check, and the heap's first page. */
static bool session_boot(struct session *session)
{
    struct scene *scene = &session->scene;
    uint32_t interrupts = machine_interrupts_disable();
    enum frames_result made =
        frames_init(scene->frames_at, session->boot.frames_size_bytes, &session->boot.map);
    machine_interrupts_restore(interrupts);
    if (made != FRAMES_OK)
        return violation_set(&session->violation, RULE_F5, scene->frames_at.v, 0, FRAMES_NO_ROOM,
                             "no room for the frame bitmap at");
    uint32_t word_count = scene_words(scene->frame_count);
    uint32_t summary_bytes = 4u * scene_words(word_count);
    probe_free_bitmap(vaddr_add(scene->frames_at, FRAMES_BITS + summary_bytes), scene->frame_count);
    struct heap_config config = {
        .frames = scene->frames_at,
        .start = scene->heap_at,
        .limit = scene->heap_limit,
        .key = scene->key,
        .policy = (enum heap_policy)scene->policy,
    };
    probe_journal_clear();
    enum heap_result result = heap_init(&session->heap, &config);
    digest_word(&session->digest, result);
    scene->heap_made = result == HEAP_OK;
    /* The first page and its table. */
    if (!scene->heap_made &&
        (!session_rule_S4(session,
                          session->config.frame_count < 2u || injection.frames_refused != 0,
                          PAGE_SIZE) ||
         !session_rule_S5(session)))
        return false;
    if (scene->heap_made && !heap_found_again(session, &config))
        return false;
    return session_check_boot(session);
}

bool session_begin(struct session *session, const struct op_config *config)
{
    shadow_clear(&session->shadow);
    session->shadow.window_start = HEAP_WINDOW_START;
    session->config = *config;
    session->digest = DIGEST_START;
    session->violation = (struct violation){0};
    session->census_current = true;
    for (uint32_t kind = 0; kind < OP_KIND_COUNT; kind++)
        session->worst[kind] = (struct session_worst){0};
    session->op = (struct op){0};
    session->misuse = (struct misuse){0};
    session->misuse_reason = misuse_reason_text(MISUSE_NONE);
    session->misuse_count = 0;
    session->misuse_total = 0;
    session->refusal_count = 0;
    session->operation_count = 0;
    session->applied_count = 0;
    misuse_session = session;
    session_handler_install(session);
    if (!probe_reset(config->frame_count, &session->boot))
        return violation_set(&session->violation, RULE_F5, 0, config->frame_count,
                             probe_frame_count_max(), "frames of this machine (found), from frame");
    injection.refuse_request = session->plan.refuse_request;
    injection.refuse_request_on = session->plan.refuse_on;
    session->frame_requests = 0;
    session_watch_payloads(session, true);
    poison_begin(&session->boot);
    for (uint32_t page = 0; page < DEVICE_PAGES; page++)
        session->device_frames[page] = DEVICE_UNMAPPED;
    uint32_t word_count = scene_words(session->scene.frame_count);
    for (uint32_t w = 0; w < word_count; w++) {
        session->managed[w] = 0;
        session->held[w] = 0;
    }
    boot_entries_take(&session->boot_entries);
    session->scene = (struct scene){
        .heap_at = vaddr_of(HEAP_WINDOW_START),
        .heap_limit = vaddr_of(HEAP_WINDOW_START + config->window_pages * PAGE_SIZE),
        .key = SESSION_KEY,
        .policy = config->policy,
        .frames_at = session->boot.frames_at,
        .managed = session->managed,
        .used = session->used,
        .device_frames = session->device_frames,
        .held = session->held,
        .boot = &session->boot_entries,
    };
    session->scene.frame_count = scene_managed(&session->boot.map, session->managed);
    digest_word(&session->digest, config->policy);
    digest_word(&session->digest, config->frame_count);
    digest_word(&session->digest, config->window_pages);
    return session_boot(session);
}

static enum outcome apply(struct session *session, const struct op *op)
{
    if (op->kind >= OP_KIND_COUNT || op->slot >= session->shadow.slot_count ||
        !session->scene.heap_made)
        return OUTCOME_SKIPPED;
    switch (op->kind) {
    case OP_ALLOC:
    case OP_FREE:
    case OP_REALLOC:
    case OP_ALIGNED:
    case OP_ZALLOC:
    case OP_FILL:
    case OP_CHECK: return session_apply_block(session, op);
    case OP_RECLAIM:
    case OP_PRESSURE:
    case OP_REFUSE:
    case OP_REFUSE_ON:
    case OP_INTERRUPT:
    case OP_MAP:
    case OP_UNMAP:
    case OP_STATS: return session_apply_machine(session, op);
    case OP_WINDOW:
    case OP_GROW:
    case OP_SHRINK:
    case OP_APPEND:
    case OP_GREEDY:
    case OP_DRAIN:
    case OP_SAME: return OUTCOME_SKIPPED;
    default: return session_apply_misuse(session, op);
    }
}

bool session_apply(struct session *session, const struct op *op)
{
    session->op = *op;
    session->operation_count++;
    if (session->operation_count == session->plan.stop_at)
        guilty_operation(session, op);
    session->misuse_count = 0;
    session->handler.fired = false;
    session->scene.interrupted = false;
    session->touched = VADDR_NULL;
    session->freed = VADDR_NULL;
    session->before = (struct before){
        .frames_free = session_steps(session) && session->mirror->valid
                           ? session->mirror->free_frames
                           : session_frames_free(session),
        .frames_refused = injection.frames_refused,
        .end = session_steps(session) ? session->mirror->end : 0,
        .must_find = session_must_find(session, op),
        .largest_dense = session->census_current ? session->census.largest_dense : 0,
    };
    session_journal_clear(session);
    session_cost_begin(session, op);
    probe_loads_allow(SESSION_LOADS_MAX);
    enum outcome outcome = apply(session, op);
    if (outcome == OUTCOME_VIOLATED)
        return false;
    if (outcome == OUTCOME_APPLIED)
        session->applied_count++;
    bool misuse = op_is_misuse(op->kind);
    return session_handler_allocated(session) && (misuse || session_rule_S6(session, 0, 0)) &&
           (outcome == OUTCOME_SKIPPED || session_check_operation(session)) &&
           session_rule_C1(session, op) && session_rule_P8(session);
}

static void verdict_fill(const struct session *session, bool ok, struct verdict *verdict)
{
    *verdict = (struct verdict){
        .ok = ok,
        .violation = session->violation,
        .operation = session->operation_count,
        .operation_count = session->operation_count,
        .applied_count = session->applied_count,
        .frame_requests = ok ? session->frame_requests : injection.frame_requests,
        .digest = session->digest,
    };
}

void session_run(struct session *session, struct input *input, const struct session_plan *plan,
                 struct verdict *verdict)
{
    struct op op;
    struct session_ahead ahead = {.count = 0};
    session_check_begin(session, plan, input->is_trace);
    bool ok = session_begin(session, &input->config);
    while (ok && session_ahead_next(&ahead, session, input, &op))
        ok = plan->observe != NULL ? session_apply_observed(session, &op)
                                   : session_apply(session, &op);
    if (ok) {
        if (session->operation_count + 1u == session->plan.stop_at)
            guilty_operation(session, &session->op);
        ok = session_end(session);
        session->operation_count += !ok;
    }
    verdict_fill(session, ok, verdict);
}

void session_endless(struct session *session)
{
    (void)violation_set(&session->violation, RULE_C1, session->scene.heap_at.v, 0,
                        SESSION_LOADS_MAX,
                        "loads of a call that does not come to an end, on the heap at");
}

void session_exhausted(struct session *session, struct verdict *verdict)
{
    session_endless(session);
    verdict_fill(session, false, verdict);
}

void session_faulted(struct session *session, uint32_t at, uint32_t error_code,
                     struct verdict *verdict)
{
    (void)violation_set(&session->violation, RULE_P7, at, 0, error_code,
                        "page fault, error code (found), at");
    verdict_fill(session, false, verdict);
}

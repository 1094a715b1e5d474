/* What an operation did, told to those who asked for it. */
#include "fuzz/session_internal.h"

static uint32_t slot_at(const struct session *session, uint32_t slot)
{
    return slot < session->shadow.slot_count ? session->shadow.slots[slot].at : 0;
}

bool session_apply_observed(struct session *session, const struct op *op)
{
    const struct session_plan *plan = &session->plan;
    struct session_result result = {
        .op = op,
        .before_at = slot_at(session, op->slot),
        .frames_free_before = session_frames_free(session),
    };
    uint32_t applied_count = session->applied_count;
    uint32_t refusal_count = session->refusal_count;
    result.violated = !session_apply(session, op);
    result.operation = session->operation_count;
    result.applied = session->applied_count != applied_count;
    result.interrupted = session->handler.fired;
    result.refused = session->refusal_count != refusal_count;
    result.at = slot_at(session, op->slot);
    result.usable_bytes = result.at != 0 ? session->shadow.slots[op->slot].usable_bytes : 0;
    result.handler_at = slot_at(session, session->handler.slot);
    result.misuse_count = session->misuse_count;
    result.misuse_at = session->misuse.at.v;
    result.misuse_reason = session->misuse_reason;
    result.frames_free = session_frames_free(session);
    result.end = session_heap_end(session);
    plan->observe(plan->observer, &result);
    return !result.violated;
}

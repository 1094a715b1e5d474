/* The end of a session: all is given back, and the heap must be what it was at the start. */
#include "fuzz/session_internal.h"
#include "mmu_x86/injection.h"

/* Gives back what the other users of frames and of the MMU hold. */
static bool others_leave(struct session *session)
{
    struct op op = {.kind = OP_PRESSURE, .size = UINT32_MAX};
    if (session_apply_machine(session, &op) == OUTCOME_VIOLATED)
        return false;
    op.kind = OP_UNMAP;
    for (op.size = 0; op.size < DEVICE_PAGES; op.size++)
        if (session->device_frames[op.size].n != DEVICE_UNMAPPED.n &&
            session_apply_machine(session, &op) == OUTCOME_VIOLATED)
            return false;
    return true;
}

bool session_rule_S7(struct session *session)
{
    struct violation *violation = &session->violation;
    const struct census *census = &session->census;
    uint32_t at = session->scene.heap_at.v;
    if (session->how == SESSION_CHECK_SHADOW)
        return true;
    if (census->used_blocks != 0)
        return violation_set(violation, RULE_S7, at, 0, census->used_blocks, "used blocks left of");
    if (census->free_blocks != 1)
        return violation_set(violation, RULE_S7, at, 1, census->free_blocks, "free blocks left of");
    if (census->end != at + PAGE_SIZE)
        return violation_set(violation, RULE_S7, at, at + PAGE_SIZE, census->end, "end of");
    uint32_t taken = session->config.frame_count - session_frames_free(session);
    if (taken != 2u)
        return violation_set(violation, RULE_S7, at, 2, taken, "frames still taken by");
    return true;
}

/* The pages that the heap can have at most: of its window, and of the frames, which its tables need
 * as well. */
static uint32_t pages_max(const struct session *session)
{
    uint32_t frame_count = session->config.frame_count;
    uint32_t pages = session->config.window_pages;
    pages = pages < frame_count ? pages : frame_count;
    while (pages + (pages + TABLE_ENTRIES - 1u) / TABLE_ENTRIES > frame_count)
        pages--;
    return pages;
}

/* Rule S7: an empty heap grants the largest block that page_count pages can hold. */
static bool largest_granted(struct session *session, uint32_t page_count)
{
    uint32_t size_bytes = page_count * PAGE_SIZE - CONTROL_SIZE - 2u * BLOCK_OVERHEAD;
    vaddr_t at = kmalloc(&session->heap, size_bytes);
    if (vaddr_is_null(at))
        return violation_set(&session->violation, RULE_S7, session->scene.heap_at.v, size_bytes, 0,
                             "largest block not granted by the empty heap at");
    kfree(&session->heap, at);
    (void)heap_reclaim(&session->heap, UINT32_MAX);
    return true;
}

/* The empty heap is asked for the largest block that its window or its frames can hold; for a brief
 * end, and for traces, only for what the first page holds, as the other costs as much as the run.
 */
static bool baseline_reached(struct session *session)
{
    bool thorough = session->thorough_end;
    if (thorough && (!session_check_all(session) || !session_rule_S7(session)))
        return false;
    return largest_granted(session, thorough ? pages_max(session) : 1u) &&
           session_rule_S6(session, 0, 0) && session_check_all(session) && session_rule_S7(session);
}

/* Rule S6 or S7 is broken at the end. Nothing was checked while all was given back, so that may
 * only follow from what the core has done wrong in memory then: the rule about that is the one that
 * is broken. */
static bool end_broken(struct session *session)
{
    struct violation end = session->violation;
    if (session_check_all(session))
        session->violation = end;
    return false;
}

bool session_give_back(struct session *session)
{
    struct op all = {.kind = OP_CHECK};
    struct shadow *shadow = &session->shadow;
    probe_loads_allow(SESSION_LOADS_MAX);
    session->frame_requests = injection.frame_requests;
    injection.refuse_request = 0;
    injection.refuse_countdown = 0;
    injection.interrupt_countdown = 0;
    session->handler.fired = false;
    session->misuse_count = 0;
    session->op = all;
    if (!session->scene.heap_made)
        return session_check_all(session);
    if (session_apply_block(session, &all) == OUTCOME_VIOLATED || !others_leave(session))
        return false;
    for (uint32_t slot = 0; slot < shadow->slot_count && shadow->live_count > 0; slot++)
        if (shadow_live(shadow, slot)) {
            probe_loads_allow(SESSION_LOADS_MAX); /* each: under first fit a free walks the list */
            if (session_free(session, slot) == OUTCOME_VIOLATED)
                return false;
        }
    (void)heap_reclaim(&session->heap, UINT32_MAX);
    return (session_rule_S6(session, 0, 0) && baseline_reached(session)) || end_broken(session);
}

bool session_end(struct session *session)
{
    digest_state(&session->scene, &session->digest);
    return session_give_back(session);
}

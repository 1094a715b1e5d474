/* What is checked after an operation, and how: everything, what has changed, or both and compared.
 */
#include "fuzz/session_internal.h"

#include "fuzz/poison.h"

/* How much is checked where no journal says what has changed. */
static enum session_check without_journal(enum session_check how, bool is_trace)
{
    if (how != SESSION_CHECK_STEP && how != SESSION_CHECK_BOTH)
        return how;
    return is_trace ? SESSION_CHECK_LOCAL : SESSION_CHECK_FULL;
}

void session_check_begin(struct session *session, const struct session_plan *plan, bool is_trace)
{
    session->plan = *plan;
    session->how = session->mirror == NULL ? without_journal(plan->check, is_trace) : plan->check;
    session->thorough_end = session->how == SESSION_CHECK_FULL ||
                            session->how == SESSION_CHECK_BOTH ||
                            (session->how == SESSION_CHECK_STEP && !is_trace && !plan->brief_end);
    session->census = (struct census){0};
    if (session->mirror != NULL)
        mirror_clear(session->mirror);
}

bool session_check_all(struct session *session)
{
    if (session->how == SESSION_CHECK_SHADOW)
        return true;
    return check_all(&session->scene, &session->census, &session->violation);
}

bool session_check_boot(struct session *session)
{
    if (!session_check_all(session))
        return false;
    if (session_steps(session) && session->scene.heap_made)
        mirror_take(session->mirror, &session->scene);
    poison_update(&session->scene, session->mirror);
    return true;
}

void session_journal_clear(struct session *session)
{
    probe_journal_clear();
    if (session->mirror != NULL)
        check_step_begin(session->mirror);
}

/* Rule K1: a step that found something wrong is confirmed by a full check, whose verdict counts,
 * because that is the same on every port. What only a step can see (O1, H9) stands as it is. */
static bool rule_K1_found(struct session *session)
{
    struct violation found = session->violation;
    struct census census;
    if (!check_all(&session->scene, &census, &session->violation) || found.rule == RULE_O1 ||
        found.rule == RULE_H9)
        return false;
    session->violation = found;
    session->violation.rule = RULE_K1;
    return false;
}

static bool rule_K1_sum(struct session *session, uint32_t expected, uint32_t found,
                        const char *what)
{
    return expected == found || violation_set(&session->violation, RULE_K1,
                                              session->scene.heap_at.v, expected, found, what);
}

/* Rule K1: where a step has found nothing, a full check finds nothing, and counts the same. */
static bool rule_K1_passed(struct session *session)
{
    const struct mirror *mirror = session->mirror;
    struct census census;
    if (!check_all(&session->scene, &census, &session->violation)) {
        session->violation.rule = RULE_K1;
        return false;
    }
    return rule_K1_sum(session, census.end, mirror->end, "end, by a step, of the heap at") &&
           rule_K1_sum(session, census.used_blocks, mirror->used_blocks,
                       "used blocks, by a step, of the heap at") &&
           rule_K1_sum(session, census.free_blocks, mirror->free_blocks,
                       "free blocks, by a step, of the heap at") &&
           rule_K1_sum(session, census.mapped_pages, mirror->mapped_pages,
                       "mapped pages, by a step, of the heap at") &&
           rule_K1_sum(session, census.largest_free, mirror_largest_free(mirror),
                       "largest free block, by a step, of the heap at");
}

bool session_census(struct session *session)
{
    const struct mirror *mirror = session->mirror;
    if (!session_steps(session) || !mirror->valid)
        return session_check_all(session);
    mirror_census(mirror, &session->census);
    session->census.largest_free = mirror_largest_free(mirror);
    return true;
}

/* Rule S3 for the blocks beside what was written. */
static bool near_intact(struct session *session)
{
    const struct mirror *mirror = session->mirror;
    for (uint32_t i = 0; i < mirror->near_count; i++) {
        uint32_t slot = mirror_note(mirror, mirror->near[i]);
        const struct shadow_block *block = &session->shadow.slots[slot];
        if (slot < session->shadow.slot_count && block->at == mirror->near[i] + 4u &&
            !shadow_edges_intact(block, &session->violation))
            return false;
    }
    return true;
}

static bool check_changes(struct session *session)
{
    if (!session->mirror->valid)
        return session_check_all(session);
    if (!check_step(&session->scene, session->mirror, &session->violation))
        return rule_K1_found(session);
    return near_intact(session) && (session->how != SESSION_CHECK_BOTH || rule_K1_passed(session));
}

bool session_check_block(struct session *session, vaddr_t payload)
{
    if (session->how == SESSION_CHECK_SHADOW)
        return true;
    return session_steps(session) ? check_changes(session)
                                  : check_local(&session->scene, payload, &session->violation);
}

static bool check_touched(struct session *session)
{
    if (!vaddr_is_null(session->touched) &&
        !check_local(&session->scene, session->touched, &session->violation))
        return false;
    /* An interrupt handler may have made something new of what was freed. */
    return vaddr_is_null(session->freed) || session->handler.fired ||
           check_local_freed(&session->scene, session->freed, session->freed_size,
                             &session->violation);
}

static bool check_operation(struct session *session)
{
    bool full =
        session->how == SESSION_CHECK_FULL ||
        (session->how == SESSION_CHECK_LOCAL && session->operation_count % SESSION_FULL_EVERY == 0);
    session->census_current = full;
    if (full)
        return session_check_all(session);
    if (session_steps(session))
        return check_changes(session);
    return session->how != SESSION_CHECK_LOCAL || check_touched(session);
}

bool session_check_operation(struct session *session)
{
    if (!check_operation(session))
        return false;
    poison_update(&session->scene, session->mirror);
    return true;
}

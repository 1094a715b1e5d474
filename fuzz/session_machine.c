/* Operations on the machine around the heap: reclaim, other users of frames and of the MMU,
 * refusals, interrupts, statistics. */
#include "fuzz/session_internal.h"
#include "invariants/eye.h"
#include "mmu_x86/injection.h"
#include "mmu_x86/machine.h"
#include "mmu_x86/paging.h"

/* Rule S8: a figure that the core reports is the one that the model knows. */
static bool rule_S8(struct session *session, uint32_t expected, uint32_t found, const char *what)
{
    if (expected == found)
        return true;
    return violation_set(&session->violation, RULE_S8, session->scene.heap_at.v, expected, found,
                         what);
}

static enum outcome outcome_of(bool holds)
{
    return holds ? OUTCOME_APPLIED : OUTCOME_VIOLATED;
}

/* True if a block, used or free, still starts where the reclaimer's cursor stands. Otherwise the
 * core has to look there to know that none does, whosever it is by now. */
static bool cursor_fresh(const struct session *session)
{
    struct eye eye = EYE_OPEN;
    uint32_t at = 0;
    const struct mirror *mirror = session->mirror;
    (void)eye_read(&eye, session->scene.heap_at.v + HEAP_RECLAIM_BLOCK, &at);
    return at == 0 || (session_steps(session) && mirror->valid &&
                       marks_has(&mirror->starts, mirror_granule(mirror, at)));
}

static enum outcome apply_reclaim(struct session *session, const struct op *op)
{
    session_watch_payloads(session, cursor_fresh(session));
    uint32_t count = heap_reclaim(&session->heap, op->size);
    session_watch_payloads(session, true);
    digest_word(&session->digest, count);
    digest_word(&session->digest, heap_reclaim_pending(&session->heap));
    uint32_t more = session_frames_free(session) - session->before.frames_free;
    return outcome_of(session->handler.fired ||
                      rule_S8(session, more, count, "frames given back by reclaim of the heap at"));
}

/* A frame that was taken can be given back. */
static bool give_back(struct session *session, frame_t frame)
{
    return frames_give_back(session->scene.frames_at, frame) == FRAMES_OK ||
           violation_set(&session->violation, RULE_F4, frame.n, 1, 0,
                         "taken frame that cannot be given back: frame");
}

/* A frame that is not the caller's cannot be given back: one that is free, one that is reserved
 * (the first of memory is, on every board), one beyond memory. */
static bool wrong_give_backs_refused(struct session *session, frame_t free)
{
    const struct scene *scene = &session->scene;
    const struct {
        frame_t frame;
        enum frames_result expected;
    } cases[] = {
        {free, FRAMES_NOT_TAKEN},
        {{0}, FRAMES_NOT_MANAGED},
        {{scene->frame_count}, FRAMES_NOT_MANAGED},
    };
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum frames_result result = frames_give_back(scene->frames_at, cases[i].frame);
        if (result != cases[i].expected)
            return violation_set(&session->violation, RULE_F4, cases[i].frame.n, cases[i].expected,
                                 result, "wrongly given back: frame");
    }
    return true;
}

static void frame_changed(struct session *session, frame_t frame)
{
    if (session_steps(session))
        mirror_frame_changed(session->mirror, frame);
}

/* Enters a frame that was taken: it is nobody else's. */
static bool hold(struct session *session, frame_t frame)
{
    if (frame.n >= session->scene.frame_count)
        return violation_set(&session->violation, RULE_F4, frame.n, session->scene.frame_count,
                             frame.n, "taken, and beyond memory: frame");
    uint32_t *word = &session->held[frame.n / SCENE_WORD_BITS];
    uint32_t bit = 1u << frame.n % SCENE_WORD_BITS;
    if ((*word & bit) != 0)
        return violation_set(&session->violation, RULE_P2, frame.n, 0, 1,
                             "taken a second time: frame");
    *word |= bit;
    session->held_frames[session->scene.held_count++] = frame;
    frame_changed(session, frame);
    return true;
}

/* Takes frames until op->size are left, as a busy rest of the kernel would, or gives some back. */
static enum outcome apply_pressure(struct session *session, const struct op *op)
{
    struct scene *scene = &session->scene;
    frame_t frame = {0};
    uint32_t free = session_frames_free(session);
    for (; free > op->size && session->scene.held_count < OP_FRAMES_MAX &&
           frames_take(scene->frames_at, &frame) == FRAMES_OK;
         free--)
        if (!hold(session, frame))
            return OUTCOME_VIOLATED;
    bool gave_back = false;
    for (; free < op->size && session->scene.held_count > 0; free++) {
        frame = session->held_frames[--session->scene.held_count];
        session->held[frame.n / SCENE_WORD_BITS] &= ~(1u << frame.n % SCENE_WORD_BITS);
        frame_changed(session, frame);
        if (!give_back(session, frame))
            return OUTCOME_VIOLATED;
        gave_back = true;
    }
    return outcome_of(!gave_back || wrong_give_backs_refused(session, frame));
}

static vaddr_t device_page(const struct op *op)
{
    return vaddr_of(DEVICE_WINDOW_AT + op->size % DEVICE_PAGES * PAGE_SIZE);
}

static enum outcome apply_map(struct session *session, const struct op *op)
{
    vaddr_t frames = session->scene.frames_at;
    frame_t *mapped = &session->device_frames[op->size % DEVICE_PAGES];
    frame_t frame;
    enum paging_result result = PAGING_NO_FRAME;
    if (mapped->n != DEVICE_UNMAPPED.n) {
        result = paging_map(frames, device_page(op), *mapped, ENTRY_WRITABLE);
        return outcome_of(result == PAGING_ALREADY_MAPPED
                              ? session_rule_S5(session)
                              : violation_set(&session->violation, RULE_P3, device_page(op).v,
                                              PAGING_ALREADY_MAPPED, result,
                                              "result of mapping again the page at"));
    }
    if (frames_take(frames, &frame) == FRAMES_OK) {
        result = paging_map(frames, device_page(op), frame, ENTRY_WRITABLE);
        if (result == PAGING_OK) {
            *mapped = frame;
            session->scene.device_count++;
            /* Its user uses it, so that the TLB holds it and a missing flush shows; only where
             * there is a TLB to look at, and memory behind the page. */
            if (probe_journal_kept())
                probe_user_store(device_page(op), frame.n);
        } else if (!give_back(session, frame)) {
            return OUTCOME_VIOLATED;
        }
    }
    digest_word(&session->digest, result);
    if (result == PAGING_OK)
        return OUTCOME_APPLIED;
    if (result != PAGING_NO_FRAME)
        return outcome_of(violation_set(&session->violation, RULE_P3, device_page(op).v, PAGING_OK,
                                        result, "mapped already, says paging_map, the page at"));
    /* The page's frame, and the table's if no page is mapped in it yet. */
    uint32_t needed = session->scene.device_count != 0 ? 1u : 2u;
    bool justified = session->before.frames_free < needed ||
                     injection.frames_refused != session->before.frames_refused;
    return outcome_of(session_rule_S4(session, justified, PAGE_SIZE) && session_rule_S5(session));
}

static enum outcome apply_unmap(struct session *session, const struct op *op)
{
    vaddr_t frames = session->scene.frames_at;
    frame_t *mapped = &session->device_frames[op->size % DEVICE_PAGES];
    frame_t expected = *mapped;
    frame_t frame = DEVICE_UNMAPPED;
    enum paging_result result = paging_unmap(frames, device_page(op), &frame);
    digest_word(&session->digest, result);
    if (frame.n != expected.n)
        return outcome_of(violation_set(&session->violation, RULE_P3, device_page(op).v, expected.n,
                                        frame.n, "frame unmapped in the device window at"));
    if (result != PAGING_OK)
        return outcome_of(session_rule_S5(session));
    *mapped = DEVICE_UNMAPPED;
    session->scene.device_count--;
    return outcome_of(give_back(session, frame));
}

/* What fits into the largest free block. */
static uint32_t largest_payload(const struct census *census)
{
    return census->free_blocks == 0 ? 0 : census->largest_free - BLOCK_OVERHEAD;
}

static enum outcome apply_stats(struct session *session)
{
    struct heap_stats stats;
    heap_stats(&session->heap, &stats);
    uint32_t refused = stats.refused_size + stats.refused_window + stats.refused_frames;
    if (!session_handler_allocated(session))
        return OUTCOME_VIOLATED;
    /* The handler may have run after the figures were taken. */
    if (session->handler.fired)
        return OUTCOME_APPLIED;
    if (!rule_S8(session, session->shadow.live_count, stats.live_blocks, "live blocks of") ||
        !rule_S8(session, session->misuse_total, stats.misuses, "misuses counted by") ||
        !rule_S8(session, session->refusal_count, refused, "refusals counted by") ||
        !rule_S8(session, stats.extent_bytes - CONTROL_SIZE - BLOCK_OVERHEAD,
                 stats.live_bytes + stats.free_bytes, "live and free bytes of"))
        return OUTCOME_VIOLATED;
    if (session->how != SESSION_CHECK_FULL && !session_steps(session))
        return OUTCOME_APPLIED;
    return outcome_of(
        session_census(session) &&
        rule_S8(session, session->census.mapped_pages, stats.mapped_pages, "mapped pages of") &&
        rule_S8(session, session->census.free_blocks, stats.free_blocks, "free blocks of") &&
        rule_S8(session, largest_payload(&session->census), stats.largest_free,
                "largest free payload of"));
}

/* Frames and tables are shared with the heap: another user of them locks as the heap does. */
static enum outcome locked(struct session *session, const struct op *op,
                           enum outcome (*apply)(struct session *session, const struct op *op))
{
    uint32_t interrupts = machine_interrupts_disable();
    enum outcome outcome = apply(session, op);
    machine_interrupts_restore(interrupts);
    return outcome;
}

enum outcome session_apply_machine(struct session *session, const struct op *op)
{
    switch (op->kind) {
    case OP_RECLAIM: return apply_reclaim(session, op);
    case OP_PRESSURE: return locked(session, op, apply_pressure);
    case OP_MAP: return locked(session, op, apply_map);
    case OP_UNMAP: return locked(session, op, apply_unmap);
    case OP_INTERRUPT: session_handler_arm(session, op); return OUTCOME_APPLIED;
    case OP_STATS: return apply_stats(session);
    default: /* OP_REFUSE, OP_REFUSE_ON */
        injection.refuse_countdown = op->size;
        injection.refuse_all_after = op->kind == OP_REFUSE_ON;
        return OUTCOME_APPLIED;
    }
}

/* Misuses: each must be reported, for a reason that fits, and change nothing (rules S5 and S6). */
#include "fuzz/session_internal.h"
#include "mmu_x86/injection.h"

#define REASON(name) (1u << MISUSE_##name)

/* A pointer to what was freed may point to a free block, into one, into a live one, or beyond the
 * heap's end. */
#define REASONS_STALE                                                                              \
    (REASON(DOUBLE_FREE) | REASON(NOT_A_BLOCK) | REASON(TAGS_DISAGREE) | REASON(FOREIGN))
#define REASONS_INNER (REASON(DOUBLE_FREE) | REASON(NOT_A_BLOCK) | REASON(TAGS_DISAGREE))
#define REASONS_NEIGHBOUR (REASON(DAMAGED_NEIGHBOUR) | REASON(DAMAGED_LINK))

static enum outcome judge(struct session *session, uint32_t expected, uint32_t reasons)
{
    /* Not the reason: where a pointer leads to words that nobody wrote, it depends on what they
     * happen to hold, and that differs between a port with frames and one without. */
    digest_word(&session->digest, session->misuse_count);
    return session_rule_S6(session, expected, reasons) && session_rule_S5(session)
               ? OUTCOME_APPLIED
               : OUTCOME_VIOLATED;
}

static enum outcome free_wrong(struct session *session, uint32_t at, uint32_t reasons)
{
    kfree(&session->heap, vaddr_of(at));
    return judge(session, 1, reasons);
}

/* True if slot is empty and what it held last is not the start of a live block by now. */
static bool stale(const struct session *session, uint32_t slot)
{
    const struct shadow_block *block = &session->shadow.slots[slot];
    if (block->at != 0 || block->freed_at == 0)
        return false;
    /* The granule before a payload holds a footer and a header: it is never part of a payload. */
    return !shadow_owns(&session->shadow, block->freed_at) ||
           shadow_owns(&session->shadow, block->freed_at - BLOCK_GRANULE);
}

static enum outcome use_freed(struct session *session, uint32_t at, uint32_t size_bytes)
{
    if (kmalloc_usable_size(&session->heap, vaddr_of(at)) != 0 || size_bytes == 0 ||
        size_bytes > KMALLOC_SIZE_MAX)
        return judge(session, 1, REASONS_STALE);
    vaddr_t moved = krealloc(&session->heap, vaddr_of(at), size_bytes);
    if (!vaddr_is_null(moved) && !violation_set(&session->violation, RULE_S6, at, 0, moved.v,
                                                "krealloc of what was freed has a result (found):"))
        return OUTCOME_VIOLATED;
    return judge(session, 2, REASONS_STALE);
}

static enum outcome free_foreign(struct session *session, uint32_t at)
{
    uint32_t first = session->scene.heap_at.v + CONTROL_SIZE + BLOCK_OVERHEAD;
    if (at == 0) { /* no misuse, and no effect */
        kfree(&session->heap, VADDR_NULL);
        return judge(session, 0, 0);
    }
    if (at >= first && at < session_heap_end(session))
        return OUTCOME_SKIPPED;
    return free_wrong(session, at, at % BLOCK_GRANULE != 0 ? REASON(MISALIGNED) : REASON(FOREIGN));
}

/* Damages the word at `at`, makes the call, and undoes the damage: the heap must be as it was. */
static enum outcome damage(struct session *session, uint32_t at, const struct op *op,
                           uint32_t reasons)
{
    uint32_t payload = session->shadow.slots[op->slot].at;
    uint32_t word = probe_user_load(vaddr_of(at));
    probe_user_store(vaddr_of(at), word ^ op->arg);
    vaddr_t moved = VADDR_NULL;
    if (op->kind == OP_DAMAGE_REALLOC)
        moved = krealloc(&session->heap, vaddr_of(payload), 1);
    else
        kfree(&session->heap, vaddr_of(payload));
    enum outcome outcome = judge(session, 1, reasons);
    probe_user_store(vaddr_of(at), word);
    if (outcome == OUTCOME_APPLIED && !vaddr_is_null(moved)) {
        (void)violation_set(&session->violation, RULE_S6, payload, 0, moved.v,
                            "krealloc of a damaged block has a result (found):");
        return OUTCOME_VIOLATED;
    }
    return outcome;
}

/* The next link of the free block behind the slot's, if it is on a list, and the damage would not
 * turn it into none: a list that ends early looks like any other. */
static uint32_t link_behind(const struct session *session, uint32_t header, uint32_t size,
                            uint32_t damage)
{
    uint32_t next = header + size;
    if (next >= session_heap_end(session) - 4u)
        return 0;
    uint32_t tag = probe_user_load(vaddr_of(next)) ^ session->scene.key ^ next;
    if ((tag & TAG_USED) != 0 || next + (tag & ~7u) == session_heap_end(session) - 4u ||
        probe_user_load(vaddr_of(next + 4u)) == damage)
        return 0;
    return next + 4u;
}

/* Damages the tag at `at`, beside the slot's block, unless it would then read as that of a used
 * block of size_min to size_max bytes: that is believed (heap/verify.h), and the call would have
 * its effect. */
static enum outcome damage_beside(struct session *session, uint32_t at, const struct op *op,
                                  uint32_t size_min, uint32_t size_max)
{
    uint32_t tag = probe_user_load(vaddr_of(at)) ^ op->arg ^ session->scene.key ^ at;
    uint32_t size = tag & ~7u;
    if ((tag & 7u) == 1u && size >= size_min && size <= size_max)
        return OUTCOME_SKIPPED;
    return damage(session, at, op, REASONS_NEIGHBOUR);
}

static enum outcome apply_damage(struct session *session, const struct op *op)
{
    if (op->arg == 0 || !shadow_live(&session->shadow, op->slot))
        return OUTCOME_SKIPPED;
    const struct shadow_block *block = &session->shadow.slots[op->slot];
    uint32_t header = block->at - 4u;
    uint32_t size = block->usable_bytes + BLOCK_OVERHEAD;
    uint32_t end = header + size;
    uint32_t link;
    switch (op->kind) {
    case OP_DAMAGE_HEADER:
    case OP_DAMAGE_REALLOC:
        return damage(session, header, op, REASON(NOT_A_BLOCK) | REASON(TAGS_DISAGREE));
    case OP_DAMAGE_FOOTER: return damage(session, header + size - 4u, op, REASON(TAGS_DISAGREE));
    case OP_DAMAGE_NEXT:
        return damage_beside(session, end, op, 0, session_heap_end(session) - 4u - end);
    case OP_DAMAGE_PREVIOUS:
        /* The prologue counts as a block of a granule. */
        return damage_beside(session, header - 4u, op, 8u,
                             header + 4u - session->scene.heap_at.v - CONTROL_SIZE);
    default: /* OP_DAMAGE_LINK */
        link = link_behind(session, header, size, op->arg);
        return link == 0 ? OUTCOME_SKIPPED : damage(session, link, op, REASON(DAMAGED_LINK));
    }
}

static enum outcome apply_misuse(struct session *session, const struct op *op)
{
    const struct shadow_block *block = &session->shadow.slots[op->slot];
    bool live = shadow_live(&session->shadow, op->slot);
    switch (op->kind) {
    case OP_DOUBLE_FREE:
        if (!stale(session, op->slot))
            return OUTCOME_SKIPPED;
        return free_wrong(session, block->freed_at, REASONS_STALE);
    case OP_USE_FREED:
        if (!stale(session, op->slot))
            return OUTCOME_SKIPPED;
        return use_freed(session, block->freed_at, op->size);
    case OP_FREE_INNER: {
        uint32_t granules = block->usable_bytes / BLOCK_GRANULE;
        if (!live || granules < 2u)
            return OUTCOME_SKIPPED;
        uint32_t inner = 1u + op->size % (granules - 1u);
        return free_wrong(session, block->at + BLOCK_GRANULE * inner, REASONS_INNER);
    }
    case OP_FREE_MISALIGNED:
        if (!live)
            return OUTCOME_SKIPPED;
        return free_wrong(session, block->at + 1u + op->size % 7u, REASON(MISALIGNED));
    case OP_FREE_FOREIGN: return free_foreign(session, op->size);
    default: return apply_damage(session, op);
    }
}

enum outcome session_apply_misuse(struct session *session, const struct op *op)
{
    /* An interrupt handler would meet the damage as well, or come to own what was freed: one that
     * is due waits. And the core has to look at what a wrong pointer leads to, whosever it is. */
    uint32_t interrupt_countdown = injection.interrupt_countdown;
    injection.interrupt_countdown = 0;
    session_watch_payloads(session, false);
    enum outcome outcome = apply_misuse(session, op);
    session_watch_payloads(session, true);
    injection.interrupt_countdown = interrupt_countdown;
    return outcome;
}

/* Operations on blocks: kmalloc and its kin, kfree, contents. */
#include "fuzz/session_internal.h"

/* Takes a result into the model: a new block, or a refusal to be justified. */
static enum outcome enter(struct session *session, uint32_t slot, vaddr_t at, uint32_t size_bytes,
                          uint32_t align_bytes)
{
    digest_word(&session->digest, at.v);
    if (vaddr_is_null(at)) {
        /* Nothing was asked for, so nothing was refused. */
        if (size_bytes == 0)
            return OUTCOME_APPLIED;
        session->refusal_count++;
        bool justified = session_refusal_justified(session, size_bytes, align_bytes);
        return session_rule_S4(session, justified, size_bytes) && session_rule_S5(session)
                   ? OUTCOME_APPLIED
                   : OUTCOME_VIOLATED;
    }
    /* Before anything is asked of the block: what it would answer is only as good as its tags. */
    if (!session_check_block(session, at) || !session_rule_S4_found(session))
        return OUTCOME_VIOLATED;
    struct shadow_block block = {
        .at = at.v,
        .size_bytes = size_bytes,
        .usable_bytes = kmalloc_usable_size(&session->heap, at),
    };
    if (!shadow_enter(&session->shadow, slot, &block, align_bytes, session_heap_end(session),
                      &session->violation))
        return OUTCOME_VIOLATED;
    session->touched = at;
    if (session_steps(session))
        mirror_note_set(session->mirror, at.v, slot);
    return OUTCOME_APPLIED;
}

static enum outcome enter_filled(struct session *session, uint32_t slot, vaddr_t at,
                                 uint32_t size_bytes, uint32_t align_bytes)
{
    enum outcome outcome = enter(session, slot, at, size_bytes, align_bytes);
    if (outcome == OUTCOME_APPLIED && !vaddr_is_null(at))
        shadow_fill(&session->shadow, slot);
    return outcome;
}

static enum outcome apply_zalloc(struct session *session, const struct op *op)
{
    vaddr_t at = kcalloc(&session->heap, op->arg, op->size);
    uint64_t product = (uint64_t)op->arg * op->size;
    /* An overflow is refused as a size that can never be served. */
    uint32_t size_bytes = product > UINT32_MAX ? UINT32_MAX : (uint32_t)product;
    enum outcome outcome = enter(session, op->slot, at, size_bytes, BLOCK_GRANULE);
    if (outcome != OUTCOME_APPLIED || vaddr_is_null(at))
        return outcome;
    uint32_t usable_bytes = session->shadow.slots[op->slot].usable_bytes;
    if (!shadow_zero(at.v, usable_bytes, &session->violation))
        return OUTCOME_VIOLATED;
    shadow_fill(&session->shadow, op->slot);
    return OUTCOME_APPLIED;
}

/* The model first: as soon as a block is to be freed, its payload is the core's. */
static void freed(struct session *session, uint32_t slot)
{
    const struct shadow_block *block = &session->shadow.slots[slot];
    session->freed = vaddr_of(block->at);
    session->freed_size = block->usable_bytes + BLOCK_OVERHEAD;
    shadow_leave(&session->shadow, slot);
}

enum outcome session_free(struct session *session, uint32_t slot)
{
    struct shadow_block block = session->shadow.slots[slot];
    if (!shadow_intact(&block, block.at, block.usable_bytes, &session->violation))
        return OUTCOME_VIOLATED;
    freed(session, slot);
    kfree(&session->heap, vaddr_of(block.at));
    return OUTCOME_APPLIED;
}

/* krealloc to 0 is kfree, and gives null. */
static enum outcome apply_resize_to_nothing(struct session *session, uint32_t slot)
{
    struct shadow_block block = session->shadow.slots[slot];
    freed(session, slot);
    vaddr_t at = krealloc(&session->heap, vaddr_of(block.at), 0);
    if (!vaddr_is_null(at)) {
        (void)violation_set(&session->violation, RULE_S1, block.at, 0, at.v,
                            "result of krealloc to 0 bytes of the block at");
        return OUTCOME_VIOLATED;
    }
    return OUTCOME_APPLIED;
}

/* Resizes a live block: the old contents must be there, wherever it is now. */
static enum outcome apply_resize(struct session *session, const struct op *op)
{
    struct shadow_block old = session->shadow.slots[op->slot];
    if (!shadow_intact(&old, old.at, old.usable_bytes, &session->violation))
        return OUTCOME_VIOLATED;
    if (op->size == 0)
        return apply_resize_to_nothing(session, op->slot);
    shadow_leave(&session->shadow, op->slot);
    vaddr_t at = krealloc(&session->heap, vaddr_of(old.at), op->size);
    if (vaddr_is_null(at)) {
        shadow_return(&session->shadow, op->slot, &old);
        if (!shadow_intact(&old, old.at, old.usable_bytes, &session->violation))
            return OUTCOME_VIOLATED;
        return enter(session, op->slot, at, op->size, BLOCK_GRANULE);
    }
    uint32_t kept = op->size < old.usable_bytes ? op->size : old.usable_bytes;
    enum outcome outcome = enter(session, op->slot, at, op->size, BLOCK_GRANULE);
    if (outcome != OUTCOME_APPLIED)
        return outcome;
    if (!shadow_intact(&old, at.v, kept, &session->violation))
        return OUTCOME_VIOLATED;
    shadow_fill(&session->shadow, op->slot);
    return OUTCOME_APPLIED;
}

static enum outcome apply_check(struct session *session)
{
    struct shadow *shadow = &session->shadow;
    for (uint32_t slot = 0; slot < shadow->slot_count; slot++) {
        const struct shadow_block *block = &shadow->slots[slot];
        if (shadow_live(shadow, slot) &&
            !shadow_intact(block, block->at, block->usable_bytes, &session->violation))
            return OUTCOME_VIOLATED;
    }
    return OUTCOME_APPLIED;
}

enum outcome session_apply_block(struct session *session, const struct op *op)
{
    const struct heap *heap = &session->heap;
    bool live = shadow_live(&session->shadow, op->slot);
    bool makes = op->kind == OP_ALLOC || op->kind == OP_ALIGNED || op->kind == OP_ZALLOC;
    if (op->kind != OP_CHECK && op->kind != OP_REALLOC && live == makes)
        return OUTCOME_SKIPPED;
    switch (op->kind) {
    case OP_ALLOC:
        return enter_filled(session, op->slot, kmalloc(heap, op->size), op->size, BLOCK_GRANULE);
    case OP_ALIGNED:
        return enter_filled(session, op->slot, kmalloc_aligned(heap, op->size, op->arg), op->size,
                            op->arg);
    case OP_ZALLOC: return apply_zalloc(session, op);
    case OP_REALLOC:
        if (live)
            return apply_resize(session, op);
        return enter_filled(session, op->slot, krealloc(heap, VADDR_NULL, op->size), op->size,
                            BLOCK_GRANULE);
    case OP_FREE: return session_free(session, op->slot);
    case OP_FILL: shadow_fill(&session->shadow, op->slot); return OUTCOME_APPLIED;
    default: return apply_check(session);
    }
}

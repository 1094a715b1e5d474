#include "fuzz/session_ahead.h"

#include "fuzz/session_internal.h"

/* How many operations ahead something is asked for: each stage reads what the one before it has
 * brought. The first, for the model's slot, comes as soon as an operation has been read. */
#define AHEAD_BLOCK 4u
#define AHEAD_NEIGHBOURS 2u

/* What fewer live blocks need is in the caches. */
#define LIVE_MIN 4096u

/* The bytes of a line of the host's caches; were it another, only time would be lost. */
#define LINE 64u

static void slot_prefetch(const struct session *session, uint32_t slot)
{
    __builtin_prefetch(&session->shadow.slots[slot]);
}

/* What a mirror has of the block whose header lies in a granule. */
static void node_prefetch(const struct mirror *mirror, uint32_t granule)
{
    __builtin_prefetch(&mirror->nodes[granule]);
    __builtin_prefetch(&mirror->starts.level[0][granule / 64u]);
    __builtin_prefetch(&mirror->dirty[granule / 64u]);
    __builtin_prefetch(&mirror->listed[granule / 64u]);
}

/* The contents of a block as far as most of them are checked, and the tags on both sides of its
 * ends. */
static void memory_prefetch(const struct shadow_block *block)
{
    uint32_t end = block->at + block->usable_bytes;
    for (uint32_t at = block->at - 8u; at < end && at < block->at + SHADOW_EDGE; at += LINE)
        probe_prefetch(vaddr_of(at));
    for (uint32_t at = block->usable_bytes > SHADOW_EDGE ? end - SHADOW_EDGE : end; at <= end;
         at += LINE)
        probe_prefetch(vaddr_of(at));
}

static bool is_mirrored(const struct session *session)
{
    return session_steps(session) && session->mirror->valid;
}

static void block_prefetch(const struct session *session, const struct op *op)
{
    const struct shadow *shadow = &session->shadow;
    const struct shadow_block *block = &shadow->slots[op->slot];
    if (!shadow_live(shadow, op->slot))
        return;
    memory_prefetch(block);
    __builtin_prefetch(&shadow->owned[(block->at - shadow->window_start) / 8u / 32u]);
    if (!is_mirrored(session))
        return;
    uint32_t granule = mirror_granule(session->mirror, block->at - 4u);
    node_prefetch(session->mirror, granule);
    node_prefetch(session->mirror, granule + block->usable_bytes / 8u + 1u);
}

/* A block that a free one is linked with. */
static void link_prefetch(const struct mirror *mirror, uint32_t link)
{
    if (link == 0)
        return;
    probe_prefetch(vaddr_of(link));
    __builtin_prefetch(&mirror->nodes[mirror_granule(mirror, link)]);
}

/* A block beside the operation's: of a used one the edges, which are checked, of a free one, which
 * may be merged, the tags and what it is linked with. */
static void neighbour_prefetch(const struct session *session, uint32_t granule)
{
    const struct mirror *mirror = session->mirror;
    if (granule == MARKS_NONE || !marks_has(&mirror->starts, granule))
        return;
    const struct mirror_node *node = &mirror->nodes[granule];
    uint32_t at = mirror_header(mirror, granule);
    uint32_t size = node->tag & ~7u;
    probe_prefetch(vaddr_of(at));
    probe_prefetch(vaddr_of(at + size - 4u));
    if ((node->tag & 1u) != 0) {
        if (node->note < session->shadow.slot_count)
            slot_prefetch(session, node->note);
        return;
    }
    node_prefetch(mirror, granule + size / 8u);
    if (mirror_listed(node)) {
        link_prefetch(mirror, node->next);
        link_prefetch(mirror, node->prev);
    }
}

static void neighbours_prefetch(const struct session *session, const struct op *op)
{
    const struct shadow_block *block = &session->shadow.slots[op->slot];
    if (!shadow_live(&session->shadow, op->slot) || !is_mirrored(session))
        return;
    uint32_t granule = mirror_granule(session->mirror, block->at - 4u);
    neighbour_prefetch(session, marks_before(&session->mirror->starts, granule));
    neighbour_prefetch(session, granule + block->usable_bytes / 8u + 1u);
}

/* The place of the operation that is to be run after n others. */
static struct op *op_after(struct session_ahead *ahead, uint32_t n)
{
    return &ahead->ops[(ahead->first + n) % SESSION_AHEAD];
}

bool session_ahead_next(struct session_ahead *ahead, const struct session *session,
                        struct input *input, struct op *op)
{
    if (!input->is_trace)
        return input_next(input, op);
    while (ahead->count < SESSION_AHEAD && input_next(input, op_after(ahead, ahead->count)))
        slot_prefetch(session, op_after(ahead, ahead->count++)->slot);
    if (ahead->count == 0)
        return false;
    bool many = session->shadow.live_count >= LIVE_MIN;
    if (many && ahead->count > AHEAD_BLOCK)
        block_prefetch(session, op_after(ahead, AHEAD_BLOCK));
    if (many && ahead->count > AHEAD_NEIGHBOURS)
        neighbours_prefetch(session, op_after(ahead, AHEAD_NEIGHBOURS));
    *op = *op_after(ahead, 0);
    ahead->first = (ahead->first + 1u) % SESSION_AHEAD;
    ahead->count--;
    return true;
}

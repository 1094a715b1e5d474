/* Shrinking: fewer operations. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/crash/shrink.h"

/* Cases longer than this are first cut to what their end needs; no pairs are tried in them. */
#define LONG 512u
#define PAIRS_MAX 48u

/* Makes the candidate the last `count` operations, and those before them that made the blocks that
 * these are about. `needed` has a mark for each slot. */
static bool candidate_of_end(struct shrink *shrink, uint32_t count, bool *needed)
{
    const struct op_list *all = &shrink->best.ops;
    struct op_list *list = &shrink->candidate.ops;
    if (!shrink_candidate(shrink))
        return false;
    memset(needed, 0, shrink->best.slot_count * sizeof(*needed));
    uint32_t to = list->count;
    for (uint32_t i = all->count; i-- > 0;) {
        const struct op *op = &all->ops[i];
        bool slot = op_takes_slot(op->kind);
        if (i >= all->count - count || (slot && needed[op->slot])) {
            list->ops[--to] = *op;
            if (slot)
                needed[op->slot] = !op_makes_block(op->kind);
        }
    }
    list->count -= to;
    memmove(list->ops, list->ops + to, list->count * sizeof(struct op));
    return true;
}

bool shrink_past(struct shrink *shrink)
{
    if (shrink->best.ops.count <= LONG)
        return false;
    bool *needed = malloc(shrink->best.slot_count * sizeof(*needed));
    if (needed == NULL)
        shrink->broken = true;
    bool changed = false;
    for (uint32_t count = 4; needed != NULL && !changed && count < shrink->best.ops.count;
         count *= 2u)
        changed = candidate_of_end(shrink, count, needed) &&
                  shrink->candidate.ops.count < shrink->best.ops.count && shrink_try(shrink);
    free(needed);
    return changed;
}

/* Leaves out stretches of `length` operations, from the start on. */
static bool stretches_of(struct shrink *shrink, uint32_t length)
{
    bool changed = false;
    uint32_t at = 0;
    while (at < shrink->best.ops.count && !shrink_over(shrink)) {
        uint32_t left = shrink->best.ops.count - at;
        uint32_t count = length < left ? length : left;
        if (shrink_candidate_without(shrink, at, count) && shrink_try(shrink))
            changed = true;
        else
            at += count;
    }
    return changed;
}

bool shrink_stretches(struct shrink *shrink)
{
    bool changed = false;
    /* Where a long case cannot lose stretches, single operations are no matter: those that can be
     * made into one come first. */
    uint32_t least = shrink->best.ops.count > LONG ? shrink->best.ops.count / 64u : 1u;
    for (uint32_t length = (shrink->best.ops.count + 1u) / 2u; length >= least; length /= 2u) {
        changed |= stretches_of(shrink, length);
    }
    return changed;
}

/* Leaves out all operations about a slot. */
static bool without_slot(struct shrink *shrink, uint32_t slot)
{
    struct op_list *list = &shrink->candidate.ops;
    if (!shrink_candidate(shrink))
        return false;
    uint32_t to = 0;
    for (uint32_t i = 0; i < list->count; i++)
        if (!op_takes_slot(list->ops[i].kind) || list->ops[i].slot != slot)
            list->ops[to++] = list->ops[i];
    bool fewer = to < list->count;
    list->count = to;
    return fewer && shrink_try(shrink);
}

bool shrink_blocks(struct shrink *shrink)
{
    bool changed = false;
    if (shrink->best.ops.count > LONG)
        return false;
    for (uint32_t i = 0; i < shrink->best.ops.count && !shrink_over(shrink);) {
        const struct op *op = &shrink->best.ops.ops[i];
        if (op_takes_slot(op->kind) && without_slot(shrink, op->slot))
            changed = true;
        else
            i++;
    }
    return changed;
}

/* Leaves out two operations that are not beside each other, such as one that leads away from where
 * the failure is and one that leads back. */
static bool without_pair(struct shrink *shrink, uint32_t first, uint32_t second)
{
    struct op_list *list = &shrink->candidate.ops;
    if (!shrink_candidate_without(shrink, second, 1))
        return false;
    memmove(list->ops + first, list->ops + first + 1u,
            (list->count - first - 1u) * sizeof(struct op));
    list->count--;
    return shrink_try(shrink);
}

bool shrink_pairs(struct shrink *shrink)
{
    bool changed = false;
    if (shrink->best.ops.count > PAIRS_MAX)
        return false;
    for (uint32_t i = 0; i + 1u < shrink->best.ops.count; i++)
        for (uint32_t j = i + 1u; j < shrink->best.ops.count && !shrink_over(shrink);)
            if (without_pair(shrink, i, j))
                changed = true;
            else
                j++;
    return changed;
}

/* What two operations on one slot come to, if that is one operation: a block that is freed and made
 * again is resized, and one that is made and resized is made so at once. */
static bool joined(const struct op *first, const struct op *second, struct op *one)
{
    if (!op_takes_slot(first->kind) || !op_takes_slot(second->kind) || first->slot != second->slot)
        return false;
    if (first->kind == OP_FREE && second->kind == OP_ALLOC)
        *one = (struct op){OP_REALLOC, first->slot, second->size, 0};
    else if (first->kind == OP_ALLOC && second->kind == OP_REALLOC)
        *one = (struct op){OP_ALLOC, first->slot, second->size, 0};
    else
        return false;
    return true;
}

static bool join(struct shrink *shrink, uint32_t at, uint32_t other, const struct op *one)
{
    if (!shrink_candidate(shrink))
        return false;
    shrink->candidate.ops.ops[at] = *one;
    struct op_list *list = &shrink->candidate.ops;
    memmove(list->ops + other, list->ops + other + 1u,
            (list->count - other - 1u) * sizeof(struct op));
    list->count--;
    return shrink_try(shrink);
}

bool shrink_joins(struct shrink *shrink)
{
    bool changed = false;
    struct op one;
    if (shrink->best.ops.count > LONG)
        return false;
    for (uint32_t i = 0; i + 1u < shrink->best.ops.count; i++)
        for (uint32_t j = i + 1u; j < shrink->best.ops.count && !shrink_over(shrink); j++) {
            const struct op *ops = shrink->best.ops.ops;
            if (joined(&ops[i], &ops[j], &one))
                changed |= join(shrink, i, j, &one) || join(shrink, j, i, &one);
        }
    return changed;
}

/* Replaces a stretch by one request, into the slot of its last one, for the memory that it leaves
 * in use. `sizes` has a number for each slot, all zeros, and gets them back so. */
static bool together(struct shrink *shrink, uint32_t first, uint32_t count, uint64_t *sizes)
{
    const struct op *ops = shrink->best.ops.ops + first;
    uint64_t total = 0;
    uint32_t into = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        if (!op_takes_slot(ops[i].kind))
            continue;
        if (op_makes_block(ops[i].kind) || ops[i].kind == OP_REALLOC) {
            total -= sizes[ops[i].slot];
            sizes[ops[i].slot] = (ops[i].size + 8u + 7u) / 8u * 8u;
            total += sizes[ops[i].slot];
            into = i;
        } else if (ops[i].kind == OP_FREE) {
            total -= sizes[ops[i].slot];
            sizes[ops[i].slot] = 0;
        }
    }
    for (uint32_t i = 0; i < count; i++)
        if (op_takes_slot(ops[i].kind))
            sizes[ops[i].slot] = 0;
    if (into == UINT32_MAX || total < 16u || total > UINT32_MAX ||
        !shrink_candidate_without(shrink, first + 1u, count - 1u))
        return false;
    shrink->candidate.ops.ops[first] =
        (struct op){OP_ALLOC, ops[into].slot, (uint32_t)total - 8u, 0};
    return shrink_try(shrink);
}

bool shrink_together(struct shrink *shrink, uint32_t count_min)
{
    bool changed = false;
    uint64_t *sizes = calloc(shrink->best.slot_count, sizeof(*sizes));
    if (sizes == NULL)
        shrink->broken = true;
    uint32_t length = shrink->best.ops.count;
    /* Halves, and of short stretches every length. */
    for (; sizes != NULL && length >= count_min; length = length <= 16u ? length - 1u : length / 2u)
        for (uint32_t at = 0; at < shrink->best.ops.count && !shrink_over(shrink); at++) {
            uint32_t left = shrink->best.ops.count - at;
            uint32_t count = length < left ? length : left;
            bool done = count >= count_min && together(shrink, at, count, sizes);
            changed |= done;
            if (!done && length > 8u)
                at += count - 1u;
        }
    free(sizes);
    return changed;
}

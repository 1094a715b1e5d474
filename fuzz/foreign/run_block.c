/* Operations on blocks. */
#include "fuzz/foreign/contents.h"
#include "fuzz/foreign/run_internal.h"

static bool rule_A9(struct run *run, uintptr_t at, uintptr_t align_bytes)
{
    uintptr_t align = adapter.align_bytes > align_bytes ? adapter.align_bytes : align_bytes;
    return align == 0 || at % align == 0 ||
           violation_set(&run->violation, RULE_A9, (uint32_t)at, (uint32_t)align,
                         (uint32_t)(at % align),
                         "alignment (found: the remainder) of the block at");
}

static bool rule_A7(struct run *run, uintptr_t at, uintptr_t size_bytes, uintptr_t usable_bytes)
{
    return usable_bytes >= size_bytes ||
           violation_set(&run->violation, RULE_A7, (uint32_t)at, (uint32_t)size_bytes,
                         (uint32_t)usable_bytes, "size asked for, and usable size of the block at");
}

static bool rule_A1(struct run *run, uintptr_t at, uintptr_t usable_bytes)
{
    bool fits = usable_bytes <= PTRDIFF_MAX && at + usable_bytes > at;
    bool granted = run_unbounded() || (fits && grants_cover(&supply.grants, at, at + usable_bytes));
    if (fits && granted)
        return true;
    /* Up to the end of the addresses, which differs between machines, no grant goes. */
    uintptr_t end = usable_bytes < UINTPTR_MAX - at ? at + usable_bytes : UINTPTR_MAX;
    uintptr_t inside = grants_count_bytes(&supply.grants, at, end);
    return violation_set(&run->violation, RULE_A1, (uint32_t)at, 0,
                         (uint32_t)(usable_bytes - inside),
                         "bytes (found: how many) that were not granted, in the block at");
}

static bool rule_A6_zero(struct run *run, uintptr_t at, uintptr_t size_bytes)
{
    uintptr_t other = contents_find_other(at, size_bytes, 0);
    return other == size_bytes ||
           violation_set(&run->violation, RULE_A6, (uint32_t)(at + other), 0,
                         contents_read(at + other, 1), "a byte that is to be zero, at");
}

/* A refusal has cost nobody anything: where only both ends of blocks are read, the rest is before
 * it is freed. Where very many live, only if it came from a hook. */
static bool refusal_harmless(struct run *run)
{
    enum { MANY = 1024 };
    bool by_hook = supply.refusal_count != run->supply_refusals;
    return (run->model.live_count > MANY && !by_hook) ||
           (run_thorough(run) ? model_all_intact : model_ends_intact)(&run->model, &run->violation);
}

static enum run_outcome refused(struct run *run, uintptr_t size_bytes, uintptr_t align_bytes)
{
    run->refusal_count++;
    return refusal_harmless(run) && run_rule_A10(run, align_bytes, size_bytes) ? RUN_APPLIED
                                                                               : RUN_VIOLATED;
}

/* The bytes of a block that the harness may use. */
static uintptr_t usable_of(struct run *run, void *at, uintptr_t size_bytes)
{
    if (adapter.usable == NULL || size_bytes == 0)
        return size_bytes;
    run_call(run);
    uintptr_t usable = adapter.usable(at);
    run_called(run);
    return usable;
}

/* The rules about a block that a call has returned. */
static bool block_right(struct run *run, uintptr_t at, uintptr_t size_bytes, uintptr_t usable_bytes,
                        uintptr_t align_bytes)
{
    return size_bytes == 0 ||
           (rule_A9(run, at, align_bytes) && rule_A7(run, at, size_bytes, usable_bytes) &&
            rule_A1(run, at, usable_bytes) &&
            model_rule_A2(&run->model, at, usable_bytes, &run->violation));
}

enum run_outcome run_enter(struct run *run, uint32_t slot, void *result, uintptr_t size_bytes,
                           uintptr_t align_bytes, bool zeroed)
{
    uintptr_t at = (uintptr_t)result;
    bool own = adapter.memory == ADAPTER_OWN;
    run_digest(run, own ? at != 0 : at);
    if (at == 0)
        return size_bytes == 0 ? RUN_APPLIED : refused(run, size_bytes, align_bytes);
    run->touched = true;
    /* As far as was asked for, before it is asked for more: who knows what it would look at. */
    if (!block_right(run, at, size_bytes, size_bytes, align_bytes))
        return RUN_VIOLATED;
    uintptr_t usable = usable_of(run, result, size_bytes);
    if (!own)
        run_digest(run, usable);
    if ((usable != size_bytes && !block_right(run, at, size_bytes, usable, align_bytes)) ||
        (zeroed && !rule_A6_zero(run, at, size_bytes)))
        return RUN_VIOLATED;
    model_enter(&run->model, slot, at, size_bytes, usable);
    return RUN_APPLIED;
}

enum run_outcome run_release(struct run *run, uint32_t slot)
{
    struct model_block block = run->model.slots[slot];
    if (!model_rule_A3(&block, block.at, block.usable_bytes, &run->violation))
        return RUN_VIOLATED;
    run->touched = true;
    model_leave(&run->model, slot, &block);
    run_call(run);
    if (block.aligned && adapter.release_aligned != NULL)
        adapter.release_aligned((void *)block.at);
    else
        adapter.release((void *)block.at);
    run_called(run);
    return RUN_APPLIED;
}

static enum run_outcome apply_alloc(struct run *run, uint32_t slot, uintptr_t size_bytes)
{
    if (run_size_untried(size_bytes))
        return RUN_SKIPPED;
    run_call(run);
    void *result = adapter.alloc(size_bytes);
    run_called(run);
    return run_enter(run, slot, result, size_bytes, 0, false);
}

static enum run_outcome apply_aligned(struct run *run, const struct op *op)
{
    uintptr_t size = run_size(op->size);
    uintptr_t align = op->arg;
    uintptr_t low = adapter.align_min != 0 ? adapter.align_min : sizeof(void *);
    uintptr_t high = adapter.align_max != 0 ? adapter.align_max : 4096u;
    if (adapter.aligned == NULL || align < low || align > high || (align & (align - 1u)) != 0 ||
        run_size_untried(size))
        return RUN_SKIPPED;
    run_call(run);
    void *result = adapter.aligned(align, size);
    run_called(run);
    enum run_outcome outcome = run_enter(run, op->slot, result, size, align, false);
    run->model.slots[op->slot].aligned = true;
    return outcome;
}

static enum run_outcome apply_zalloc(struct run *run, const struct op *op)
{
    uintptr_t count = run_size(op->arg);
    uintptr_t size = run_size(op->size);
    uintptr_t product;
    bool wraps = __builtin_mul_overflow(count, size, &product);
    bool large = count > run_asked_max() || size > run_asked_max();
    if (adapter.zeroed == NULL || large || run_size_untried(wraps ? UINTPTR_MAX : product))
        return RUN_SKIPPED;
    run_call(run);
    void *result = adapter.zeroed(count, size);
    run_called(run);
    if (wraps && result != NULL) {
        (void)violation_set(&run->violation, RULE_A6, (uint32_t)(uintptr_t)result, (uint32_t)size,
                            (uint32_t)count,
                            "size, and count (found), whose product wraps, granted at");
        return RUN_VIOLATED;
    }
    return run_enter(run, op->slot, result, wraps ? UINTPTR_MAX : product, 0, true);
}

/* A refused resize: the old block lives on. */
static enum run_outcome resize_refused(struct run *run, uint32_t slot,
                                       const struct model_block *block, uintptr_t size_bytes)
{
    model_return(&run->model, slot, block);
    run_digest(run, 0);
    if (adapter.resize_in_place && size_bytes <= block->size_bytes) {
        (void)violation_set(&run->violation, RULE_A13, (uint32_t)block->at,
                            (uint32_t)block->size_bytes, (uint32_t)size_bytes,
                            "size, and refused new size, of the block at");
        return RUN_VIOLATED;
    }
    return refused(run, size_bytes, 0);
}

static enum run_outcome apply_resize(struct run *run, uint32_t slot, uintptr_t size_bytes)
{
    struct model_block block = run->model.slots[slot];
    if (run_size_untried(size_bytes) || size_bytes == 0)
        return RUN_SKIPPED;
    if (!model_rule_A3(&block, block.at, block.usable_bytes, &run->violation))
        return RUN_VIOLATED;
    model_leave(&run->model, slot, &block);
    run->touched = true;
    run_call(run);
    void *result = adapter.resize((void *)block.at, size_bytes);
    run_called(run);
    if (result == NULL)
        return resize_refused(run, slot, &block, size_bytes);
    /* What it moved is looked at before anything is written, and only where it may be read. */
    uintptr_t kept = size_bytes < block.size_bytes ? size_bytes : block.size_bytes;
    uintptr_t at = (uintptr_t)result;
    if (!block_right(run, at, size_bytes, size_bytes, 0) ||
        !model_rule_A3(&block, at, kept, &run->violation))
        return RUN_VIOLATED;
    return run_enter(run, slot, result, size_bytes, 0, false);
}

/* An allocator without a resize is resized from outside, as a caller would do it. */
static enum run_outcome apply_resize_outside(struct run *run, uint32_t slot, uintptr_t size_bytes)
{
    if (run_size_untried(size_bytes) || size_bytes == 0)
        return RUN_SKIPPED;
    run_call(run);
    void *result = adapter.alloc(size_bytes);
    run_called(run);
    if (result == NULL) {
        run_digest(run, 0);
        return refused(run, size_bytes, 0);
    }
    if (!block_right(run, (uintptr_t)result, size_bytes, size_bytes, 0) ||
        run_release(run, slot) == RUN_VIOLATED)
        return RUN_VIOLATED;
    return run_enter(run, slot, result, size_bytes, 0, false);
}

static enum run_outcome resize(struct run *run, uint32_t slot, uintptr_t size_bytes)
{
    if (!model_live(&run->model, slot))
        return apply_alloc(run, slot, size_bytes);
    if (run->model.slots[slot].aligned && adapter.aligned_stay)
        return RUN_SKIPPED;
    return adapter.resize != NULL ? apply_resize(run, slot, size_bytes)
                                  : apply_resize_outside(run, slot, size_bytes);
}

enum run_outcome run_apply_block(struct run *run, const struct op *op)
{
    bool live = model_live(&run->model, op->slot);
    if (op->kind == OP_REALLOC)
        return resize(run, op->slot, run_size(op->size));
    if (op_makes_block(op->kind) == live)
        return RUN_SKIPPED;
    switch (op->kind) {
    case OP_ALLOC: return apply_alloc(run, op->slot, run_size(op->size));
    case OP_ALIGNED: return apply_aligned(run, op);
    case OP_ZALLOC: return apply_zalloc(run, op);
    case OP_FREE: return run_release(run, op->slot);
    case OP_SAME: return resize(run, op->slot, run->model.slots[op->slot].size_bytes);
    default: model_rewrite(&run->model, op->slot); return RUN_APPLIED;
    }
}

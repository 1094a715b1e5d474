/* Misuses: only for allocators that say that they detect them. */
#include "fuzz/foreign/memory.h"
#include "fuzz/foreign/run_internal.h"

/* Rule A14, its first half: a misuse is reported once; and no contents change. */
static enum run_outcome misuse(struct run *run, uintptr_t at)
{
    /* To see that it is none, it may have to look for a header in the middle of a block. */
    model_open(&run->model, true);
    run_call(run);
    adapter.release((void *)at);
    run_called(run);
    model_open(&run->model, false);
    if (run->misuse_count != 1u) {
        (void)violation_set(&run->violation, RULE_A14, (uint32_t)at, 1, run->misuse_count,
                            "misuses reported, of what was given to release:");
        return RUN_VIOLATED;
    }
    return model_all_intact(&run->model, &run->violation) ? RUN_APPLIED : RUN_VIOLATED;
}

/* True if a live block begins at `at`. */
static bool block_begins(const struct run *run, uintptr_t at)
{
    const struct model_block *block = model_at_or_below(&run->model, at);
    return (block != NULL && block->at == at) ||
           model_empty_within(&run->model, at, at + 1u) != NULL;
}

enum run_outcome run_apply_misuse(struct run *run, const struct op *op)
{
    const struct model_block *block = &run->model.slots[op->slot];
    uintptr_t inner = 8u * (uintptr_t)op->size;
    uintptr_t foreign = memory_open()->start + (uint32_t)(op->size - MEMORY_START);
    if (!adapter.misuse_detected)
        return RUN_SKIPPED;
    switch (op->kind) {
    case OP_DOUBLE_FREE:
        return block->at != 0 || block->freed_at == 0 || block_begins(run, block->freed_at)
                   ? RUN_SKIPPED
                   : misuse(run, block->freed_at);
    case OP_FREE_INNER:
        return block->at == 0 || inner == 0 || inner >= block->usable_bytes
                   ? RUN_SKIPPED
                   : misuse(run, block->at + inner);
    case OP_FREE_MISALIGNED:
        return block->at == 0 || block->usable_bytes < 8u
                   ? RUN_SKIPPED
                   : misuse(run, block->at + op->size % 7u + 1u);
    case OP_FREE_FOREIGN:
        return foreign == 0 || adapter.memory == ADAPTER_OWN ||
                       grants_cover(&supply.grants, foreign, foreign + 1u)
                   ? RUN_SKIPPED
                   : misuse(run, foreign);
    default: return RUN_SKIPPED;
    }
}

/* Shrinking: a few operations in a row replaced by fewer, which are drawn from a pool.
 *
 * Leaving out and lowering end where two changes would be needed at once: a free block between used
 * ones takes three operations or, made by an alignment, one. In a short case all replacements by
 * one or two operations of a pool can be tried: its own operations, and for each slot the usual
 * ones. */
#include <string.h>

#include "fuzz/crash/shrink.h"

#define OPS_MAX 16u    /* of a case that this is tried on */
#define WINDOW_MAX 6u  /* operations that are replaced at once */
#define REPLACE_MAX 2u /* operations that they are replaced by; */
#define REPLACE_ALL 3u /* for the whole of a case */
#define POOL_MAX 64u
#define WORK_MAX 200000u /* of each call, in trials that map next to nothing */
#define WORK_FRAMES 8u   /* frame requests that take as long as the rest of such a trial */

struct pool {
    struct op ops[POOL_MAX];
    uint32_t count;
    uint32_t work_left;
};

static void pool_add(struct pool *pool, struct op op)
{
    for (uint32_t i = 0; i < pool->count; i++)
        if (memcmp(&pool->ops[i], &op, sizeof(op)) == 0)
            return;
    if (pool->count < POOL_MAX)
        pool->ops[pool->count++] = op;
}

/* The simplest come first: what is found first is kept. */
static void pool_fill(struct pool *pool, const struct op_list *list)
{
    static const uint32_t sizes[] = {1, 25, 897};
    uint32_t slots = 1;
    for (uint32_t i = 0; i < list->count; i++)
        if (list->ops[i].kind == OP_ALLOC && list->ops[i].slot >= slots)
            slots = list->ops[i].slot + 1u;
    slots = slots < 3u ? slots + 1u : 3u;
    pool->count = 0;
    for (uint32_t slot = 0; slot < slots; slot++) {
        for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
            pool_add(pool, (struct op){OP_ALLOC, slot, sizes[i], 0});
        pool_add(pool, (struct op){OP_FREE, slot, 0, 0});
        pool_add(pool, (struct op){OP_ALIGNED, slot, 1, 32});
        pool_add(pool, (struct op){OP_ALIGNED, slot, 1, 64});
        pool_add(pool, (struct op){OP_ALIGNED, slot, 1, 8192});
        pool_add(pool, (struct op){OP_REALLOC, slot, 1, 0});
    }
    for (uint32_t i = 0; i < list->count; i++)
        pool_add(pool, list->ops[i]);
    for (uint32_t i = 0; i < list->count; i++)
        if (list->ops[i].kind == OP_ALLOC || list->ops[i].kind == OP_REALLOC)
            for (uint32_t slot = 0; slot < slots; slot++)
                pool_add(pool, (struct op){OP_ALLOC, slot, list->ops[i].size, 0});
    pool_add(pool, (struct op){.kind = OP_RECLAIM, .size = OP_FRAMES_MAX});
}

/* Makes the candidate the best with the operations [at, at + length) replaced by `count` others,
 * which are still to be written, and tries every choice of them. */
static bool replaced(struct shrink *shrink, struct pool *pool, uint32_t at, uint32_t length,
                     uint32_t count)
{
    uint32_t work = 1u + shrink->trial.verdict.frame_requests / WORK_FRAMES;
    uint32_t digits[REPLACE_ALL] = {0};
    for (;;) {
        if (pool->work_left < work || shrink_over(shrink) ||
            !shrink_candidate_without(shrink, at, length - count))
            return false;
        pool->work_left -= work;
        for (uint32_t i = 0; i < count; i++)
            shrink->candidate.ops.ops[at + i] = pool->ops[digits[i]];
        if (shrink_try(shrink))
            return true;
        uint32_t digit = 0;
        while (digit < count && ++digits[digit] == pool->count)
            digits[digit++] = 0;
        if (digit == count)
            return false;
    }
}

bool shrink_windows(struct shrink *shrink)
{
    struct pool pool = {.work_left = WORK_MAX};
    uint32_t op_count = shrink->best.ops.count;
    if (op_count > OPS_MAX)
        return false;
    pool_fill(&pool, &shrink->best.ops);
    for (uint32_t count = 1; count <= REPLACE_ALL; count++)
        for (uint32_t length = count + 1u; length <= WINDOW_MAX && length <= op_count; length++)
            for (uint32_t at = 0; at + length <= op_count; at++)
                if ((count <= REPLACE_MAX || length == op_count) &&
                    replaced(shrink, &pool, at, length, count))
                    return true;
    return false;
}

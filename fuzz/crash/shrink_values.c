/* Shrinking: simpler operations, the machine, lower numbers. */
#include "fuzz/crash/shrink.h"

/* Up to here every lower number is tried, from 0 on. */
#define TRIED_ALL 1024u
#define TRIED_ALL_OPS 32u

static bool try_op(struct shrink *shrink, uint32_t at, struct op op)
{
    if (!shrink_candidate(shrink))
        return false;
    shrink->candidate.ops.ops[at] = op;
    return shrink_try(shrink);
}

/* Simpler operations that may do the same. */
static bool simpler(struct shrink *shrink, uint32_t at)
{
    struct op op = shrink->best.ops.ops[at];
    uint64_t total = (uint64_t)op.size * op.arg;
    switch (op.kind) {
    case OP_ALIGNED: return try_op(shrink, at, (struct op){OP_ALLOC, op.slot, op.size, 0});
    case OP_REALLOC:
        if (op.size == 0)
            return try_op(shrink, at, (struct op){OP_FREE, op.slot, 0, 0});
        return try_op(shrink, at, (struct op){OP_ALLOC, op.slot, op.size, 0});
    case OP_ZALLOC:
        if (total <= UINT32_MAX &&
            try_op(shrink, at, (struct op){OP_ALLOC, op.slot, (uint32_t)total, 0}))
            return true;
        return op.arg != 1u && total <= UINT32_MAX &&
               try_op(shrink, at, (struct op){OP_ZALLOC, op.slot, (uint32_t)total, 1});
    case OP_REFUSE_ON: return try_op(shrink, at, (struct op){.kind = OP_REFUSE, .size = op.size});
    default: return false;
    }
}

bool shrink_kinds(struct shrink *shrink)
{
    bool changed = false;
    for (uint32_t i = 0; i < shrink->best.ops.count && !shrink_over(shrink); i++)
        changed |= simpler(shrink, i);
    return changed;
}

/* A number of the candidate that is to become lower: where it stands there. */
typedef uint32_t *(*number_at)(struct op_case *one, uint32_t i);

static bool try_number(struct shrink *shrink, number_at where, uint32_t i, uint32_t value)
{
    if (!shrink_candidate(shrink))
        return false;
    *where(&shrink->candidate, i) = value;
    return shrink_try(shrink);
}

/* Lowers a number: to the lowest of all if there are few, otherwise by ever smaller steps. */
static bool lower(struct shrink *shrink, number_at where, uint32_t i, uint32_t least)
{
    bool changed = false;
    bool few = shrink->best.ops.count <= TRIED_ALL_OPS;
    for (uint32_t value = least; few && value < least + TRIED_ALL; value++) {
        if (value >= *where(&shrink->best, i) || shrink_over(shrink))
            return changed;
        if (try_number(shrink, where, i, value))
            return true;
    }
    for (uint32_t step = 1u << 31; step != 0; step >>= 1)
        while (*where(&shrink->best, i) >= step && *where(&shrink->best, i) - step >= least &&
               try_number(shrink, where, i, *where(&shrink->best, i) - step))
            changed = true;
    return changed;
}

static uint32_t *size_at(struct op_case *one, uint32_t i)
{
    return &one->ops.ops[i].size;
}

static uint32_t *arg_at(struct op_case *one, uint32_t i)
{
    return &one->ops.ops[i].arg;
}

bool shrink_numbers(struct shrink *shrink)
{
    bool changed = false;
    for (uint32_t i = 0; i < shrink->best.ops.count && !shrink_over(shrink); i++) {
        changed |= lower(shrink, size_at, i, 0);
        changed |= i < shrink->best.ops.count && lower(shrink, arg_at, i, 0);
    }
    return changed;
}

static uint32_t *frames_of(struct op_case *one, uint32_t i)
{
    (void)i;
    return &one->config.frame_count;
}

static uint32_t *window_of(struct op_case *one, uint32_t i)
{
    (void)i;
    return &one->config.window_pages;
}

/* The machine that a text need not name is the simplest; otherwise fewer frames and pages are. */
static bool try_config(struct shrink *shrink, struct op_config config)
{
    const struct op_config *now = &shrink->best.config;
    if ((now->policy == config.policy && now->frame_count == config.frame_count &&
         now->window_pages == config.window_pages) ||
        !shrink_candidate(shrink))
        return false;
    shrink->candidate.config = config;
    return shrink_try(shrink);
}

bool shrink_config(struct shrink *shrink)
{
    struct op_config now = shrink->best.config;
    const struct op_config simplest = {OP_POLICY_DEFAULT, OP_FRAMES_DEFAULT,
                                       OP_WINDOW_PAGES_DEFAULT};
    if (now.frame_count == simplest.frame_count && now.window_pages == simplest.window_pages)
        return now.policy != simplest.policy && try_config(shrink, simplest);
    if (try_config(shrink, simplest) ||
        try_config(shrink,
                   (struct op_config){now.policy, simplest.frame_count, simplest.window_pages}))
        return true;
    bool changed =
        try_config(shrink, (struct op_config){simplest.policy, now.frame_count, now.window_pages});
    changed |= lower(shrink, frames_of, 0, 0);
    return changed | lower(shrink, window_of, 0, 1);
}

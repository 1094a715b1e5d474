/* Operations on the window, on what the hooks refuse, and on the heap as a whole. */
#include "fuzz/foreign/memory.h"
#include "fuzz/foreign/run_internal.h"

/* How far windows grow, and other stretches are. */
#define STRETCH_MAX 0x100000u

static bool hooked(void)
{
    return adapter.memory != ADAPTER_POOL;
}

static enum run_outcome apply_refuse(const struct op *op)
{
    if (!hooked())
        return RUN_SKIPPED;
    supply.refuse_request = op->size != 0 ? supply.request_count + op->size : 0;
    supply.refuse_on = op->kind == OP_REFUSE_ON;
    return RUN_APPLIED;
}

static enum run_outcome apply_pressure(const struct op *op)
{
    if (!hooked() || adapter.memory == ADAPTER_OWN)
        return RUN_SKIPPED;
    uintptr_t most = supply.window.page_count - supply.pages_taken;
    supply.pages_left = op->size < most ? op->size : most;
    return RUN_APPLIED;
}

static uintptr_t start_align(void)
{
    return adapter.start_align != 0 ? adapter.start_align : MEMORY_PAGE;
}

struct supply_window run_window_of_op(const struct op_config *config, const struct op *op)
{
    const struct memory *memory = memory_open();
    uintptr_t room = (uintptr_t)config->frame_count * MEMORY_PAGE;
    uintptr_t memory_room = memory->end - memory->start - MEMORY_PAGE;
    room = room < memory_room ? room : memory_room;
    room = adapter.window_max != 0 && room > adapter.window_max ? adapter.window_max : room;
    uintptr_t start = memory->start + (op->arg % MEMORY_PAGE & ~(start_align() - 1u));
    return (struct supply_window){start, start + op->size % (room + 1u), config->frame_count};
}

/* The heap anew in a window of another length, with another start. */
static enum run_outcome apply_window(struct run *run, const struct op *op)
{
    struct supply_window window = run_window_of_op(&run->config, op);
    if (run->model.live_count != 0 || window.limit == window.start || adapter.memory == ADAPTER_OWN)
        return RUN_SKIPPED;
    /* What was freed in the old heap may be anything in the new one. */
    model_clear(&run->model);
    run->crowd_count = 0;
    run->largest = adapter.empty_as_fresh ? run_largest_fresh(run, &window) : 0;
    run_digest(run, run_heap_make(run, &window));
    run->supply_refusals = 0;
    run->supply_injected = 0;
    return RUN_APPLIED;
}

uintptr_t run_stretch(const struct op *op)
{
    return op->size % STRETCH_MAX;
}

/* The end of all that was granted to a pool. */
static uintptr_t pool_end(void)
{
    return supply.grants.list[supply.grants.count - 1u].end;
}

/* The window is behind no appended stretch, so it can end elsewhere. */
static bool limit_free(uintptr_t limit)
{
    const struct memory *memory = memory_open();
    uintptr_t from = supply.window.limit;
    /* One stretch must not touch another: to the allocator they are two. */
    return limit > from && limit <= memory->end && grants_spare(&supply.grants, from, limit + 1u);
}

static enum run_outcome apply_grow(struct run *run, const struct op *op)
{
    struct supply_window *window = &supply.window;
    uintptr_t limit = window->limit + run_stretch(op);
    uintptr_t most = adapter.window_max;
    if (most != 0 && limit - window->start > most)
        return RUN_SKIPPED;
    if (adapter.grow == NULL || hooked() || !limit_free(limit) ||
        !supply_grant(window->limit, limit))
        return RUN_SKIPPED;
    run_call(run);
    bool grown = adapter.grow((void *)window->start, (void *)window->limit, (void *)limit);
    run_called(run);
    run_digest(run, grown);
    if (!grown)
        (void)supply_revoke(window->limit, limit);
    else
        window->limit = limit;
    return RUN_APPLIED;
}

static enum run_outcome apply_shrink(struct run *run, const struct op *op)
{
    struct supply_window *window = &supply.window;
    if (adapter.shrink == NULL || hooked() || op->size == 0 ||
        op->size >= window->limit - window->start)
        return RUN_SKIPPED;
    uintptr_t limit = window->limit - op->size;
    run_call(run);
    bool shrunk = adapter.shrink((void *)window->start, (void *)window->limit, (void *)limit);
    run_called(run);
    run_digest(run, shrunk);
    if (!shrunk)
        return RUN_APPLIED;
    run->largest = 0;
    const struct model_block *block = model_at_or_below(&run->model, window->limit - 1u);
    if (block != NULL && block->at >= window->start && block->at + block->usable_bytes > limit) {
        (void)violation_set(&run->violation, RULE_A1, (uint32_t)block->at, (uint32_t)limit,
                            (uint32_t)(block->at + block->usable_bytes),
                            "limit that shrink has agreed to, and end of the live block at");
        return RUN_VIOLATED;
    }
    (void)supply_revoke(limit, window->limit);
    window->limit = limit;
    return RUN_APPLIED;
}

static enum run_outcome apply_append(struct run *run, const struct op *op)
{
    uintptr_t align = start_align();
    if (adapter.append == NULL || hooked())
        return RUN_SKIPPED;
    uintptr_t start = (pool_end() + 1u + op->arg % (2u * MEMORY_PAGE) + align - 1u) & ~(align - 1u);
    uintptr_t size = run_stretch(op);
    const struct memory *memory = memory_open();
    if (size == 0 || start >= memory->end || size > memory->end - start ||
        !supply_grant(start, start + size))
        return RUN_SKIPPED;
    run_call(run);
    bool taken = adapter.append((void *)start, (void *)(start + size));
    run_called(run);
    run_digest(run, taken);
    if (!taken)
        (void)supply_revoke(start, start + size);
    return RUN_APPLIED;
}

static enum run_outcome apply_trim(struct run *run)
{
    if (adapter.trim == NULL)
        return RUN_SKIPPED;
    run_call(run);
    adapter.trim();
    run_called(run);
    return RUN_APPLIED;
}

/* One more block of the crowd. */
static enum run_outcome crowd_alloc(struct run *run, uint32_t slot, uintptr_t size_bytes, bool *got)
{
    run_call(run);
    void *result = adapter.alloc(size_bytes);
    run_called(run);
    *got = result != NULL;
    return run_enter(run, slot, result, size_bytes, 0, false);
}

/* Rule A12: one of the crowd is freed, and the same size asked for again. */
static enum run_outcome crowd_again(struct run *run, uintptr_t size_bytes)
{
    uint32_t slot = run->crowd_at + run->crowd_count / 2u;
    uint32_t injected_count = supply.injected_count;
    bool got = false;
    if (run->model.slots[slot].size_bytes != size_bytes)
        slot = run->crowd_at + run->crowd_count - 1u;
    if (run->model.slots[slot].size_bytes != size_bytes)
        return RUN_APPLIED; /* all that is known to be of this size is of an earlier crowd */
    if (run_release(run, slot) == RUN_VIOLATED ||
        crowd_alloc(run, slot, size_bytes, &got) == RUN_VIOLATED)
        return RUN_VIOLATED;
    if (got)
        return RUN_APPLIED;
    /* The last of the crowd takes the place of the one that is gone. */
    uintptr_t freed_at = run->model.slots[slot].freed_at;
    run->crowd_count--;
    if (slot != run->crowd_at + run->crowd_count) {
        struct model_block last;
        model_leave(&run->model, run->crowd_at + run->crowd_count, &last);
        model_return(&run->model, slot, &last);
    }
    /* What it had given back it may be refused. */
    if (!adapter.same_again || supply.injected_count != injected_count)
        return RUN_APPLIED;
    (void)violation_set(&run->violation, RULE_A12, (uint32_t)freed_at, 1, 0,
                        "the same size granted again in a full heap, of the block freed at");
    return RUN_VIOLATED;
}

static enum run_outcome apply_greedy(struct run *run, const struct op *op)
{
    uintptr_t size = run_size(op->size);
    bool got = true;
    if (size == 0 || run_size_untried(size) || run_unbounded())
        return RUN_SKIPPED;
    while (got && run->crowd_count < RUN_CROWD_MAX) {
        if (crowd_alloc(run, run->crowd_at + run->crowd_count, size, &got) == RUN_VIOLATED)
            return RUN_VIOLATED;
        run->crowd_count += got;
    }
    return got || run->crowd_count == 0 ? RUN_APPLIED : crowd_again(run, size);
}

/* Frees every step-th of the crowd that lives. */
static bool crowd_release(struct run *run, uint32_t from, uint32_t step)
{
    for (uint32_t i = from; i < run->crowd_count; i += step)
        if (model_live(&run->model, run->crowd_at + i) &&
            run_release(run, run->crowd_at + i) == RUN_VIOLATED)
            return false;
    return true;
}

static enum run_outcome apply_drain(struct run *run, const struct op *op)
{
    bool ok = true;
    if (run->crowd_count == 0)
        return RUN_SKIPPED;
    if (op->arg % 8u == 0) { /* the last first */
        for (uint32_t i = run->crowd_count; i > 0 && ok; i--)
            ok = run_release(run, run->crowd_at + i - 1u) != RUN_VIOLATED;
    } else {
        for (uint32_t i = 0; i < op->arg % 8u && ok; i++)
            ok = crowd_release(run, i, op->arg % 8u);
    }
    run->crowd_count = ok ? 0 : run->crowd_count;
    return ok ? RUN_APPLIED : RUN_VIOLATED;
}

enum run_outcome run_apply_window(struct run *run, const struct op *op)
{
    switch (op->kind) {
    case OP_RECLAIM: return apply_trim(run);
    case OP_PRESSURE: return apply_pressure(op);
    case OP_REFUSE:
    case OP_REFUSE_ON: return apply_refuse(op);
    case OP_WINDOW: return apply_window(run, op);
    case OP_GROW: return apply_grow(run, op);
    case OP_SHRINK: return apply_shrink(run, op);
    case OP_APPEND: return apply_append(run, op);
    case OP_GREEDY: return apply_greedy(run, op);
    case OP_DRAIN: return apply_drain(run, op);
    case OP_CHECK: return RUN_APPLIED; /* run_check is asked for everything */
    default: return RUN_SKIPPED;
    }
}

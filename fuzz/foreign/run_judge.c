/* Rule A10: whether a refusal is justified, by the memory between live blocks. */
#include "fuzz/foreign/memory.h"
#include "fuzz/foreign/run_internal.h"

/* The longest stretch so far, and where the one that is being measured began. */
struct stretch {
    uintptr_t from;
    uintptr_t longest;
    uintptr_t longest_at;
};

static void stretch_end(struct stretch *stretch, uintptr_t to)
{
    if (to > stretch->from && to - stretch->from > stretch->longest) {
        stretch->longest = to - stretch->from;
        stretch->longest_at = stretch->from;
    }
}

/* The same, where blocks without bytes may lie. How much room one takes is not known: as much as a
 * block of 1 byte would. */
static void stretch_end_divided(const struct model *model, struct stretch *stretch, uintptr_t to)
{
    const struct model_block *empty = model_empty_within(model, stretch->from, to);
    while (empty != NULL) {
        stretch_end(stretch, empty->at);
        stretch->from = empty->at + adapter.needs(0, 1);
        empty = model_empty_within(model, empty->at + 1u, to);
    }
    stretch_end(stretch, to);
}

/* Measures what lies between the live blocks of [start, end), a stretch of memory of which the
 * allocator keeps both ends. */
static void measure(const struct model *model, uintptr_t start, uintptr_t end,
                    struct stretch *stretch)
{
    end -= adapter.end_bytes < end - start ? adapter.end_bytes : end - start;
    stretch->from = start + adapter.front_bytes;
    const struct model_block *block = model_above(model, start - 1u);
    while (block != NULL && block->at < end) {
        stretch_end_divided(model, stretch, block->at);
        stretch->from = block->at + block->usable_bytes;
        block = model_next(model, block);
    }
    stretch_end_divided(model, stretch, end);
}

/* What the hooks would grant beside what they have: the pages left. */
static void measure_grantable(const struct run *run, struct stretch *stretch)
{
    uintptr_t left = supply.pages_left * MEMORY_PAGE;
    const struct supply_window *window = &supply.window;
    struct stretch open = {0, 0, 0};
    if (supply.memory == ADAPTER_SBRK) {
        /* The last stretch goes on as far as the break can go. */
        uintptr_t end = supply_break_end();
        measure(&run->model, supply.break_at > window->start ? supply.grants.list[0].start : end,
                end, stretch);
        return;
    }
    /* Elsewhere stretches without any grant: how what is granted lies to them is the allocator's
     * affair. */
    uintptr_t from = (window->start + MEMORY_PAGE - 1u) & ~(uintptr_t)(MEMORY_PAGE - 1u);
    for (uint32_t i = 0; i <= supply.grants.count; i++) {
        bool last = i == supply.grants.count;
        open.from = from;
        stretch_end(&open, last ? window->limit : supply.grants.list[i].start);
        from = last ? from : supply.grants.list[i].end;
    }
    uintptr_t keeps = adapter.front_bytes + adapter.end_bytes;
    uintptr_t granted = open.longest < left ? open.longest : left;
    stretch->from = open.longest_at;
    stretch_end(stretch, open.longest_at + (granted > keeps ? granted - keeps : 0));
}

bool run_rule_A10(struct run *run, uintptr_t align_bytes, uintptr_t size_bytes)
{
    const struct memory *memory = memory_open();
    struct stretch stretch = {0, 0, 0};
    bool hooks = supply.memory != ADAPTER_POOL;
    bool impossible = size_bytes > memory->end - memory->start ||
                      (adapter.size_max != 0 && size_bytes > adapter.size_max);
    if (adapter.needs == NULL || size_bytes == 0 || impossible)
        return true;
    for (uint32_t i = 0; i < supply.grants.count; i++)
        measure(&run->model, supply.grants.list[i].start, supply.grants.list[i].end, &stretch);
    /* Where a hook has refused what it had, only what is granted already counts; where it was asked
     * for more than it had, less might have done. */
    if (hooks && supply.memory != ADAPTER_OWN && supply.injected_count == run->supply_injected)
        measure_grantable(run, &stretch);
    uintptr_t needs = adapter.needs(align_bytes, size_bytes);
    return stretch.longest < needs ||
           violation_set(&run->violation, RULE_A10, (uint32_t)stretch.longest_at, (uint32_t)needs,
                         (uint32_t)stretch.longest,
                         "bytes that a refused request needs, and that are free at");
}

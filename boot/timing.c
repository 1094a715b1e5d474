#include "boot/timing.h"

#include "boot/memory.h"
#include "boot/modules.h"
#include "boot/probe.h"
#include "boot/serial.h"
#include "boot/stage.h"
#include "fuzz/input.h"

/* Ticks after which a load is ended: under first fit, a call may walk a long list. */
#define TICKS_MAX (1ull << 31)

enum timed { TIMED_ALLOC, TIMED_FREE, TIMED_RESIZE, TIMED_COUNT };

struct timing {
    struct heap heap;
    vaddr_t *blocks;  /* by slot */
    uint64_t nothing; /* ticks between two looks at the counter */
    uint64_t all;
    struct {
        uint32_t calls;
        uint64_t ticks;
        uint64_t most;
    } of[TIMED_COUNT];
};

/* Starts the machine and the heap anew. Returns null, or why not. */
static const char *start(struct timing *timing, const struct op_config *config,
                         enum heap_policy policy)
{
    const char *error = stage_heap(&timing->heap, config, policy);
    uint64_t before = ticks_now();
    timing->nothing = ticks_now() - before;
    return error;
}

static void count(struct timing *timing, enum timed kind, uint64_t ticks)
{
    ticks = ticks > timing->nothing ? ticks - timing->nothing : 0;
    timing->all += ticks;
    timing->of[kind].calls++;
    timing->of[kind].ticks += ticks;
    if (ticks > timing->of[kind].most)
        timing->of[kind].most = ticks;
}

/* Applies an operation, if it is one of those that recorded loads have. */
static void apply(struct timing *timing, const struct op *op)
{
    vaddr_t *block = &timing->blocks[op->slot];
    uint64_t before = ticks_now();
    switch (op->kind) {
    case OP_ALLOC:
        *block = kmalloc(&timing->heap, op->size);
        count(timing, TIMED_ALLOC, ticks_now() - before);
        break;
    case OP_ALIGNED:
        *block = kmalloc_aligned(&timing->heap, op->size, op->arg);
        count(timing, TIMED_ALLOC, ticks_now() - before);
        break;
    case OP_REALLOC:
        *block = krealloc(&timing->heap, *block, op->size);
        count(timing, TIMED_RESIZE, ticks_now() - before);
        break;
    case OP_FREE:
        kfree(&timing->heap, *block);
        count(timing, TIMED_FREE, ticks_now() - before);
        *block = VADDR_NULL;
        break;
    default: break;
    }
}

static void print(const struct timing *timing, const char *name, enum heap_policy policy,
                  bool ended)
{
    static const char *const kinds[TIMED_COUNT] = {"alloc", "free", "resize"};
    struct line line;
    for (uint32_t kind = 0; kind < TIMED_COUNT; kind++) {
        if (timing->of[kind].calls == 0)
            continue;
        line_clear(&line);
        line_text(&line, name);
        line_text(&line, policy == HEAP_BINS ? ": bins " : ": first-fit ");
        line_text(&line, kinds[kind]);
        line_text(&line, ": ");
        line_decimal(&line, timing->of[kind].calls);
        line_text(&line, " calls, ");
        line_decimal(&line, timing->of[kind].ticks);
        line_text(&line, " ticks, at most ");
        line_decimal(&line, timing->of[kind].most);
        line_text(&line, ended ? ", ended early" : "");
        serial_line(&line);
    }
}

static const char *replay(struct timing *timing, const struct named_input *named,
                          enum heap_policy policy)
{
    struct input input;
    struct op op;
    const char *error = named->error;
    if (error == (const char *)0)
        error = input_open(&input, named->data, named->size_bytes);
    if (error == (const char *)0)
        error = start(timing, &input.config, policy);
    if (error != (const char *)0)
        return error;
    for (uint32_t slot = 0; slot < input.slot_count; slot++)
        timing->blocks[slot] = VADDR_NULL;
    bool more = true;
    while (more && timing->all < TICKS_MAX) {
        more = input_next(&input, &op);
        if (more)
            apply(timing, &op);
    }
    print(timing, named->name, policy, more);
    return (const char *)0;
}

static void say(const char *name, const char *what)
{
    struct line line;
    line_clear(&line);
    line_text(&line, name);
    line_text(&line, ": error: ");
    line_text(&line, what);
    serial_line(&line);
}

enum exit_value timing_run(const struct multiboot_info *info, enum heap_policy policy)
{
    struct modules modules;
    struct named_input named;
    uint64_t longest;
    uint32_t input_count = 0;
    uint64_t operation_count = 0;
    enum exit_value value = EXIT_OK;
    vaddr_t *blocks = memory_carve((uint64_t)modules_slots(info) * sizeof(vaddr_t), &longest);
    if (blocks == (vaddr_t *)0 || !probe_start()) {
        say("kheap", "too little memory for the blocks' table");
        return EXIT_LITTLE_MEMORY;
    }
    modules_open(&modules, info);
    while (modules_next(&modules, &named)) {
        struct timing timing = {.blocks = blocks};
        const char *error = replay(&timing, &named, policy);
        for (uint32_t kind = 0; kind < TIMED_COUNT; kind++)
            operation_count += timing.of[kind].calls;
        input_count++;
        if (error == (const char *)0)
            continue;
        say(named.name, error);
        value = EXIT_BAD_INPUT;
    }
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap: ");
    line_decimal(&line, input_count);
    line_text(&line, " inputs timed, ");
    line_decimal(&line, operation_count);
    line_text(&line, " operations");
    serial_line(&line);
    return input_count != 0 ? value : EXIT_BAD_INPUT;
}

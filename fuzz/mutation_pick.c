#include "fuzz/mutation_pick.h"

#define PAGE_BYTES 4096u
#define TABLE_PAGES 1024u

static slots_t slot_bit(uint32_t slot)
{
    return (slots_t)1 << slot;
}

slots_t slots_used(const struct op_list *ops, uint32_t at)
{
    slots_t used = 0;
    for (uint32_t i = 0; i < at; i++) {
        const struct op *op = &ops->ops[i];
        switch (op->kind) {
        case OP_ALLOC:
        case OP_ALIGNED:
        case OP_ZALLOC:
        case OP_REALLOC:
            if (op->size != 0)
                used |= slot_bit(op->slot);
            else if (op->kind == OP_REALLOC)
                used &= ~slot_bit(op->slot);
            break;
        case OP_FREE: used &= ~slot_bit(op->slot); break;
        default: break;
        }
    }
    return used;
}

uint32_t pick_slot(struct random *random, slots_t used, bool in_use)
{
    slots_t wanted = in_use ? used : ~used;
    uint32_t start = random_below(random, OP_SLOTS);
    for (uint32_t i = 0; i < OP_SLOTS; i++) {
        uint32_t slot = (start + i) % OP_SLOTS;
        if ((wanted & slot_bit(slot)) != 0)
            return slot;
    }
    return start;
}

/* About what the whole window holds (of a foreign heap's: what can be granted): half of the time to
 * the byte, for an empty heap or one with a small block. */
static uint32_t window_room(struct random *random, const struct op_config *config)
{
    uint32_t window = (pick_foreign ? config->frame_count : config->window_pages) * PAGE_BYTES;
    uint32_t less = random_below(random, 2) == 0
                        ? random_below(random, 2u * PAGE_BYTES)
                        : PICK_CONTROL_BYTES + 8u * random_below(random, 8);
    return less < window ? window - less : window;
}

/* Where a foreign allocator's arithmetic wraps or its classes begin: just below and above 2^k for
 * any k, those beyond 2^31 included (fuzz/foreign/run.h), and the largest there are. */
static uint32_t pick_foreign_size(struct random *random)
{
    uint32_t spread = random_below(random, 49) - 24u;
    switch (random_below(random, 4)) {
    case 0: return UINT32_MAX - random_below(random, 72);
    case 1: return (0x80u + random_below(random, 128)) << 24 | (spread & 0xFFFFFFu);
    default: return (1u << random_below(random, 32)) + spread;
    }
}

uint32_t pick_size(struct random *random, const struct op_config *config)
{
    if (pick_foreign && random_below(random, 6) == 0)
        return pick_foreign_size(random);
    static const uint32_t steps[] = {8, 16, 256, 512, 1024, PAGE_BYTES};
    static const uint32_t bounds[] = {0, OP_WINDOW_PAGES_MAX * PAGE_BYTES, 4u << 20, 1u << 31};
    uint32_t spread = random_below(random, 49) - 24u;
    switch (random_below(random, 12)) {
    case 0:
    case 1:
    case 2: return 1u + random_below(random, 64);
    case 3:
    case 4:
    case 5: return (1u + random_below(random, 8)) * steps[random_below(random, 6)] + spread;
    case 6:
    case 7: return (1u + random_below(random, 64)) * PAGE_BYTES + spread;
    case 8: return window_room(random, config);
    case 9: return bounds[random_below(random, 4)] + spread;
    case 10: return random_below(random, 2048);
    default: return random_next(random) >> random_below(random, 32);
    }
}

uint32_t pick_near(struct random *random, uint32_t number)
{
    switch (random_below(random, 5)) {
    case 0: return number + 1u;
    case 1: return number - 1u;
    case 2: return number + 8u;
    case 3: return number - 8u;
    default: return number ^ 1u << random_below(random, 32);
    }
}

static uint32_t pick_alignment(struct random *random)
{
    uint32_t alignment = 1u << random_below(random, pick_foreign ? 14u : 24u);
    return random_below(random, 8) == 0 ? pick_near(random, alignment) : alignment;
}

/* A number for the operations whose argument is a count of pages, frames, requests or points. */
static uint32_t pick_count(struct random *random)
{
    return random_next(random) >> (26u + random_below(random, 6));
}

static bool damages(enum op_kind kind)
{
    return kind >= OP_DAMAGE_HEADER && kind <= OP_DAMAGE_REALLOC;
}

/* Bits to XOR into a word: one, mostly. */
static uint32_t pick_bits(struct random *random)
{
    return random_below(random, 4) != 0 ? 1u << random_below(random, 32) : random_next(random);
}

/* Whether an operation is about a block that is there. */
static bool wants_used(enum op_kind kind)
{
    switch (kind) {
    case OP_FREE:
    case OP_REALLOC:
    case OP_FILL:
    case OP_SAME:
    case OP_FREE_INNER:
    case OP_FREE_MISALIGNED: return true;
    default: return damages(kind);
    }
}

/* Whether an operation's n is a size of memory. */
static bool takes_size(enum op_kind kind)
{
    switch (kind) {
    case OP_ALLOC:
    case OP_REALLOC:
    case OP_ALIGNED:
    case OP_ZALLOC:
    case OP_INTERRUPT:
    case OP_WINDOW:
    case OP_GREEDY:
    case OP_USE_FREED: return true;
    default: return false;
    }
}

/* An address to free that is no block's: anywhere, or in and around the control block. */
static uint32_t pick_address(struct random *random)
{
    if (random_below(random, 2) == 0)
        return random_next(random) & ~7u;
    return PICK_WINDOW_AT - 64u + 8u * random_below(random, (PICK_CONTROL_BYTES + 128u) / 8u);
}

/* By how much a window changes or misses a page: a few bytes, or any number. */
static uint32_t pick_offset(struct random *random)
{
    return random_below(random, 2) == 0 ? random_below(random, 72)
                                        : random_below(random, 3u * PAGE_BYTES);
}

/* An operation of a kind, with operands that suit it. */
static struct op op_of_kind(struct random *random, const struct op_config *config, slots_t used,
                            enum op_kind kind)
{
    struct op op = {.kind = kind};
    for (const char *letter = op_arguments(kind); *letter != '\0'; letter++) {
        if (*letter == 's')
            op.slot = pick_slot(random, used, wants_used(kind));
        else if (kind == OP_APPEND || kind == OP_GROW || kind == OP_SHRINK ||
                 (kind == OP_WINDOW && *letter == 'a'))
            *(*letter == 'n' ? &op.size : &op.arg) = pick_offset(random);
        else if (*letter == 'n')
            op.size = takes_size(kind) ? pick_size(random, config) : pick_count(random);
        else if (kind == OP_ALIGNED)
            op.arg = pick_alignment(random);
        else
            op.arg = damages(kind) ? pick_bits(random) : pick_count(random);
    }
    if (kind == OP_FREE_FOREIGN)
        op.size = pick_address(random);
    if (kind == OP_INTERRUPT)
        op.arg = 1u + op.arg % 4u;
    if (kind == OP_INTERRUPT && random_below(random, 2) != 0)
        op.slot = pick_slot(random, used, true);
    return op;
}

/* The kinds that are not common: for the core all but those for foreign allocators, for these what
 * is not the core's machine and the inside of its heap. */
static enum op_kind pick_kind(struct random *random)
{
    static const enum op_kind foreign[] = {
        OP_FILL,         OP_RECLAIM, OP_PRESSURE, OP_REFUSE,      OP_REFUSE_ON,  OP_CHECK,
        OP_WINDOW,       OP_GROW,    OP_SHRINK,   OP_APPEND,      OP_DRAIN,      OP_SAME,
        OP_SAME,         OP_ALIGNED, OP_ZALLOC,   OP_DOUBLE_FREE, OP_FREE_INNER, OP_FREE_MISALIGNED,
        OP_FREE_FOREIGN,
    };
    if (pick_foreign)
        return foreign[random_below(random, sizeof foreign / sizeof foreign[0])];
    enum op_kind kind =
        (enum op_kind)random_below(random, OP_KIND_COUNT - (OP_SAME - OP_WINDOW + 1));
    return kind < OP_WINDOW ? kind : (enum op_kind)(kind + (OP_SAME - OP_WINDOW + 1));
}

struct op pick_op(struct random *random, const struct op_config *config, slots_t used)
{
    static const enum op_kind common[] = {
        OP_ALLOC, OP_ALLOC,   OP_ALLOC,   OP_FREE,    OP_FREE,
        OP_FREE,  OP_REALLOC, OP_REALLOC, OP_ALIGNED, OP_ZALLOC,
    };
    enum op_kind kind = random_below(random, 3) != 0
                            ? common[random_below(random, sizeof common / sizeof common[0])]
                            : pick_kind(random);
    return op_of_kind(random, config, used, kind);
}

static void push(struct run *run, struct op op)
{
    if (run->count < RUN_MAX)
        run->ops[run->count++] = op;
}

/* A request that may need frames: the run's next operation, after what was injected. */
static void push_request(struct random *random, const struct op_config *config, slots_t used,
                         struct run *run)
{
    static const enum op_kind kinds[] = {OP_ALLOC, OP_REALLOC, OP_ALIGNED, OP_ZALLOC};
    struct op op = op_of_kind(random, config, used, kinds[random_below(random, 4)]);
    if (random_below(random, 2) != 0)
        op.size = PAGE_BYTES * (1u + random_below(random, 16));
    if (op.kind == OP_ZALLOC)
        op.arg = 1;
    push(run, op);
}

/* Three blocks in a row, of which the middle one goes last: it merges with both. */
static void push_coalesce(struct random *random, const struct op_config *config, slots_t used,
                          struct run *run)
{
    uint32_t slots[3];
    for (uint32_t i = 0; i < 3u; i++) {
        slots[i] = pick_slot(random, used, false);
        used |= slot_bit(slots[i]);
        push(run, (struct op){OP_ALLOC, slots[i], pick_size(random, config), 0});
    }
    push(run, (struct op){OP_FREE, slots[0], 0, 0});
    push(run, (struct op){OP_FREE, slots[2], 0, 0});
    push(run, (struct op){OP_FREE, slots[1], 0, 0});
}

/* A hole with a block behind it, reclaimed, and a part of it used again. */
static void push_hole(struct random *random, slots_t used, struct run *run)
{
    uint32_t hole = pick_slot(random, used, false);
    uint32_t guard = pick_slot(random, used | slot_bit(hole), false);
    uint32_t size = PAGE_BYTES * (2u + random_below(random, 8)) + random_below(random, PAGE_BYTES);
    push(run, (struct op){OP_ALLOC, hole, size, 0});
    push(run, (struct op){OP_ALLOC, guard, 1u + random_below(random, 64), 0});
    push(run, (struct op){OP_FREE, hole, 0, 0});
    push(run, (struct op){.kind = OP_RECLAIM, .size = pick_count(random)});
    if (random_below(random, 3) == 0)
        push(run, (struct op){.kind = OP_REFUSE, .size = 1u + random_below(random, 4)});
    push(run, (struct op){OP_ALLOC, hole, 1u + random_below(random, size), 0});
    if (random_below(random, 2) != 0)
        push(run, (struct op){OP_FREE, random_below(random, 2) != 0 ? hole : guard, 0, 0});
}

/* A block freed, and then misused. */
static void push_use_after_free(struct random *random, slots_t used, struct run *run)
{
    uint32_t slot = pick_slot(random, used, true);
    push(run, (struct op){OP_FREE, slot, 0, 0});
    if (random_below(random, 2) != 0)
        push(run, (struct op){OP_DOUBLE_FREE, slot, 0, 0});
    else
        push(run, (struct op){OP_USE_FREED, slot, 1u + random_below(random, 256), 0});
}

/* A block with a free one behind it, resized. */
static void push_grow(struct random *random, const struct op_config *config, slots_t used,
                      struct run *run)
{
    uint32_t block = pick_slot(random, used, false);
    uint32_t behind = pick_slot(random, used | slot_bit(block), false);
    uint32_t sizes[2] = {pick_size(random, config), pick_size(random, config)};
    push(run, (struct op){OP_ALLOC, block, sizes[0], 0});
    push(run, (struct op){OP_ALLOC, behind, sizes[1], 0});
    push(run, (struct op){OP_FREE, behind, 0, 0});
    uint32_t step = 8u * random_below(random, 5);
    push(run, (struct op){OP_REALLOC, block, sizes[0] + sizes[1] + step - 16u, 0});
}

/* A block freed behind a guard, and a request that fits into it to the granule, or just not: of the
 * same kind, aligned, or by a block that grows. */
static void push_exact(struct random *random, slots_t used, struct run *run)
{
    uint32_t hole = pick_slot(random, used, false);
    uint32_t guard = pick_slot(random, used | slot_bit(hole), false);
    uint32_t size = 8u * (1u + random_below(random, random_below(random, 2) == 0 ? 64u : 2048u));
    uint32_t wanted = size + 8u * random_below(random, 5) - 16u;
    uint32_t align = 16u << random_below(random, 9);
    push(run, (struct op){OP_ALLOC, hole, size, 0});
    push(run, (struct op){OP_ALLOC, guard, 1u + random_below(random, 64), 0});
    push(run, (struct op){OP_FREE, hole, 0, 0});
    if (random_below(random, 4) == 0)
        push(run, (struct op){.kind = OP_RECLAIM, .size = OP_FRAMES_MAX});
    if (random_below(random, 2) == 0)
        push(run, (struct op){OP_ALLOC, hole, wanted, 0});
    else /* a stretch for it is larger by the alignment and a granule */
        push(run, (struct op){OP_ALIGNED, hole, wanted - align - 8u, align});
}

/* A block in front of a hole with a block behind it that goes as well, resized to more than they
 * all are: at the heap's end, it grows over the hole. */
static void push_grow_over_hole(struct random *random, slots_t used, struct run *run)
{
    uint32_t block = pick_slot(random, used, false);
    uint32_t hole = pick_slot(random, used | slot_bit(block), false);
    uint32_t behind = pick_slot(random, used | slot_bit(block) | slot_bit(hole), false);
    uint32_t size = PAGE_BYTES * (2u + random_below(random, 8)) + 8u * random_below(random, 512);
    push(run, (struct op){OP_ALLOC, block, 1u + random_below(random, 512), 0});
    push(run, (struct op){OP_ALLOC, hole, size, 0});
    push(run, (struct op){OP_ALLOC, behind, 1u + random_below(random, 64), 0});
    push(run, (struct op){OP_FREE, hole, 0, 0});
    push(run, (struct op){.kind = OP_RECLAIM, .size = 1u + random_below(random, 16)});
    push(run, (struct op){OP_FREE, behind, 0, 0});
    push(run, (struct op){OP_REALLOC, block, size + 8u * random_below(random, 1024), 0});
}

/* Free blocks of a few sizes that share a bin, each between used ones, and a request of that bin:
 * what costs as much as the blocks in a bin shows. */
static void push_comb(struct random *random, slots_t used, struct run *run)
{
    uint32_t pairs = 4u + random_below(random, (RUN_MAX - 2u) / 3u - 4u);
    uint32_t size = 256u << random_below(random, 4);
    uint32_t slots[RUN_MAX / 3u];
    for (uint32_t i = 0; i < pairs; i++) {
        uint32_t guard = pick_slot(random, used, false);
        used |= slot_bit(guard);
        slots[i] = pick_slot(random, used, false);
        used |= slot_bit(slots[i]);
        push(run, (struct op){OP_ALLOC, slots[i], size, 0});
        push(run, (struct op){OP_ALLOC, guard, 8, 0});
    }
    for (uint32_t i = 0; i < pairs; i++)
        push(run, (struct op){OP_FREE, slots[i], 0, 0});
    push(run,
         (struct op){OP_ALLOC, slots[0], size + 8u * random_below(random, size / 256u + 1u), 0});
}

/* A hole that takes the whole of a page table but for a few pages, or all of it, and then the table
 * goes with it; then the heap's end comes down over it. Frames would not do for two tables at once:
 * the blocks in front of the hole are freed and reclaimed before it, and are so many that the block
 * behind it fits into none of theirs. */
static void push_table_hole(struct random *random, slots_t used, struct run *run)
{
    enum { FRONT = 7 };
    const struct op reclaim = {.kind = OP_RECLAIM, .size = OP_FRAMES_MAX};
    const uint32_t front_pages = (TABLE_PAGES - 2u) / FRONT;
    uint32_t slots[FRONT + 2u];
    uint32_t guard = 0;
    for (uint32_t i = 0; i < FRONT + 2u; i++) {
        slots[i] = pick_slot(random, used, false);
        used |= slot_bit(slots[i]);
    }
    for (uint32_t i = 0; i < FRONT; i++) {
        guard = pick_slot(random, used, false);
        used |= slot_bit(guard);
        push(run, (struct op){OP_ALLOC, slots[i], PAGE_BYTES * front_pages, 0});
        push(run, (struct op){OP_ALLOC, guard, 1u + random_below(random, 64), 0});
    }
    for (uint32_t i = 0; i < FRONT; i++)
        push(run, (struct op){OP_FREE, slots[i], 0, 0});
    push(run, reclaim);
    uint32_t hole = slots[FRONT];
    uint32_t last = slots[FRONT + 1u];
    push(run, (struct op){OP_ALLOC, hole, PAGE_BYTES * (TABLE_PAGES + random_below(random, 8)), 0});
    push(run, (struct op){OP_ALLOC, last, PAGE_BYTES * (front_pages + 1u), 0});
    push(run, (struct op){OP_FREE, hole, 0, 0});
    push(run, reclaim);
    push(run, (struct op){OP_FREE, last, 0, 0});
    if (random_below(random, 2) == 0)
        push(run, reclaim);
    else
        push(run, (struct op){OP_ALLOC, last, PAGE_BYTES * (1u + random_below(random, 64)), 0});
}

/* A heap that reaches over the end of a page table, refused there or not, and shrinks again. */
static void push_tables(struct random *random, slots_t used, struct run *run)
{
    uint32_t large = pick_slot(random, used, false);
    uint32_t behind = pick_slot(random, used | slot_bit(large), false);
    uint32_t guard = pick_slot(random, used | slot_bit(large) | slot_bit(behind), false);
    uint32_t pages = TABLE_PAGES - random_below(random, 24);
    uint32_t more = PAGE_BYTES * (1u + random_below(random, 40)) + 8u * random_below(random, 512);
    enum op_kind refuse = random_below(random, 2) == 0 ? OP_REFUSE : OP_REFUSE_ON;
    push(run, (struct op){OP_ALLOC, large, pages * PAGE_BYTES - 8u * random_below(random, 512), 0});
    if (random_below(random, 2) == 0)
        push(run, (struct op){.kind = refuse, .size = 1u + random_below(random, 32)});
    push(run, (struct op){OP_ALLOC, behind, more, 0});
    push(run, (struct op){.kind = OP_REFUSE});
    if (random_below(random, 2) == 0)
        push(run, (struct op){OP_ALLOC, guard, 1u + random_below(random, 64), 0});
    push(run, (struct op){OP_FREE, random_below(random, 2) == 0 ? large : behind, 0, 0});
    push(run,
         (struct op){.kind = OP_RECLAIM,
                     .size = random_below(random, 2) == 0 ? OP_FRAMES_MAX : pick_count(random)});
    push(run, (struct op){OP_ALLOC, large, more, 0});
}

/* So much that a few dozens of it fill the memory. */
static uint32_t pick_share(struct random *random, const struct op_config *config)
{
    return config->frame_count * PAGE_BYTES / (1u + random_below(random, 64)) +
           random_below(random, 64);
}

/* The heap full of blocks of one size, perhaps other sizes behind them, and emptied in some order;
 * then it is asked again. */
static void push_full(struct random *random, const struct op_config *config, slots_t used,
                      struct run *run)
{
    uint32_t slot = pick_slot(random, used, false);
    push(run, (struct op){.kind = OP_GREEDY, .size = pick_share(random, config)});
    if (random_below(random, 2) == 0)
        push(run, (struct op){.kind = OP_GREEDY, .size = 1u + random_below(random, 64)});
    if (random_below(random, 2) == 0)
        push(run, (struct op){.kind = OP_SAME, .slot = pick_slot(random, used, true)});
    if (random_below(random, 2) == 0)
        push(run, (struct op){OP_FREE, pick_slot(random, used, true), 0, 0});
    push(run, (struct op){.kind = OP_DRAIN, .arg = random_below(random, 8)});
    push(run, (struct op){OP_ALLOC, slot, pick_size(random, config), 0});
}

/* A window of some length at some start, and perhaps more of it. */
static void push_window(struct random *random, const struct op_config *config, slots_t used,
                        struct run *run)
{
    if (used == 0)
        push(run, (struct op){.kind = OP_WINDOW,
                              .size = 1u + random_below(random, PAGE_BYTES << 3 >>
                                                                    random_below(random, 14)),
                              .arg = pick_offset(random)});
    for (uint32_t i = random_below(random, 4); i > 0; i--)
        push(run, pick_op(random, config, used));
    static const enum op_kind kinds[] = {OP_APPEND, OP_GROW, OP_SHRINK};
    push(run, op_of_kind(random, config, used, kinds[random_below(random, 3)]));
    push(run, pick_op(random, config, used));
}

void pick_scene(struct random *random, struct op_config *config, slots_t used, struct run *run)
{
    run->count = 0;
    if (pick_foreign) {
        push_window(random, config, used, run);
        return;
    }
    config->window_pages = TABLE_PAGES * (2u + random_below(random, 3));
    if (random_below(random, 2) == 0) {
        config->frame_count = OP_FRAMES_FUZZED - random_below(random, 64);
        push_table_hole(random, used, run);
    } else {
        config->frame_count =
            TABLE_PAGES + 8u + random_below(random, OP_FRAMES_FUZZED - TABLE_PAGES - 8u);
        push_tables(random, used, run);
    }
}

void pick_run(struct random *random, const struct op_config *config, slots_t used, struct run *run)
{
    run->count = 0;
    if (pick_foreign && random_below(random, 12) == 0) {
        push_full(random, config, used, run);
        return;
    }
    switch (random_below(random, 11)) {
    case 0:
        push(run, (struct op){.kind = OP_REFUSE, .size = 1u + random_below(random, 6)});
        push_request(random, config, used, run);
        break;
    case 1:
        push(run, (struct op){.kind = OP_REFUSE_ON, .size = 1u + random_below(random, 6)});
        push_request(random, config, used, run);
        push(run, (struct op){.kind = OP_REFUSE});
        break;
    case 2:
        push(run, op_of_kind(random, config, used, OP_INTERRUPT));
        push(run, pick_op(random, config, used));
        break;
    case 3:
        push(run, (struct op){.kind = OP_PRESSURE, .size = random_below(random, 8)});
        push_request(random, config, used, run);
        push(run, (struct op){.kind = OP_PRESSURE, .size = OP_FRAMES_MAX});
        break;
    case 4: push_coalesce(random, config, used, run); break;
    case 5: push_hole(random, used, run); break;
    case 6: push_use_after_free(random, used, run); break;
    case 7: push_exact(random, used, run); break;
    case 8: push_grow_over_hole(random, used, run); break;
    case 9: push_comb(random, used, run); break;
    default: push_grow(random, config, used, run); break;
    }
}

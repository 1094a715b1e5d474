#include "fuzz/mutation.h"

#include <string.h>

#include "fuzz/mutation_pick.h"

/* The longest run that a single change copies, moves or deletes. */
#define STRETCH_MAX 32u

/* Operations [first, first + count) of a list. */
struct part {
    uint32_t first;
    uint32_t count;
};

static bool insert(struct op_list *list, uint32_t at, const struct op *ops, uint32_t count)
{
    if (!op_list_reserve(list, list->count + count))
        return false;
    memmove(list->ops + at + count, list->ops + at, (list->count - at) * sizeof(struct op));
    memcpy(list->ops + at, ops, count * sizeof(struct op));
    list->count += count;
    return true;
}

static void cut(struct op_list *list, struct part part)
{
    uint32_t end = part.first + part.count;
    memmove(list->ops + part.first, list->ops + end, (list->count - end) * sizeof(struct op));
    list->count -= part.count;
}

/* A random part of a list that is not empty, of one operation at least, mostly short. */
static struct part pick_part(struct random *random, const struct op_list *list)
{
    struct part part = {.first = random_below(random, list->count)};
    uint32_t left = list->count - part.first;
    uint32_t most = random_below(random, 2) == 0 ? 4u : STRETCH_MAX;
    part.count = 1u + random_below(random, left < most ? left : most);
    return part;
}

/* A place to insert at: anywhere, or at the end. */
static uint32_t pick_place(struct random *random, const struct op_list *list)
{
    return random_below(random, 4) == 0 ? list->count : random_below(random, list->count + 1u);
}

static bool insert_op(struct mutation *mutation)
{
    uint32_t at = pick_place(&mutation->random, &mutation->ops);
    struct op op = pick_op(&mutation->random, &mutation->config, slots_used(&mutation->ops, at));
    return insert(&mutation->ops, at, &op, 1);
}

static bool insert_run(struct mutation *mutation)
{
    struct run run;
    uint32_t at = pick_place(&mutation->random, &mutation->ops);
    pick_run(&mutation->random, &mutation->config, slots_used(&mutation->ops, at), &run);
    return insert(&mutation->ops, at, run.ops, run.count);
}

/* Seldom, because a run on it costs as much as a hundred others: a machine large enough for more
 * than one page table of heap, and what happens there. */
static bool large_scene(struct mutation *mutation)
{
    struct run run;
    if (random_below(&mutation->random, 8) != 0)
        return insert_run(mutation);
    uint32_t at = pick_place(&mutation->random, &mutation->ops);
    pick_scene(&mutation->random, &mutation->config, slots_used(&mutation->ops, at), &run);
    return insert(&mutation->ops, at, run.ops, run.count);
}

/* Copies a part of a list into the input, by way of the scratch list, and there perhaps into other
 * slots, so that the copy does not work on the blocks of the original. */
static bool copy_part(struct mutation *mutation, const struct op_list *from)
{
    struct part part = pick_part(&mutation->random, from);
    uint32_t shift = random_below(&mutation->random, 2) * random_below(&mutation->random, OP_SLOTS);
    mutation->scratch.count = 0;
    if (!insert(&mutation->scratch, 0, from->ops + part.first, part.count))
        return false;
    for (uint32_t i = 0; i < part.count; i++) {
        struct op *op = &mutation->scratch.ops[i];
        if (strchr(op_arguments(op->kind), 's') != NULL)
            op->slot = (op->slot + shift) % OP_SLOTS;
    }
    uint32_t at = pick_place(&mutation->random, &mutation->ops);
    return insert(&mutation->ops, at, mutation->scratch.ops, part.count);
}

static bool duplicate(struct mutation *mutation)
{
    return copy_part(mutation, &mutation->ops);
}

static bool splice(struct mutation *mutation)
{
    return copy_part(mutation, mutation->other.count != 0 ? &mutation->other : &mutation->ops);
}

static bool delete_part(struct mutation *mutation)
{
    cut(&mutation->ops, pick_part(&mutation->random, &mutation->ops));
    return true;
}

static bool truncate_end(struct mutation *mutation)
{
    mutation->ops.count = 1u + random_below(&mutation->random, mutation->ops.count);
    return true;
}

static bool swap_two(struct mutation *mutation)
{
    struct op *a = &mutation->ops.ops[random_below(&mutation->random, mutation->ops.count)];
    struct op *b = &mutation->ops.ops[random_below(&mutation->random, mutation->ops.count)];
    struct op op = *a;
    *a = *b;
    *b = op;
    return true;
}

static bool move_one(struct mutation *mutation)
{
    uint32_t from = random_below(&mutation->random, mutation->ops.count);
    struct op op = mutation->ops.ops[from];
    cut(&mutation->ops, (struct part){from, 1});
    return insert(&mutation->ops, pick_place(&mutation->random, &mutation->ops), &op, 1);
}

/* Changes an argument of one operation; the bytes do not keep those that a kind does not take. */
static bool change_number(struct mutation *mutation)
{
    struct random *random = &mutation->random;
    struct op *op = &mutation->ops.ops[random_below(random, mutation->ops.count)];
    bool sized = strchr(op_arguments(op->kind), 'n') != NULL;
    bool other = strchr(op_arguments(op->kind), 'a') != NULL;
    if (other && (!sized || random_below(random, 2) == 0))
        op->arg = pick_near(random, op->arg);
    else if (sized && random_below(random, 2) == 0)
        op->size = pick_near(random, op->size);
    else if (sized)
        op->size = pick_size(random, &mutation->config);
    return true;
}

static bool change_slot(struct mutation *mutation)
{
    uint32_t at = random_below(&mutation->random, mutation->ops.count);
    struct op *op = &mutation->ops.ops[at];
    if (strchr(op_arguments(op->kind), 's') != NULL)
        op->slot = pick_slot(&mutation->random, slots_used(&mutation->ops, at),
                             random_below(&mutation->random, 2) == 0);
    return true;
}

static bool change_op(struct mutation *mutation)
{
    uint32_t at = random_below(&mutation->random, mutation->ops.count);
    mutation->ops.ops[at] =
        pick_op(&mutation->random, &mutation->config, slots_used(&mutation->ops, at));
    return true;
}

static bool change_config(struct mutation *mutation)
{
    struct random *random = &mutation->random;
    struct op_config *config = &mutation->config;
    if (pick_foreign) {
        config->frame_count = random_below(random, 200);
        config->window_pages = 1u + random_below(random, 2048);
        return true;
    }
    switch (random_below(random, 5)) {
    case 0: config->policy ^= 1u; break;
    case 1: config->frame_count = random_below(random, 16); break;
    case 2: /* seldom many: a run that maps thousands of pages costs as much as a hundred others */
        config->frame_count =
            random_below(random, random_below(random, 16) == 0 ? OP_FRAMES_FUZZED + 1u : 200u);
        break;
    case 3: config->window_pages = 1u + random_below(random, 32); break;
    default:
        config->window_pages =
            1u + random_below(random, OP_WINDOW_PAGES_MAX >> random_below(random, 16));
        break;
    }
    return true;
}

bool mutation_apply(struct mutation *mutation)
{
    static bool (*const changes[])(struct mutation *) = {
        insert_op,     insert_op,   insert_op, insert_run,    insert_run,
        duplicate,     splice,      splice,    delete_part,   delete_part,
        truncate_end,  swap_two,    move_one,  change_number, change_number,
        change_number, change_slot, change_op, change_config, large_scene,
    };
    /* The other changes need an operation to work on. */
    if (mutation->ops.count == 0)
        return insert_run(mutation);
    return changes[random_below(&mutation->random, sizeof changes / sizeof changes[0])](mutation);
}

/* Both lists in order, in short parts taken from the one and the other by turns. */
static bool interleave(struct mutation *mutation)
{
    const struct op_list *lists[2] = {&mutation->ops, &mutation->other};
    uint32_t taken[2] = {0, 0};
    mutation->scratch.count = 0;
    for (uint32_t i = 0; taken[0] < lists[0]->count || taken[1] < lists[1]->count; i ^= 1u) {
        uint32_t left = lists[i]->count - taken[i];
        uint32_t count = 1u + random_below(&mutation->random, 8);
        count = count < left ? count : left;
        if (count != 0 &&
            !insert(&mutation->scratch, mutation->scratch.count, lists[i]->ops + taken[i], count))
            return false;
        taken[i] += count;
    }
    struct op_list ops = mutation->ops;
    mutation->ops = mutation->scratch;
    mutation->scratch = ops;
    return true;
}

bool mutation_cross(struct mutation *mutation)
{
    struct random *random = &mutation->random;
    if (random_below(random, 2) == 0)
        mutation->config = mutation->other_config;
    if (random_below(random, 3) == 0)
        return interleave(mutation);
    mutation->ops.count = random_below(random, mutation->ops.count + 1u);
    if (mutation->other.count == 0)
        return true;
    uint32_t first = random_below(random, mutation->other.count);
    return insert(&mutation->ops, mutation->ops.count, mutation->other.ops + first,
                  mutation->other.count - first);
}

/* Windows are written whole for each run, and small ones are soon full: larger ones are left as
 * they are as seldom as they are larger. */
#define CHEAP_PAGES 16u
#define KEPT_PAGES 4u

static void shorten_window(struct random *random, struct op_config *config)
{
    if (config->frame_count > CHEAP_PAGES &&
        random_below(random, config->frame_count / KEPT_PAGES) != 0)
        config->frame_count = random_below(random, CHEAP_PAGES + 1u);
}

void mutation_thin(struct mutation *mutation)
{
    struct random *random = &mutation->random;
    shorten_window(random, &mutation->config);
    uint32_t kept = random_below(random, 16) == 0 ? UINT32_MAX : random_below(random, 2);
    for (uint32_t i = mutation->ops.count; i > 0; i--) {
        struct op *op = &mutation->ops.ops[i - 1u];
        if (op->kind != OP_GREEDY)
            continue;
        if (kept == 0)
            *op = (struct op){OP_ALLOC, random_below(random, OP_SLOTS), op->size, 0};
        else
            kept--;
    }
}

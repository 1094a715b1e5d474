#include "fuzz/foreign/model.h"

#include <stddef.h>

#include "fuzz/foreign/contents.h"
#include "fuzz/foreign/memory.h"

/* So many bytes at an end of a block are read again after an operation beside it: the allocator's
 * headers and links lie no further away. */
#define NEAR_BYTES 64u

static struct model_block *node(const struct model *model, uint32_t link)
{
    return link != 0 ? &model->slots[link - 1u] : NULL;
}

void model_clear(struct model *model)
{
    for (uint32_t slot = 0; slot < model->slots_used; slot++)
        model->slots[slot] = (struct model_block){0};
    model->slots_used = 0;
    model->live_count = 0;
    model->empty_count = 0;
    model->root = 0;
    model->beside[0] = model->beside[1] = 0;
    model->next_seed = 0;
}

const struct model_block *model_at_or_below(const struct model *model, uintptr_t at)
{
    const struct model_block *found = NULL;
    const struct model_block *block = node(model, model->root);
    while (block != NULL) {
        if (block->at <= at)
            found = block;
        block = node(model, block->at <= at ? block->above : block->below);
    }
    return found;
}

const struct model_block *model_above(const struct model *model, uintptr_t at)
{
    const struct model_block *found = NULL;
    const struct model_block *block = node(model, model->root);
    while (block != NULL) {
        if (block->at > at)
            found = block;
        block = node(model, block->at > at ? block->below : block->above);
    }
    return found;
}

const struct model_block *model_empty_within(const struct model *model, uintptr_t from,
                                             uintptr_t to)
{
    const struct model_block *found = NULL;
    for (uint32_t slot = 0; model->empty_count != 0 && slot < model->slots_used; slot++) {
        const struct model_block *block = &model->slots[slot];
        if (block->usable_bytes == 0 && block->at >= from && block->at < to && block->at != 0 &&
            (found == NULL || block->at < found->at))
            found = block;
    }
    return found;
}

/* Splits a tree into what is below `at` and the rest. beside[0] becomes the highest of the first,
 * beside[1] the lowest of the rest, where there is any. */
static void split(const struct model *model, uint32_t tree, uintptr_t at, uint32_t *below,
                  uint32_t *rest, uint32_t *beside)
{
    while (tree != 0) {
        struct model_block *block = node(model, tree);
        if (block->at < at) {
            beside[0] = tree;
            *below = tree;
            below = &block->above;
            tree = block->above;
        } else {
            beside[1] = tree;
            *rest = tree;
            rest = &block->below;
            tree = block->below;
        }
    }
    *below = 0;
    *rest = 0;
}

/* Joins two trees, all of the first below all of the second, at *link. */
static void join(const struct model *model, uint32_t below, uint32_t above, uint32_t *link)
{
    while (below != 0 && above != 0) {
        if (node(model, below)->priority > node(model, above)->priority) {
            *link = below;
            link = &node(model, below)->above;
            below = *link;
        } else {
            *link = above;
            link = &node(model, above)->below;
            above = *link;
        }
    }
    *link = below != 0 ? below : above;
}

/* Finds what it lies between on its way. */
static void tree_insert(struct model *model, uint32_t slot)
{
    struct model_block *block = &model->slots[slot];
    uint32_t *link = &model->root;
    uint32_t *beside = model->beside;
    beside[0] = beside[1] = 0;
    while (*link != 0 && node(model, *link)->priority >= block->priority) {
        struct model_block *on_way = node(model, *link);
        bool higher = on_way->at < block->at;
        beside[!higher] = *link;
        link = higher ? &on_way->above : &on_way->below;
    }
    uint32_t tree = *link;
    split(model, tree, block->at, &block->below, &block->above, beside);
    *link = slot + 1u;
}

/* Links what lies beside a block with each other, or with it. */
static void list_link(struct model *model, uint32_t previous, uint32_t next)
{
    if (previous != 0)
        node(model, previous)->next = next;
    if (next != 0)
        node(model, next)->previous = previous;
}

static void list_insert(struct model *model, uint32_t slot)
{
    model->slots[slot].previous = model->slots[slot].next = 0;
    list_link(model, model->beside[0], slot + 1u);
    list_link(model, slot + 1u, model->beside[1]);
}

static void list_remove(struct model *model, const struct model_block *block)
{
    model->beside[0] = block->previous;
    model->beside[1] = block->next;
    list_link(model, block->previous, block->next);
}

static void tree_remove(struct model *model, uint32_t slot)
{
    const struct model_block *block = &model->slots[slot];
    uint32_t *link = &model->root;
    while (*link != slot + 1u)
        link = node(model, *link)->at < block->at ? &node(model, *link)->above
                                                  : &node(model, *link)->below;
    join(model, block->below, block->above, link);
}

bool model_rule_A2(const struct model *model, uintptr_t at, uintptr_t usable_bytes,
                   struct violation *violation)
{
    if (usable_bytes == 0)
        return true;
    const struct model_block *other = model_at_or_below(model, at + (usable_bytes - 1u));
    if (other == NULL || (other->at < at && other->at + other->usable_bytes <= at))
        return true;
    return violation_set(violation, RULE_A2, (uint32_t)at, 0, (uint32_t)other->at,
                         "another live block at (found), in the block at");
}

static uint32_t link_to(const struct model *model, const struct model_block *block)
{
    return block != NULL ? (uint32_t)(block - model->slots) + 1u : 0;
}

/* What lies beside a block that is in no list. */
static void look_beside(struct model *model, uintptr_t at)
{
    model->beside[0] = link_to(model, model_at_or_below(model, at - 1u));
    model->beside[1] = link_to(model, model_above(model, at));
}

static void own(struct model *model, uint32_t slot)
{
    const struct model_block *block = &model->slots[slot];
    model->live_count++;
    if (slot >= model->slots_used)
        model->slots_used = slot + 1u;
    if (block->usable_bytes == 0) {
        model->empty_count++;
        look_beside(model, block->at);
        return;
    }
    tree_insert(model, slot);
    list_insert(model, slot);
    memory_poison(block->at, block->usable_bytes);
}

void model_enter(struct model *model, uint32_t slot, uintptr_t at, uintptr_t size_bytes,
                 uintptr_t usable_bytes)
{
    uint32_t seed = ++model->next_seed;
    model->slots[slot] = (struct model_block){
        .at = at,
        .size_bytes = size_bytes,
        .usable_bytes = usable_bytes,
        .seed = seed,
        .priority = seed * 0x9E3779B1u,
    };
    contents_write(at, usable_bytes, seed);
    own(model, slot);
}

void model_rewrite(struct model *model, uint32_t slot)
{
    struct model_block *block = &model->slots[slot];
    block->seed = ++model->next_seed;
    contents_write(block->at, block->usable_bytes, block->seed);
}

void model_leave(struct model *model, uint32_t slot, struct model_block *block)
{
    *block = model->slots[slot];
    model->live_count--;
    if (block->usable_bytes != 0) {
        tree_remove(model, slot);
        list_remove(model, block);
        memory_unpoison(block->at, block->usable_bytes);
    } else {
        model->empty_count--;
        look_beside(model, block->at);
    }
    /* What has no bytes may be the same address for all. */
    model->slots[slot] = (struct model_block){.freed_at = block->usable_bytes != 0 ? block->at : 0};
}

void model_return(struct model *model, uint32_t slot, const struct model_block *block)
{
    model->slots[slot] = *block;
    own(model, slot);
}

static bool intact_until(const struct model_block *block, uintptr_t at, uintptr_t damage,
                         uintptr_t upto, struct violation *violation)
{
    return damage >= upto ||
           violation_set(violation, RULE_A3, (uint32_t)(at + damage),
                         contents_word(block->seed, damage),
                         contents_read(at + damage, upto - damage), "contents of a live block at");
}

bool model_rule_A3(const struct model_block *block, uintptr_t at, uintptr_t upto_bytes,
                   struct violation *violation)
{
    uintptr_t upto = upto_bytes < block->usable_bytes ? upto_bytes : block->usable_bytes;
    uintptr_t damage = contents_find_damage(at, block->usable_bytes, block->seed, upto);
    return intact_until(block, at, damage, upto, violation);
}

void model_walk(const struct model *model, bool (*visit)(void *, const struct model_block *),
                void *context)
{
    const struct model_block *block = model_above(model, 0);
    while (block != NULL && visit(context, block))
        block = model_next(model, block);
}

static bool open_block(void *context, const struct model_block *block)
{
    (void)context;
    memory_unpoison(block->at, block->usable_bytes);
    return true;
}

static bool close_block(void *context, const struct model_block *block)
{
    (void)context;
    memory_poison(block->at, block->usable_bytes);
    return true;
}

void model_open(const struct model *model, bool open)
{
    model_walk(model, open ? open_block : close_block, NULL);
}

/* Asks of each live block, in the order of slots, which is that of memory. */
static bool each_holds(const struct model *model,
                       bool (*holds)(const struct model_block *, struct violation *),
                       struct violation *violation)
{
    uint32_t left = model->live_count;
    for (uint32_t slot = 0; left > 0; slot++) {
        const struct model_block *block = &model->slots[slot];
        if (block->at == 0)
            continue;
        left--;
        if (!holds(block, violation))
            return false;
    }
    return true;
}

static bool whole_intact(const struct model_block *block, struct violation *violation)
{
    return model_rule_A3(block, block->at, block->usable_bytes, violation);
}

bool model_all_intact(const struct model *model, struct violation *violation)
{
    return each_holds(model, whole_intact, violation);
}

/* Of the bytes of a block, the first of them, and the last. */
static bool head_intact(const struct model_block *block, struct violation *violation)
{
    return model_rule_A3(block, block->at, NEAR_BYTES, violation);
}

static bool tail_intact(const struct model_block *block, struct violation *violation)
{
    uintptr_t from = block->usable_bytes > NEAR_BYTES ? block->usable_bytes - NEAR_BYTES : 0;
    uintptr_t damage = contents_find_tail_damage(block->at, block->usable_bytes, block->seed, from);
    return intact_until(block, block->at, damage, block->usable_bytes, violation);
}

static bool ends_intact(const struct model_block *block, struct violation *violation)
{
    return head_intact(block, violation) && tail_intact(block, violation);
}

bool model_ends_intact(const struct model *model, struct violation *violation)
{
    return each_holds(model, ends_intact, violation);
}

bool model_neighbours_intact(const struct model *model, struct violation *violation)
{
    const struct model_block *below = node(model, model->beside[0]);
    const struct model_block *above = node(model, model->beside[1]);
    return (below == NULL || tail_intact(below, violation)) &&
           (above == NULL || head_intact(above, violation));
}

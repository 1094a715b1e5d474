/* Rules H5 and H6 in a step: free blocks whose place on a list may have changed.
 *
 * The links are brought up to date first, then compared with each other in the mirror alone. That
 * all links agree leaves one thing open: blocks that form a circle which no head leads to. So under
 * bins each block has an order that grows from the head on; a circle cannot have that. Under first
 * fit the addresses are the order. */
#include "invariants/predicates.h"
#include "invariants/step.h"

/* Between the orders of two neighbours, so that there is room for others. */
#define ORDER_GAP 256u
#define ORDER_FIRST 0x80000000u

/* The bins of a row whose bits are not what they were. */
static void step_columns(struct mirror *mirror, uint32_t row)
{
    uint32_t columns = mirror->control[(BINS_BITMAPS + 4u * row) / 4u];
    uint32_t changed = columns ^ mirror->columns[row];
    for (mirror->columns[row] = columns; changed != 0; changed &= changed - 1u)
        mirror_push_bin(mirror, row * BINS_COLUMNS + (uint32_t)__builtin_ctz(changed));
}

void step_list_field(struct mirror *mirror, const struct scene *scene, uint32_t field)
{
    if (scene->policy == HEAP_FIRST_FIT) {
        if (field == HEAP_FREELIST)
            mirror_push_bin(mirror, 0);
        return;
    }
    uint32_t bin = (field - BINS_HEADS) / 4u;
    if (field >= BINS_HEADS && bin < MIRROR_BINS)
        mirror_push_bin(mirror, bin);
    else if (field >= BINS_BITMAPS && field < BINS_HEADS)
        step_columns(mirror, (field - BINS_BITMAPS) / 4u);
    for (uint32_t row = 0; field == BINS_ROW_BITMAP && row < BINS_ROWS; row++)
        mirror_push_bin(mirror, row * BINS_COLUMNS);
}

static uint32_t list_of(const struct scene *scene, uint32_t tag)
{
    return scene->policy == HEAP_BINS ? check_bin(tag & ~7u) : 0;
}

static void push_block(struct mirror *mirror, uint32_t at)
{
    uint32_t granule = step_free_block(mirror, at);
    if (granule != MARKS_NONE)
        mirror_push_block(mirror, granule);
}

/* Takes the links of a free block into the mirror. Blocks that it was linked with before are to be
 * looked at as well. */
static bool refresh(struct mirror *mirror, uint32_t granule, struct violation *violation)
{
    struct mirror_node *node = &mirror->nodes[granule];
    uint32_t at = mirror_header(mirror, granule);
    uint32_t next = 0;
    uint32_t prev = 0;
    if (!marks_has(&mirror->starts, granule) || !mirror_listed(node))
        return true;
    if (!step_read(mirror, at + 4u, &next) || !step_read(mirror, at + 8u, &prev))
        return violation_set(violation, RULE_H6, at, 1, 0, "links, not mapped, of the block at");
    if (next != node->next)
        push_block(mirror, node->next);
    if (prev != node->prev)
        push_block(mirror, node->prev);
    node->next = next;
    node->prev = prev;
    return true;
}

/* Rule H5 for a head: a free block that belongs on this list. */
static bool rule_H5_head(struct mirror *mirror, const struct scene *scene, uint32_t list,
                         uint32_t head, struct violation *violation)
{
    uint32_t granule = step_free_block(mirror, head);
    if (granule == MARKS_NONE)
        return violation_set(violation, RULE_H5, head, 0, 1, "on a list, but no free block, at");
    uint32_t own = list_of(scene, mirror->nodes[granule].tag);
    if (own != list)
        return violation_set(violation, RULE_H5, head, own, list, "list that the block heads at");
    mirror_push_block(mirror, granule);
    return true;
}

/* Rule H6: a list's head is a free block with nothing before it, and its bits say so; H5: it is
 * empty exactly if there is no block for it. */
static bool rule_H6_head(struct mirror *mirror, const struct scene *scene, uint32_t bin,
                         struct violation *violation)
{
    const uint32_t *control = mirror->control;
    bool bins = scene->policy == HEAP_BINS;
    uint32_t field = bins ? BINS_HEADS + 4u * bin : HEAP_FREELIST;
    uint32_t head = control[field / 4u];
    uint32_t members = bins ? mirror->members[bin] : mirror->listed_blocks;
    if ((head != 0) != (members != 0))
        return violation_set(violation, RULE_H5, scene->heap_at.v + field, members, head,
                             "head of the list (expected: its members) at");
    /* The one that it was must have something before it now, or be gone. */
    push_block(mirror, mirror->heads[bin]);
    mirror->heads[bin] = head;
    if (head != 0 && !rule_H5_head(mirror, scene, bin, head, violation))
        return false;
    if (!bins)
        return true;
    uint32_t row = bin / BINS_COLUMNS;
    uint32_t columns = control[(BINS_BITMAPS + 4u * row) / 4u];
    uint32_t rows = control[BINS_ROW_BITMAP / 4u];
    if ((columns >> bin % BINS_COLUMNS & 1u) == (head != 0) &&
        (rows >> row & 1u) == (columns != 0) && rows >> BINS_ROWS == 0)
        return true;
    return violation_set(violation, RULE_H6, scene->heap_at.v + field, head != 0, columns,
                         "bitmap of the list whose head lies at");
}

/* Rules H5 and H6 for one link of a block on a list: what it leads to leads back, on the same. */
static bool rule_H6_link(const struct mirror *mirror, const struct scene *scene, uint32_t granule,
                         uint32_t list, bool forth, struct violation *violation)
{
    const struct mirror_node *node = &mirror->nodes[granule];
    uint32_t at = mirror_header(mirror, granule);
    uint32_t to = forth ? node->next : node->prev;
    if (to == 0)
        return forth || mirror->heads[list] == at ||
               violation_set(violation, RULE_H6, at, mirror->heads[list], at,
                             "nothing before it, but not the head: the block at");
    if (!forth && mirror->heads[list] == at)
        return violation_set(violation, RULE_H6, at, 0, to, "before the head of a list, at");
    uint32_t other = step_free_block(mirror, to);
    if (other == MARKS_NONE)
        return violation_set(violation, RULE_H6, at, 0, to, "link to no free block, in that at");
    const struct mirror_node *neighbour = &mirror->nodes[other];
    if ((forth ? neighbour->prev : neighbour->next) != at)
        return violation_set(violation, RULE_H6, to, at, forth ? neighbour->prev : neighbour->next,
                             "link back, in the block at");
    if (list_of(scene, neighbour->tag) != list)
        return violation_set(violation, RULE_H5, to, list, list_of(scene, neighbour->tag),
                             "bin of the block at");
    if (scene->policy == HEAP_FIRST_FIT && (to > at) != forth)
        return violation_set(violation, RULE_H5, to, at, to, "out of the order of addresses at");
    return true;
}

/* The order of the neighbour that a link leads to; 0: there is none, or it has none yet. */
static uint32_t order_at(const struct mirror *mirror, uint32_t link)
{
    return link == 0 ? 0 : mirror->nodes[mirror_granule(mirror, link)].order;
}

bool step_order(struct mirror *mirror, uint32_t bin)
{
    uint32_t order = ORDER_FIRST;
    uint32_t count = 0;
    for (uint32_t at = mirror->heads[bin]; at != 0; order += ORDER_GAP) {
        uint32_t granule = step_free_block(mirror, at);
        if (granule == MARKS_NONE || ++count > mirror->members[bin])
            return false;
        mirror->nodes[granule].order = order;
        at = mirror->nodes[granule].next;
    }
    return count == mirror->members[bin];
}

/* Gives a run of blocks that have no order yet one between those of the blocks around it. Returns
 * false if it leads into itself or there is no room: then the whole list is to be ordered. */
static bool place(struct mirror *mirror, uint32_t granule)
{
    uint32_t limit = mirror->blocks.count;
    uint32_t count = 0;
    const struct mirror_node *node = &mirror->nodes[granule];
    while (node->prev != 0 && order_at(mirror, node->prev) == 0 && count++ < limit) {
        granule = mirror_granule(mirror, node->prev);
        node = &mirror->nodes[granule];
    }
    uint32_t low = order_at(mirror, node->prev);
    uint32_t end = mirror_header(mirror, granule);
    for (count = 0; end != 0 && order_at(mirror, end) == 0 && count <= limit; count++)
        end = mirror->nodes[mirror_granule(mirror, end)].next;
    uint32_t high = order_at(mirror, end);
    if (high == 0)
        high = low == 0 ? ORDER_FIRST : ~0u;
    uint32_t room = count > limit || high <= low ? 0 : (high - low) / (count + 1u);
    uint32_t gap = room < ORDER_GAP ? room : ORDER_GAP;
    /* At the head the gaps are counted down from what follows, elsewhere up from what is before. */
    uint32_t order = low == 0 ? high - gap * (count + 1u) : low;
    uint32_t at = mirror_header(mirror, granule);
    for (; gap != 0 && count > 0; count--) {
        struct mirror_node *placed = &mirror->nodes[mirror_granule(mirror, at)];
        placed->order = order += gap;
        at = placed->next;
    }
    return gap != 0;
}

/* Rule H5 for a whole list. */
static bool rule_H5_list(struct mirror *mirror, uint32_t bin, struct violation *violation)
{
    return step_order(mirror, bin) ||
           violation_set(violation, RULE_H5, mirror->heads[bin], mirror->members[bin], bin,
                         "not exactly the free blocks of its bin (found) on the list from");
}

/* Rule H5: no circle: the order grows along the links. */
static bool rule_H5_order(struct mirror *mirror, uint32_t granule, struct violation *violation)
{
    const struct mirror_node *node = &mirror->nodes[granule];
    uint32_t bin = check_bin(node->tag & ~7u);
    if (node->order == 0 && !place(mirror, granule))
        return rule_H5_list(mirror, bin, violation);
    if ((node->prev != 0 && order_at(mirror, node->prev) >= node->order) ||
        (node->next != 0 && order_at(mirror, node->next) != 0 &&
         order_at(mirror, node->next) <= node->order))
        return rule_H5_list(mirror, bin, violation);
    return true;
}

bool step_lists(struct mirror *mirror, const struct scene *scene, struct violation *violation)
{
    const struct mirror_work *blocks = &mirror->blocks;
    uint32_t written = blocks->count;
    for (uint32_t i = 0; i < written; i++)
        if (!refresh(mirror, blocks->items[i], violation))
            return false;
    for (uint32_t i = 0; i < mirror->bins.count; i++)
        if (!rule_H6_head(mirror, scene, scene->policy == HEAP_BINS ? mirror->bins.items[i] : 0,
                          violation))
            return false;
    for (uint32_t i = 0; i < blocks->count; i++) {
        uint32_t granule = blocks->items[i];
        if (!marks_has(&mirror->starts, granule) || !mirror_listed(&mirror->nodes[granule]))
            continue;
        uint32_t list = list_of(scene, mirror->nodes[granule].tag);
        if (!rule_H6_link(mirror, scene, granule, list, false, violation) ||
            !rule_H6_link(mirror, scene, granule, list, true, violation))
            return false;
    }
    for (uint32_t i = 0; scene->policy == HEAP_BINS && i < blocks->count; i++) {
        uint32_t granule = blocks->items[i];
        if (marks_has(&mirror->starts, granule) && mirror_listed(&mirror->nodes[granule]) &&
            !rule_H5_order(mirror, granule, violation))
            return false;
    }
    return true;
}

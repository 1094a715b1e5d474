/* Rules H5 and H6: the lists of free blocks, from their heads and from the blocks. The last block
 * is on none. */
#include "invariants/check.h"
#include "invariants/eye.h"
#include "invariants/predicates.h"

#include "heap/bins.h"
#include "heap/first_fit.h"

#define COARSE_FROM 0x40000u
#define COARSE_ROW 11u

/* The bin of a size, found by counting up and not as heap/bins.c does: row 0 holds the multiples of
 * 8 below 256, row r the sizes from 2^(r+7) on, in 32 equal steps; from 256 KiB on, where row 11
 * begins, each power of two has 8. */
uint32_t check_bin(uint32_t size)
{
    if (size < 256u)
        return size / 8u;
    uint32_t bin = 32u;
    uint32_t base = 256u;
    for (; size / 2u >= base; base *= 2u)
        bin += base < COARSE_FROM ? 32u : 8u;
    return bin + (size - base) / (base / (base < COARSE_FROM ? 32u : 8u));
}

uint32_t check_bin_size(uint32_t bin)
{
    uint32_t row = bin / BINS_COLUMNS;
    uint32_t column = bin % BINS_COLUMNS;
    if (row >= COARSE_ROW)
        return (8u + column % 8u) * (COARSE_FROM / 8u) << (4u * (row - COARSE_ROW) + column / 8u);
    return row == 0 ? 8u * column : (BINS_COLUMNS + column) * (8u << (row - 1u));
}

/* Count, sum and exclusive or of the blocks found on lists: equal to the census's exactly if they
 * are the same blocks, short of a collision that no single bug makes. */
struct found {
    struct eye eye;
    uint32_t count;
    uint32_t sum;
    uint32_t xor_all;
};

struct list {
    uint32_t head;
    bool is_bin;
    uint32_t bin;
};

static bool read_word(struct eye *eye, uint32_t at, uint32_t *word, struct violation *violation)
{
    if (at % 4u == 0 && eye_read(eye, at, word))
        return true;
    return violation_set(violation, RULE_H6, at, 1, 0, "link to what is not mapped or aligned:");
}

/* The block is free and belongs on this list. */
static bool rule_H5(const struct scene *scene, const struct list *list, uint32_t block,
                    uint32_t word, uint32_t previous, struct violation *violation)
{
    uint32_t tag = word ^ scene->key ^ block;
    if ((tag & 5u) != 0)
        return violation_set(violation, RULE_H5, block, 0, tag, "tag of a block on a list at");
    if (list->is_bin && check_bin(tag & ~7u) != list->bin)
        return violation_set(violation, RULE_H5, block, check_bin(tag & ~7u), list->bin,
                             "bin that holds the block at");
    if (!list->is_bin && block <= previous)
        return violation_set(violation, RULE_H5, block, previous, block,
                             "block out of the order of addresses at");
    return true;
}

static bool rule_H6_prev(uint32_t block, uint32_t expected, uint32_t found,
                         struct violation *violation)
{
    if (expected == found)
        return true;
    return violation_set(violation, RULE_H6, block, expected, found, "prev link of the block at");
}

static bool check_list(const struct scene *scene, const struct census *census,
                       const struct list *list, struct found *found, struct violation *violation)
{
    struct eye *eye = &found->eye;
    uint32_t previous = 0;
    for (uint32_t block = list->head; block != 0;) {
        uint32_t word = 0;
        uint32_t next = 0;
        uint32_t prev = 0;
        if (!read_word(eye, block, &word, violation) ||
            !rule_H5(scene, list, block, word, previous, violation) ||
            !read_word(eye, block + 4u, &next, violation) ||
            !read_word(eye, block + 8u, &prev, violation) ||
            !rule_H6_prev(block, previous, prev, violation))
            return false;
        found->sum += block;
        found->xor_all ^= block;
        if (++found->count > census->listed_blocks)
            return violation_set(violation, RULE_H5, block, census->listed_blocks, found->count,
                                 "more on the lists than free blocks, the last at");
        previous = block;
        block = next;
    }
    return true;
}

/* A bin's bit is set exactly if its head is not empty, a row's bit exactly if one of its bins' is.
 */
static bool rule_H6_bitmap(uint32_t at, uint32_t expected, uint32_t found,
                           struct violation *violation)
{
    if (expected == found)
        return true;
    return violation_set(violation, RULE_H6, at, expected, found, "bitmap at");
}

CHECK_BULK static bool any_head(const uint32_t *heads)
{
    uint32_t any = 0;
    for (uint32_t column = 0; column < BINS_COLUMNS; column++)
        any |= heads[column];
    return any != 0;
}

static bool check_row(const struct scene *scene, const struct census *census,
                      const uint32_t *control, uint32_t row, struct found *found,
                      struct violation *violation)
{
    uint32_t field = BINS_HEADS + 4u * row * BINS_COLUMNS;
    const uint32_t *heads = &control[field / 4u];
    uint32_t occupied = 0;
    uint32_t column_count = any_head(heads) ? BINS_COLUMNS : 0;
    for (uint32_t column = 0; column < column_count; column++) {
        if (heads[column] == 0)
            continue;
        struct list list = {heads[column], true, row * BINS_COLUMNS + column};
        occupied |= 1u << column;
        if (!check_list(scene, census, &list, found, violation))
            return false;
    }
    uint32_t bitmap_field = BINS_BITMAPS + 4u * row;
    uint32_t row_bit = control[BINS_ROW_BITMAP / 4u] >> row & 1u;
    return rule_H6_bitmap(scene->heap_at.v + bitmap_field, occupied, control[bitmap_field / 4u],
                          violation) &&
           rule_H6_bitmap(scene->heap_at.v + BINS_ROW_BITMAP, occupied != 0, row_bit, violation);
}

bool check_lists(const struct scene *scene, const struct census *census,
                 struct violation *violation)
{
    const uint32_t *control = probe_page(scene->heap_at);
    struct found found = {EYE_OPEN, 0, 0, 0};
    if (scene->policy == HEAP_FIRST_FIT) {
        struct list list = {control[FIRST_FIT_HEAD / 4u], false, 0};
        if (!check_list(scene, census, &list, &found, violation))
            return false;
    }
    for (uint32_t row = 0; scene->policy == HEAP_BINS && row < BINS_ROWS; row++)
        if (!check_row(scene, census, control, row, &found, violation))
            return false;
    /* Bits of rows that there are none of would be followed like the others. */
    if (scene->policy == HEAP_BINS &&
        !rule_H6_bitmap(scene->heap_at.v + BINS_ROW_BITMAP, 0,
                        control[BINS_ROW_BITMAP / 4u] >> BINS_ROWS, violation))
        return false;
    if (found.count == census->listed_blocks && found.sum == census->listed_sum &&
        found.xor_all == census->listed_xor)
        return true;
    return violation_set(violation, RULE_H5, scene->heap_at.v, census->listed_blocks, found.count,
                         "blocks on the lists (expected: the free blocks) of the heap at");
}

bool check_links(const struct scene *scene, uint32_t block, uint32_t size_bytes,
                 struct violation *violation)
{
    struct eye eye = EYE_OPEN;
    struct eye other = EYE_OPEN;
    uint32_t head_field =
        scene->policy == HEAP_BINS ? BINS_HEADS + 4u * check_bin(size_bytes) : FIRST_FIT_HEAD;
    uint32_t next = 0;
    uint32_t prev = 0;
    uint32_t back = block;
    uint32_t forth = 0;
    if (!read_word(&eye, block + 4u, &next, violation) ||
        !read_word(&eye, block + 8u, &prev, violation) ||
        (next != 0 && !read_word(&other, next + 8u, &back, violation)) ||
        !read_word(&other, prev != 0 ? prev + 4u : scene->heap_at.v + head_field, &forth,
                   violation))
        return false;
    if (back != block)
        return violation_set(violation, RULE_H6, next, block, back, "prev link of the block at");
    if (forth != block)
        return violation_set(violation, RULE_H6, prev, block, forth,
                             "next link of the block, or the head, at");
    return true;
}

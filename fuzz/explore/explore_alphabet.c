#include "fuzz/explore/explore_alphabet.h"

#include <string.h>

/* A reclaim without bound. */
#define ALL 0xFFFFFFFFu

/* The first page holds the control block and one free block of 920 bytes: 912 of payload fill it,
 * 904 would leave 8 bytes, too few for a block, and are given all of it. 8 is the smallest payload,
 * 240 the last but one of the exact bins, 4088 a block of a page. */
static const struct letter mixed[] = {
    {OP_ALLOC, 8, 0},
    {OP_ALLOC, 240, 0},
    {OP_ALLOC, 904, 0},
    {OP_ALLOC, 4088, 0},
    {OP_ALLOC, 12000, 0},
    {OP_ALIGNED, 100, 4096},
    {OP_ZALLOC, 452, 2},
    {OP_FREE, 0, 0},
    {OP_REALLOC, 8, 0},
    {OP_REALLOC, 900, 0},
    {OP_REALLOC, 9000, 0},
    {OP_RECLAIM, 1, 0},
    {OP_RECLAIM, ALL, 0},
    {OP_PRESSURE, 0, 0},
    {OP_PRESSURE, 3, 0},
    {OP_PRESSURE, ALL, 0},
    {OP_MAP, 0, 0},
    {OP_UNMAP, 0, 0},
    {OP_STATS, 0, 0},
    {OP_FREE_INNER, 0, 0},
    {OP_FREE_INNER, 100, 0},
    {OP_FREE_MISALIGNED, 3, 0},
    {OP_DAMAGE_HEADER, 0, 0x8u},
    {OP_DAMAGE_FOOTER, 0, 0x10u},
    {OP_DAMAGE_NEXT, 0, 0x1u},
    {OP_DAMAGE_PREVIOUS, 0, 0x1u},
    {OP_DAMAGE_PREVIOUS, 0, 0x18u},
    {OP_DAMAGE_LINK, 0, 0x40u},
    {OP_DAMAGE_REALLOC, 0, 0x8u},
    {OP_FREE_FOREIGN, 0xC0400000u, 0},
};

/* Many small blocks on few pages: splits, merges on both sides, lists with several members. Blocks
 * of 512 and 520 bytes share a bin; 248 and 264 lie on both sides of the border between exact bins
 * and rows. */
static const struct letter blocks[] = {
    {OP_ALLOC, 8, 0},     {OP_ALLOC, 504, 0},   {OP_ALLOC, 512, 0}, {OP_ALLOC, 912, 0},
    {OP_ALIGNED, 8, 64},  {OP_FREE, 0, 0},      {OP_REALLOC, 8, 0}, {OP_REALLOC, 16, 0},
    {OP_REALLOC, 240, 0}, {OP_REALLOC, 256, 0}, {OP_STATS, 0, 0},
};

/* Free blocks with pages missing: made, split, merged, grown into, cut at the heap's end, extended.
 * A payload at a multiple of two pages leaves a block with a missing page before it. */
static const struct letter holes[] = {
    {OP_ALLOC, 8, 0},   {OP_ALLOC, 904, 0},   {OP_ALLOC, 12000, 0},  {OP_ALLOC, 20000, 0},
    {OP_FREE, 0, 0},    {OP_REALLOC, 8, 0},   {OP_REALLOC, 9000, 0}, {OP_ALIGNED, 8, 8192},
    {OP_RECLAIM, 1, 0}, {OP_RECLAIM, ALL, 0}, {OP_PRESSURE, 2, 0},   {OP_STATS, 0, 0},
};

/* Across the border of two page tables, at 4 MiB: tables made and dropped, refused on either side
 * of it, and runs of pages for which the whole TLB is flushed. */
static const struct letter tables[] = {
    {OP_ALLOC, 8, 0},           {OP_ALLOC, 4190000, 0}, {OP_ALLOC, 4194304, 0},
    {OP_ALIGNED, 8, 0x400000u}, {OP_FREE, 0, 0},        {OP_REALLOC, 8, 0},
    {OP_REALLOC, 4200000, 0},   {OP_RECLAIM, 1, 0},     {OP_RECLAIM, 40, 0},
    {OP_RECLAIM, ALL, 0},       {OP_PRESSURE, 1, 0},    {OP_MAP, 63, 0},
    {OP_UNMAP, 63, 0},
};

/* Sizes and alignments at which numbers wrap, round, or are no number to serve: none and one above
 * a granule; the largest, before and after rounding; a product that wraps; an alignment that is no
 * power of two, and ones whose lead needs what a block does not have. */
static const struct letter edges[] = {
    {OP_ALLOC, 0, 0},
    {OP_ALLOC, 9, 0},
    {OP_ALLOC, 0xFFFFFFFFu, 0},
    {OP_ALLOC, 0xFFFFFFF1u, 0},
    {OP_ALIGNED, 8, 16},
    {OP_ALIGNED, 120, 64},
    {OP_ALIGNED, 100, 24},
    {OP_ALIGNED, 100, 0},
    {OP_ZALLOC, 0x10000u, 0x10001u},
    {OP_ZALLOC, 0x80000004u, 2},
    {OP_FREE, 0, 0},
    {OP_REALLOC, 0, 0},
    {OP_REALLOC, 9, 0},
    {OP_REALLOC, 0xFFFFFFFFu, 0},
    {OP_REALLOC, 0xFFFFFFF1u, 0},
    {OP_FREE_FOREIGN, 0xC0400008u, 0},
    {OP_FREE_FOREIGN, 0xC0400018u, 0},
    {OP_FREE_FOREIGN, 0xC0400028u, 0},
    {OP_FREE_FOREIGN, 0xC0400C60u, 0},
    {OP_STATS, 0, 0},
};

/* The heap's first page is mapped from the start: the 1,023 others of its first table come first,
 * then the second table and its pages. */
static const uint32_t refusals_first[MOVE_REFUSALS] = {1, 2, 3, 4, 5, 6, 7};
static const uint32_t refusals_tables[MOVE_REFUSALS] = {1, 2, 1022, 1023, 1024, 1025, 1026};

#define LETTERS(array) sizeof(array) / sizeof((array)[0]), array

static const struct alphabet alphabets[] = {
    {"mixed", "a little of everything, misuses included", 20, 10, 4, LETTERS(mixed),
     refusals_first},
    {"blocks", "many small blocks on few pages", 8, 3, 6, LETTERS(blocks), refusals_first},
    {"holes", "free blocks with pages missing", 24, 16, 4, LETTERS(holes), refusals_first},
    {"edges", "sizes and alignments that wrap, round, or cannot be served", 8, 3, 4, LETTERS(edges),
     refusals_first},
    {"tables", "blocks across the border of page tables", 2200, 3080, 3, LETTERS(tables),
     refusals_tables},
};

const struct alphabet *alphabet_at(uint32_t i)
{
    return i < sizeof(alphabets) / sizeof(alphabets[0]) ? &alphabets[i] : NULL;
}

const struct alphabet *alphabet_find(const char *name)
{
    for (uint32_t i = 0; alphabet_at(i) != NULL; i++)
        if (name != NULL && strcmp(alphabet_at(i)->name, name) == 0)
            return alphabet_at(i);
    return NULL;
}

_Static_assert((ALPHABET_LETTERS_MAX + 1u) * ALPHABET_SLOTS_MAX * MOVE_VARIANTS <=
                   1u << MOVE_CODE_BITS,
               "a move's code must fit");

uint32_t move_code(struct move move)
{
    return ((move.letter * ALPHABET_SLOTS_MAX) + move.rank) * MOVE_VARIANTS + move.variant + 1u;
}

struct move move_of(uint32_t code)
{
    uint32_t plain = (code - 1u) / MOVE_VARIANTS;
    return (struct move){
        .letter = plain / ALPHABET_SLOTS_MAX,
        .rank = plain % ALPHABET_SLOTS_MAX,
        .variant = (code - 1u) % MOVE_VARIANTS,
    };
}

uint32_t move_ranks(const struct session *session, const struct letter *letter)
{
    const struct shadow *shadow = &session->shadow;
    if (op_makes_block(letter->kind))
        return shadow->live_count < shadow->slot_count;
    return op_takes_slot(letter->kind) ? shadow->live_count : 1u;
}

static uint32_t slot_empty(const struct shadow *shadow)
{
    uint32_t slot = 0;
    while (shadow_live(shadow, slot))
        slot++;
    return slot;
}

/* The slot of the block that has `rank` live ones below it. */
static uint32_t slot_of_rank(const struct shadow *shadow, uint32_t rank)
{
    for (uint32_t slot = 0; slot < shadow->slot_count; slot++) {
        uint32_t below = 0;
        for (uint32_t other = 0; other < shadow->slot_count; other++)
            below += shadow_live(shadow, other) && shadow->slots[other].at < shadow->slots[slot].at;
        if (shadow_live(shadow, slot) && below == rank)
            return slot;
    }
    return 0;
}

uint32_t move_ops(const struct session *session, const struct alphabet *alphabet, struct move move,
                  struct op *ops)
{
    const struct shadow *shadow = &session->shadow;
    const struct letter *letter = &alphabet->letters[move.letter];
    struct op op = {.kind = letter->kind, .size = letter->size, .arg = letter->arg};
    if (op_makes_block(letter->kind))
        op.slot = slot_empty(shadow);
    else if (op_takes_slot(letter->kind))
        op.slot = slot_of_rank(shadow, move.rank);
    uint32_t count = 0;
    const uint32_t *refusals = alphabet->refusals;
    if (move.variant >= MOVE_REFUSE_ON && move.variant < MOVE_REFUSE_ON + MOVE_REFUSALS)
        ops[count++] =
            (struct op){.kind = OP_REFUSE_ON, .size = refusals[move.variant - MOVE_REFUSE_ON]};
    else if (move.variant >= MOVE_REFUSE && move.variant < MOVE_REFUSE + MOVE_REFUSALS)
        ops[count++] = (struct op){.kind = OP_REFUSE, .size = refusals[move.variant - MOVE_REFUSE]};
    ops[count++] = op;
    if (count == 2u && ops[0].kind == OP_REFUSE_ON)
        ops[count++] = (struct op){.kind = OP_REFUSE};
    if (move.variant == MOVE_MISUSES) {
        ops[count++] = (struct op){.kind = OP_DOUBLE_FREE, .slot = op.slot};
        ops[count++] = (struct op){.kind = OP_USE_FREED, .slot = op.slot, .size = 24};
    }
    return count;
}

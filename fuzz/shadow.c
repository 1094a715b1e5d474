#include "fuzz/shadow.h"

#include "mmu_x86/probe.h"

#define GRANULE 8u
#define WORD_BITS 32u

static bool rule_S1(const struct shadow *shadow, const struct shadow_block *block,
                    uint32_t align_bytes, uint32_t end, struct violation *violation)
{
    uint32_t align = align_bytes < GRANULE ? GRANULE : align_bytes;
    if (block->at % align != 0)
        return violation_set(violation, RULE_S1, block->at, align, block->at % align,
                             "alignment (found: the remainder) of the block at");
    if (block->at < shadow->window_start || block->at >= end ||
        block->usable_bytes > end - block->at)
        return violation_set(violation, RULE_S1, block->at, end, block->usable_bytes,
                             "end of the heap, and usable size of the block at");
    /* A block is rounded up to 8, holds 8 at least, and takes a rest of less than a block with it.
     */
    uint32_t size_max = ((block->size_bytes + GRANULE - 1u) & ~(GRANULE - 1u)) + GRANULE;
    if (block->usable_bytes < block->size_bytes || block->usable_bytes > size_max)
        return violation_set(violation, RULE_S1, block->at, block->size_bytes, block->usable_bytes,
                             "size asked, and usable size of the block at");
    return true;
}

/* The bits of one word of the bitmap that belong to the granules [first, end). */
static uint32_t word_mask(uint32_t first, uint32_t end, uint32_t word)
{
    uint32_t low = word * WORD_BITS < first ? first - word * WORD_BITS : 0;
    uint32_t high = end - word * WORD_BITS;
    uint32_t below = high >= WORD_BITS ? ~0u : (1u << high) - 1u;
    return below & (~0u << low);
}

struct granules {
    uint32_t first;
    uint32_t end;
};

static struct granules granules_of(const struct shadow *shadow, const struct shadow_block *block)
{
    uint32_t first = (block->at - shadow->window_start) / GRANULE;
    return (struct granules){first, first + block->usable_bytes / GRANULE};
}

static bool rule_S2(const struct shadow *shadow, const struct shadow_block *block,
                    struct violation *violation)
{
    struct granules granules = granules_of(shadow, block);
    uint32_t first = granules.first / WORD_BITS;
    uint32_t last = (granules.end - 1u) / WORD_BITS;
    for (uint32_t w = first; w <= last; w++) {
        uint32_t shared = shadow->owned[w];
        if (w == first || w == last)
            shared &= word_mask(granules.first, granules.end, w);
        if (shared != 0) {
            uint32_t granule = w * WORD_BITS + (uint32_t)__builtin_ctz(shared);
            return violation_set(violation, RULE_S2, block->at, 0,
                                 shadow->window_start + granule * GRANULE,
                                 "another live block at (found), in the block at");
        }
    }
    return true;
}

static void own_word(struct shadow *shadow, const struct granules *granules, uint32_t w, bool owned)
{
    uint32_t mask = word_mask(granules->first, granules->end, w);
    shadow->owned[w] = owned ? shadow->owned[w] | mask : shadow->owned[w] & ~mask;
}

static void own(struct shadow *shadow, const struct shadow_block *block, bool owned)
{
    struct granules granules = granules_of(shadow, block);
    uint32_t first = granules.first / WORD_BITS;
    uint32_t last = (granules.end - 1u) / WORD_BITS;
    own_word(shadow, &granules, first, owned);
    for (uint32_t w = first + 1u; w < last; w++)
        shadow->owned[w] = owned ? ~0u : 0;
    own_word(shadow, &granules, last, owned);
}

bool shadow_owns(const struct shadow *shadow, uint32_t at)
{
    uint32_t granule = (at - shadow->window_start) / GRANULE;
    if (granule / WORD_BITS >= SHADOW_OWNED_BYTES / 4u)
        return false;
    return (shadow->owned[granule / WORD_BITS] >> granule % WORD_BITS & 1u) != 0;
}

bool shadow_enter(struct shadow *shadow, uint32_t slot, const struct shadow_block *block,
                  uint32_t align_bytes, uint32_t end, struct violation *violation)
{
    if (!rule_S1(shadow, block, align_bytes, end, violation) || !rule_S2(shadow, block, violation))
        return false;
    shadow_return(shadow, slot, block);
    return true;
}

void shadow_leave(struct shadow *shadow, uint32_t slot)
{
    own(shadow, &shadow->slots[slot], false);
    shadow->slots[slot] = (struct shadow_block){.freed_at = shadow->slots[slot].at};
    shadow->live_count--;
}

static bool block_same(const struct shadow_block *block, const struct shadow_block *other)
{
    return block->at == other->at && block->usable_bytes == other->usable_bytes;
}

void shadow_restore(struct shadow *shadow, const struct shadow_block *slots)
{
    for (uint32_t slot = 0; slot < shadow->slot_count; slot++)
        if (shadow_live(shadow, slot) && !block_same(&shadow->slots[slot], &slots[slot]))
            own(shadow, &shadow->slots[slot], false);
    for (uint32_t slot = 0; slot < shadow->slot_count; slot++) {
        if (slots[slot].at != 0 && !block_same(&shadow->slots[slot], &slots[slot]))
            own(shadow, &slots[slot], true);
        shadow->slots[slot] = slots[slot];
    }
}

void shadow_return(struct shadow *shadow, uint32_t slot, const struct shadow_block *block)
{
    own(shadow, block, true);
    shadow->slots[slot] = *block;
    shadow->live_count++;
}

void shadow_clear(struct shadow *shadow)
{
    for (uint32_t slot = 0; slot < shadow->slot_count; slot++) {
        if (shadow_live(shadow, slot))
            shadow_leave(shadow, slot);
        shadow->slots[slot].freed_at = 0;
    }
    shadow->next_seed = 0;
}

/* A word of the contents: a multiplicative hash of seed and offset, so that no two blocks share
 * theirs. */
static uint32_t content_word(uint32_t seed, uint32_t offset)
{
    uint32_t word = (seed ^ offset * 0x9E3779B1u) * 0x85EBCA6Bu;
    return word ^ word >> 15;
}

/* The offset after `offset` at which contents are kept. */
static uint32_t content_next(uint32_t offset, uint32_t usable_bytes)
{
    uint32_t next = offset + 4u;
    if (next < SHADOW_EDGE || usable_bytes <= 2u * SHADOW_EDGE ||
        next >= usable_bytes - SHADOW_EDGE)
        return next;
    uint32_t step = (usable_bytes / SHADOW_INNER + 4u) & ~3u;
    uint32_t tail = usable_bytes - SHADOW_EDGE;
    return tail - offset > step ? offset + step : tail;
}

void shadow_fill(struct shadow *shadow, uint32_t slot)
{
    struct shadow_block *block = &shadow->slots[slot];
    uint32_t page = page_round_down(block->at);
    uint32_t *words = probe_user_write(vaddr_of(page));
    block->seed = ++shadow->next_seed;
    for (uint32_t o = 0; o < block->usable_bytes; o = content_next(o, block->usable_bytes)) {
        uint32_t at = block->at + o;
        if (page_round_down(at) != page) {
            page = page_round_down(at);
            words = probe_user_write(vaddr_of(page));
        }
        words[(at & PAGE_MASK) / 4u] = content_word(block->seed, o);
    }
}

/* Reading with the page looked up once. */
struct reader {
    uint32_t page;
    const uint32_t *words;
};

static struct reader reader_at(uint32_t at)
{
    uint32_t page = page_round_down(at);
    return (struct reader){page, probe_user_read(vaddr_of(page))};
}

static uint32_t read_word(struct reader *reader, uint32_t at)
{
    if (page_round_down(at) != reader->page) {
        reader->page = page_round_down(at);
        reader->words = probe_user_read(vaddr_of(reader->page));
    }
    return reader->words[(at & PAGE_MASK) / 4u];
}

bool shadow_intact(const struct shadow_block *block, uint32_t at, uint32_t size_bytes,
                   struct violation *violation)
{
    struct reader reader = reader_at(at);
    for (uint32_t o = 0; o + 4u <= size_bytes && o < block->usable_bytes;
         o = content_next(o, block->usable_bytes)) {
        uint32_t found = read_word(&reader, at + o);
        if (found != content_word(block->seed, o))
            return violation_set(violation, RULE_S3, at + o, content_word(block->seed, o), found,
                                 "contents of a live block at");
    }
    return true;
}

static bool word_intact(const struct shadow_block *block, struct reader *reader, uint32_t offset,
                        struct violation *violation)
{
    uint32_t found = read_word(reader, block->at + offset);
    return found == content_word(block->seed, offset) ||
           violation_set(violation, RULE_S3, block->at + offset, content_word(block->seed, offset),
                         found, "contents of a live block at");
}

bool shadow_edges_intact(const struct shadow_block *block, struct violation *violation)
{
    uint32_t length = block->usable_bytes < SHADOW_NEAR ? block->usable_bytes : SHADOW_NEAR;
    struct reader reader = reader_at(block->at);
    for (uint32_t o = 0; o < length; o += 4u)
        if (!word_intact(block, &reader, o, violation))
            return false;
    for (uint32_t o = block->usable_bytes - length; o < block->usable_bytes; o += 4u)
        if (!word_intact(block, &reader, o, violation))
            return false;
    return true;
}

bool shadow_zero(uint32_t at, uint32_t usable_bytes, struct violation *violation)
{
    struct reader reader = reader_at(at);
    uint32_t whole = usable_bytes <= PAGE_SIZE ? usable_bytes : 0;
    for (uint32_t o = 0; o < usable_bytes; o = o < whole ? o + 4u : content_next(o, usable_bytes)) {
        uint32_t found = read_word(&reader, at + o);
        if (found != 0)
            return violation_set(violation, RULE_S3, at + o, 0, found, "zeroed memory at");
    }
    return true;
}

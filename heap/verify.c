#include "heap/verify.h"

#include "mmu_x86/paging.h"

/* True if the page of the word at `at`, which lies in the extent, is mapped. */
static bool mapped(const struct extent *extent, uint32_t at)
{
    uint32_t entry;
    return extent->dense != 0 || paging_translate(vaddr_of(page_round_down(at)), &entry);
}

static bool readable(const struct extent *extent, uint32_t at)
{
    return at % 4u == 0 && at >= extent->first - 4u && at < extent->end && mapped(extent, at);
}

bool verify_readable(const struct heap *heap, uint32_t at)
{
    struct extent extent = extent_of(heap);
    return readable(&extent, at);
}

/* True if a header can stand at `at`, and what would be links behind it can be read. */
static bool place_readable(const struct extent *extent, uint32_t at)
{
    return at % BLOCK_GRANULE == 4u && readable(extent, at) && readable(extent, at + 8u);
}

bool verify_member(const struct heap *heap, const struct extent *extent, uint32_t at)
{
    return place_readable(extent, at) && tag_listed(tag_load(heap, at));
}

enum misuse_reason verify_block(const struct heap *heap, const struct extent *extent, block_t block,
                                tag_t *tag)
{
    uint32_t room = extent_epilogue(extent) - block.at;
    if (!place_readable(extent, block.at))
        return MISUSE_NOT_A_BLOCK;
    *tag = tag_load(heap, block.at);
    if (!tag_legal_used(*tag, room) && !tag_legal_free(*tag, room))
        return MISUSE_NOT_A_BLOCK;
    uint32_t footer = block.at + tag_size(*tag) - 4u;
    if (!mapped(extent, footer) || tag_load(heap, footer).word != tag->word)
        return MISUSE_TAGS_DISAGREE;
    return MISUSE_NONE;
}

enum misuse_reason verify_payload(const struct heap *heap, vaddr_t payload, tag_t *tag)
{
    struct extent extent = extent_of(heap);
    block_t block = block_of_payload(payload);
    if (payload.v % BLOCK_GRANULE != 0)
        return MISUSE_MISALIGNED;
    if (block.at < extent.first || block.at >= extent_epilogue(&extent))
        return MISUSE_FOREIGN;
    enum misuse_reason reason = verify_block(heap, &extent, block, tag);
    return reason == MISUSE_NONE && !tag_used(*tag) ? MISUSE_DOUBLE_FREE : reason;
}

bool verify_free(const struct heap *heap, block_t block, struct member *member)
{
    struct extent extent = extent_of(heap);
    member->block = block;
    if (verify_block(heap, &extent, block, &member->tag) != MISUSE_NONE || tag_used(member->tag))
        return false;
    member->head = verify_list(heap, tag_size(member->tag));
    return verify_links(heap, &extent, member, true);
}

/* Believes the links of a free neighbour, whose tags are believed, if it is on a list. */
static enum misuse_reason neighbour_links(const struct heap *heap, const struct extent *extent,
                                          struct member *member)
{
    uint32_t size = tag_size(member->tag);
    member->head = 0;
    if (member->block.at + size == extent_epilogue(extent))
        return MISUSE_NONE;
    member->head = verify_list(heap, size);
    return verify_links(heap, extent, member, true) ? MISUSE_NONE : MISUSE_DAMAGED_LINK;
}

enum misuse_reason verify_previous(const struct heap *heap, uint32_t boundary, tag_t footer,
                                   struct member *member)
{
    struct extent extent = extent_of(heap);
    uint32_t at = boundary - tag_size(footer);
    /* A footer whose size leads to another block's header is not that block's. */
    if (!tag_legal_free(footer, boundary - extent.first) || !mapped(&extent, at) ||
        tag_load(heap, at).word != footer.word)
        return MISUSE_DAMAGED_NEIGHBOUR;
    member->tag = footer;
    member->block = block_at(at);
    return neighbour_links(heap, &extent, member);
}

enum misuse_reason verify_next(const struct heap *heap, uint32_t boundary, tag_t header,
                               struct member *member)
{
    struct extent extent = extent_of(heap);
    uint32_t footer = boundary + tag_size(header) - 4u;
    if (!tag_legal_free(header, extent_epilogue(&extent) - boundary) || !mapped(&extent, footer) ||
        tag_load(heap, footer).word != header.word)
        return MISUSE_DAMAGED_NEIGHBOUR;
    member->tag = header;
    member->block = block_at(boundary);
    return neighbour_links(heap, &extent, member);
}

enum misuse_reason verify_neighbours(const struct heap *heap, uint32_t start, uint32_t end,
                                     struct neighbours *neighbours)
{
    struct extent extent = extent_of(heap);
    enum misuse_reason reason = MISUSE_NONE;
    tag_t before = tag_load(heap, start - 4u);
    tag_t behind = tag_load(heap, end);
    neighbours->previous_free = !verify_used_before(&extent, start, before);
    neighbours->next_free = !verify_used_behind(&extent, end, behind);
    if (neighbours->previous_free)
        reason = verify_previous(heap, start, before, &neighbours->previous);
    if (reason == MISUSE_NONE && neighbours->next_free)
        reason = verify_next(heap, end, behind, &neighbours->next);
    return reason;
}

enum misuse_reason verify_last(const struct heap *heap, struct member *last)
{
    struct extent extent = extent_of(heap);
    uint32_t epilogue = extent_epilogue(&extent);
    tag_t footer = tag_load(heap, epilogue - 4u);
    *last = (struct member){.block = block_at(epilogue), .tag = tag_of(0, TAG_EPILOGUE)};
    if (tag_load(heap, epilogue).word != TAG_EPILOGUE)
        return MISUSE_DAMAGED_NEIGHBOUR;
    if (verify_used_before(&extent, epilogue, footer))
        return MISUSE_NONE;
    return verify_previous(heap, epilogue, footer, last);
}

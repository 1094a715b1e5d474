#include "heap/verify.h"

#include "heap/freelist.h"
#include "mmu_x86/paging.h"

bool verify_readable(const struct heap *heap, uint32_t at)
{
    uint32_t end = heap_load(heap, HEAP_END);
    if (at % 4u != 0 || at < heap->at.v + CONTROL_SIZE || at >= end - 3u)
        return false;
    /* Only where pages were reclaimed can one in the extent be missing. */
    uint32_t entry;
    return heap_load(heap, HEAP_MAPPED_PAGES) == (end - heap->at.v) / PAGE_SIZE ||
           paging_translate(vaddr_of(page_round_down(at)), &entry);
}

/* True if the words of the tag, with size_room bytes to the end of the extent, can be a block's. */
static bool tag_legal(tag_t tag, uint32_t size_room)
{
    uint32_t flags = tag.word & TAG_FLAGS;
    return tag_size(tag) >= BLOCK_SIZE_MIN && tag_size(tag) <= size_room &&
           (flags & TAG_RESERVED) == 0 && flags != (TAG_USED | TAG_SPARSE);
}

/* Reads a header. Returns false if none can stand there, or it is not legal. */
static bool header_read(const struct heap *heap, block_t block, tag_t *tag)
{
    uint32_t epilogue = block_epilogue(heap).at;
    if (block.at % BLOCK_GRANULE != 4u || block.at < block_first(heap).at || block.at >= epilogue ||
        !verify_readable(heap, block.at))
        return false;
    *tag = tag_load(heap, block.at);
    return tag_legal(*tag, epilogue - block.at);
}

enum misuse_reason verify_block(const struct heap *heap, block_t block, tag_t *tag)
{
    if (!header_read(heap, block, tag))
        return MISUSE_NOT_A_BLOCK;
    uint32_t footer = block.at + tag_size(*tag) - 4u;
    if (!verify_readable(heap, footer) || tag_load(heap, footer).word != tag->word)
        return MISUSE_TAGS_DISAGREE;
    return MISUSE_NONE;
}

/* True if a free block's links are mapped: they are on another page than its header if that is a
 * page's last word, which only happens if the header is a false one. */
static bool links_readable(const struct heap *heap, block_t block)
{
    return (block.at & PAGE_MASK) != PAGE_SIZE - 4u || verify_readable(heap, block.at + 4u);
}

bool verify_member(const struct heap *heap, block_t block)
{
    tag_t tag;
    return header_read(heap, block, &tag) && !tag_used(tag) && links_readable(heap, block);
}

enum misuse_reason verify_payload(const struct heap *heap, vaddr_t payload, tag_t *tag)
{
    if (payload.v % BLOCK_GRANULE != 0)
        return MISUSE_MISALIGNED;
    block_t block = block_of_payload(payload);
    if (block.at < block_first(heap).at || block.at >= block_epilogue(heap).at)
        return MISUSE_FOREIGN;
    enum misuse_reason reason = verify_block(heap, block, tag);
    if (reason == MISUSE_NONE && !tag_used(*tag))
        return MISUSE_DOUBLE_FREE;
    return reason;
}

enum misuse_reason verify_free(const struct heap *heap, block_t block, tag_t *tag)
{
    if (verify_block(heap, block, tag) != MISUSE_NONE || tag_used(*tag) ||
        !links_readable(heap, block) || !freelist_linked(heap, block, tag_size(*tag)))
        return MISUSE_DAMAGED_LINK;
    return MISUSE_NONE;
}

/* Believes a neighbour whole, used or free, so that neither a wrong merge nor a missed one can
 * follow from a tag that was overwritten. *tag stays TAG_SENTINEL if the neighbour is used. */
static enum misuse_reason verify_neighbour(const struct heap *heap, block_t block, tag_t *tag)
{
    tag_t found;
    if (verify_block(heap, block, &found) != MISUSE_NONE)
        return MISUSE_DAMAGED_NEIGHBOUR;
    return tag_used(found) ? MISUSE_NONE : verify_free(heap, block, tag);
}

/* The block before `block`: its footer is the word before the header. */
static enum misuse_reason verify_previous(const struct heap *heap, block_t block,
                                          struct neighbours *neighbours)
{
    tag_t footer = tag_load(heap, block.at - 4u);
    uint32_t room = block.at - block_first(heap).at;
    if (room == 0)
        return footer.word == TAG_SENTINEL ? MISUSE_NONE : MISUSE_DAMAGED_NEIGHBOUR;
    if (!tag_legal(footer, room))
        return MISUSE_DAMAGED_NEIGHBOUR;
    neighbours->previous = block_at(block.at - tag_size(footer));
    /* A footer whose size leads to another block's header is not that block's. */
    if (!verify_readable(heap, neighbours->previous.at) ||
        tag_load(heap, neighbours->previous.at).word != footer.word)
        return MISUSE_DAMAGED_NEIGHBOUR;
    return verify_neighbour(heap, neighbours->previous, &neighbours->previous_tag);
}

/* The block after `block`, or the epilogue. */
static enum misuse_reason verify_next(const struct heap *heap, block_t block, tag_t tag,
                                      struct neighbours *neighbours)
{
    neighbours->next = block_at(block.at + tag_size(tag));
    if (neighbours->next.at != block_epilogue(heap).at)
        return verify_neighbour(heap, neighbours->next, &neighbours->next_tag);
    tag_t header = tag_load(heap, neighbours->next.at);
    return header.word == TAG_SENTINEL ? MISUSE_NONE : MISUSE_DAMAGED_NEIGHBOUR;
}

enum misuse_reason verify_neighbours(const struct heap *heap, block_t block, tag_t tag,
                                     struct neighbours *neighbours)
{
    neighbours->previous_tag = tag_of(0, TAG_SENTINEL);
    neighbours->next_tag = tag_of(0, TAG_SENTINEL);
    enum misuse_reason reason = verify_previous(heap, block, neighbours);
    if (reason != MISUSE_NONE)
        return reason;
    return verify_next(heap, block, tag, neighbours);
}

enum misuse_reason verify_last(const struct heap *heap, struct neighbours *neighbours)
{
    block_t epilogue = block_epilogue(heap);
    *neighbours = (struct neighbours){
        .previous = epilogue,
        .previous_tag = tag_of(0, TAG_SENTINEL),
        .next = epilogue,
        .next_tag = tag_load(heap, epilogue.at),
    };
    if (neighbours->next_tag.word != TAG_SENTINEL)
        return MISUSE_DAMAGED_NEIGHBOUR;
    return verify_previous(heap, epilogue, neighbours);
}

/* Verification: may this block be believed? Nothing here writes, and nothing here faults, whatever
 * the block holds.
 *
 * The calls that must be fast are made twice from the same text: first quickly, on a copy of the
 * handle that never leaves the processor's registers, and if anything at all is not as it mostly
 * is, again and precisely (`precise`), from the start. A quick call has written nothing until it
 * has believed all that it needs, and believes nothing that the precise one does not. It asks the
 * page tables nothing: while every page of the extent is mapped (HEAP_DENSE), one comparison says
 * that a word is aligned, in the extent and mapped; otherwise, and for sparse blocks, it is not the
 * quick call's turn. */
#ifndef KHEAP_HEAP_VERIFY_H
#define KHEAP_HEAP_VERIFY_H

#include "heap/bins.h"
#include "heap/first_fit.h"
#include "heap/misuse.h"

/* A free block that is believed, or that a report is about. */
struct member {
    block_t block;
    tag_t tag;     /* TAG_EPILOGUE if there is no free block; then the rest says nothing */
    uint32_t next; /* its links, if it is on a list */
    uint32_t prev;
    uint32_t head; /* the field with the head of its list; 0 if it is on none: the last block */
};

/* What stands on both sides of a used block that is about to be freed or resized. */
struct neighbours {
    struct member previous; /* if previous_free */
    struct member next;     /* if next_free */
    bool previous_free;
    bool next_free;
};

/* True if the word at `at` lies in the extent and is mapped. Cost: constant. */
bool verify_readable(const struct heap *heap, uint32_t at);

/* True if the word at `at`, in the extent, a header's or behind a footer's, is mapped. */
static inline bool verify_dense(const struct extent *extent, uint32_t at)
{
    return granules(at - extent->first) < extent->dense;
}

/* Reads and believes the tags of the block at `block`, or returns why not: MISUSE_NOT_A_BLOCK or
 * MISUSE_TAGS_DISAGREE. */
enum misuse_reason verify_block(const struct heap *heap, const struct extent *extent, block_t block,
                                tag_t *tag);

/* As verify_block, for the block behind a pointer that a caller handed in as one of its live
 * blocks. */
enum misuse_reason verify_payload(const struct heap *heap, vaddr_t payload, tag_t *tag);

/* verify_payload, quickly: what is not believed may be right. */
static inline bool verify_payload_quick(const struct heap *heap, const struct extent *extent,
                                        vaddr_t payload, tag_t *tag)
{
    uint32_t at = block_of_payload(payload).at;
    if (BLOCK_RARE(!verify_dense(extent, at)))
        return false;
    *tag = tag_load(heap, at);
    uint32_t end = at + (tag->word - TAG_USED);
    return granules(end - extent->first) <= extent->dense &&
           tag_load(heap, end - 4u).word == tag->word;
}

/* True if a free block's header stands at `at` and its links can be read: what a link leads to must
 * at least be that. Old links lie about in free memory; old headers do not (heap/block.h). */
bool verify_member(const struct heap *heap, const struct extent *extent, uint32_t at);

static inline bool verify_member_quick(const struct heap *heap, const struct extent *extent,
                                       uint32_t at)
{
    return verify_dense(extent, at) && tag_listed(tag_load(heap, at));
}

/* True if the word at `link` of a member at `at`, its next or prev link, leads to `to`. */
static inline bool verify_leads(const struct heap *heap, const struct extent *extent, uint32_t at,
                                uint32_t link, uint32_t to, bool precise)
{
    bool member = precise ? verify_member(heap, extent, at) : verify_member_quick(heap, extent, at);
    return member && machine_load(vaddr_of(at + link)) == to;
}

/* Loads the links of a member whose tags are believed, and believes them if the neighbours on its
 * list lead back to it. */
static inline bool verify_links(const struct heap *heap, const struct extent *extent,
                                struct member *member, bool precise)
{
    uint32_t at = member->block.at;
    member->next = machine_load(block_next_link(member->block));
    member->prev = machine_load(block_prev_link(member->block));
    bool is_head = heap_load(heap, member->head) == at;
    /* In a list that leads back into itself, the head or another member is led to twice. */
    if ((member->prev == 0) != is_head || member->next == at)
        return false;
    if (member->next != 0 && !verify_leads(heap, extent, member->next, 8u, at, precise))
        return false;
    return member->prev == 0 || verify_leads(heap, extent, member->prev, 4u, at, precise);
}

/* Believes a free block on a list, its tags and its links; *member is then all that is to be known
 * of it. */
bool verify_free(const struct heap *heap, block_t block, struct member *member);

/* verify_free, quickly, for the block that the head of the list at member->head leads to, or the
 * link of member->prev, a member that is believed. */
static inline bool verify_listed_quick(const struct heap *heap, const struct extent *extent,
                                       struct member *member)
{
    uint32_t at = member->block.at;
    if (BLOCK_RARE(!verify_dense(extent, at)))
        return false;
    member->tag = tag_load(heap, at);
    uint32_t end = at + member->tag.word;
    if (granules(end - extent->first) > extent->dense ||
        tag_load(heap, end - 4u).word != member->tag.word)
        return false;
    member->next = machine_load(block_next_link(member->block));
    return machine_load(block_prev_link(member->block)) == member->prev &&
           (member->next == 0 || verify_leads(heap, extent, member->next, 8u, at, false));
}

/* The field with the head of the list for a free block of size_bytes. */
static inline uint32_t verify_list(const struct heap *heap, uint32_t size_bytes)
{
    return heap->policy == HEAP_BINS ? bins_head(size_bytes) : FIRST_FIT_HEAD;
}

/* True if the footer before `boundary` reads as that of a used block in the extent, or as the
 * prologue, which is the least of them. */
static inline bool verify_used_before(const struct extent *extent, uint32_t boundary, tag_t footer)
{
    return granules(footer.word - TAG_PROLOGUE) <= granules(boundary - extent->first);
}

/* True if the header at `boundary` reads as that of a used block in the extent, or as the epilogue.
 */
static inline bool verify_used_behind(const struct extent *extent, uint32_t boundary, tag_t header)
{
    return granules(header.word - TAG_USED) <= (extent->end - boundary) / BLOCK_GRANULE;
}

/* Believes the free neighbour of which the tag beside a block has been read, or returns why not:
 * MISUSE_DAMAGED_NEIGHBOUR or MISUSE_DAMAGED_LINK. */
enum misuse_reason verify_previous(const struct heap *heap, uint32_t boundary, tag_t footer,
                                   struct member *member);
enum misuse_reason verify_next(const struct heap *heap, uint32_t boundary, tag_t header,
                               struct member *member);

/* The same, quickly. */
static inline bool verify_previous_quick(const struct heap *heap, const struct extent *extent,
                                         uint32_t boundary, tag_t footer, struct member *member)
{
    uint32_t at = boundary - footer.word;
    member->block = block_at(at);
    member->tag = footer;
    if (!verify_dense(extent, at) || tag_load(heap, at).word != footer.word)
        return false;
    member->head = verify_list(heap, footer.word);
    return verify_links(heap, extent, member, false);
}

static inline bool verify_next_quick(const struct heap *heap, const struct extent *extent,
                                     uint32_t boundary, tag_t header, struct member *member)
{
    uint32_t end = boundary + header.word;
    member->block = block_at(boundary);
    member->tag = header;
    member->head = 0;
    if (granules(end - extent->first) > extent->dense ||
        tag_load(heap, end - 4u).word != header.word)
        return false;
    if (end == extent_epilogue(extent))
        return true;
    member->head = verify_list(heap, header.word);
    return verify_links(heap, extent, member, false);
}

/* Looks at the neighbours of the used block in [start, end). One that is free is about to be merged
 * and believed whole; of one that is used, the tag on this side is enough, if it is legal. Returns
 * MISUSE_NONE, MISUSE_DAMAGED_NEIGHBOUR or MISUSE_DAMAGED_LINK. */
enum misuse_reason verify_neighbours(const struct heap *heap, uint32_t start, uint32_t end,
                                     struct neighbours *neighbours);

/* verify_neighbours, quickly, of which the tags on this side are loaded. */
static inline bool verify_neighbours_quick(const struct heap *heap, const struct extent *extent,
                                           uint32_t start, uint32_t end, tag_t before, tag_t behind,
                                           struct neighbours *neighbours)
{
    *neighbours = (struct neighbours){.previous_free = !verify_used_before(extent, start, before),
                                      .next_free = !verify_used_behind(extent, end, behind)};
    return (!neighbours->previous_free ||
            verify_previous_quick(heap, extent, start, before, &neighbours->previous)) &&
           (!neighbours->next_free ||
            verify_next_quick(heap, extent, end, behind, &neighbours->next));
}

/* Looks at the epilogue and the block before it. */
enum misuse_reason verify_last(const struct heap *heap, struct member *last);

/* verify_last, quickly, if it is free. */
static inline bool verify_last_quick(const struct heap *heap, const struct extent *extent,
                                     struct member *last)
{
    uint32_t epilogue = extent_epilogue(extent);
    last->tag = tag_load(heap, epilogue - 4u);
    last->block = block_at(epilogue - last->tag.word);
    last->head = 0;
    return verify_dense(extent, last->block.at) &&
           tag_load(heap, last->block.at).word == last->tag.word &&
           tag_load(heap, epilogue).word == TAG_EPILOGUE;
}

#endif

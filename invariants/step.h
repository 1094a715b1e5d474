/* The parts of check_step (invariants/check.h), each over what the core wrote since the last one.
 * They run in this order, because each relies on what the ones before it have brought up to date:
 * pages, blocks, lists, sums, frames. */
#ifndef KHEAP_INVARIANTS_STEP_H
#define KHEAP_INVARIANTS_STEP_H

#include "invariants/mirror.h"

/* Reads a word of the heap's window as the mirrored tables map it. Returns false if its page is not
 * mapped. */
static inline bool step_read(const struct mirror *mirror, uint32_t at, uint32_t *word)
{
    uint32_t entry = mirror->entries[at >> PAGE_SHIFT];
    const uint32_t *frame = probe_frame(entry_frame(entry));
    if ((entry & ENTRY_PRESENT) == 0 || frame == (const uint32_t *)0)
        return false;
    *word = frame[(at & PAGE_MASK) / 4u];
    return true;
}

/* The granule of the free block on a list whose header lies at `at`; MARKS_NONE if there is none.
 */
static inline uint32_t step_free_block(const struct mirror *mirror, uint32_t at)
{
    uint32_t granule = mirror_granule(mirror, at);
    if (at % 8u != 4u || at < mirror->base || at >= mirror->end ||
        !marks_has(&mirror->starts, granule) || !mirror_listed(&mirror->nodes[granule]))
        return MARKS_NONE;
    return granule;
}

/* Rules P1 to P6: the entries of mirror->pages. Pushes the frames whose use has changed. */
CHECK_RESULT bool step_pages(struct mirror *mirror, const struct scene *scene,
                             struct violation *violation);

/* A table that is new to the mirror. */
CHECK_RESULT bool step_table_taken(struct mirror *mirror, const struct scene *scene, uint32_t slot,
                                   struct violation *violation);

/* Moves the mirror's end to mirror->new_end. Rule P3: nothing is mapped behind it. */
CHECK_RESULT bool step_end(struct mirror *mirror, struct violation *violation);

/* Rules H1 to H4, X3 and O1: the blocks around mirror->granules. Pushes blocks and bins. */
CHECK_RESULT bool step_blocks(struct mirror *mirror, const struct scene *scene,
                              struct violation *violation);

/* A block leaves the mirror; what was beside it on its list is looked at. */
void step_block_leave(struct mirror *mirror, uint32_t granule);

/* Notes that a granule of the extent was written. */
void step_granule(struct mirror *mirror, uint32_t granule);

/* Rules H5 and H6: the places of mirror->blocks, the heads of mirror->bins. */
CHECK_RESULT bool step_lists(struct mirror *mirror, const struct scene *scene,
                             struct violation *violation);

/* Notes that a word of the control block's lists was written. */
void step_list_field(struct mirror *mirror, const struct scene *scene, uint32_t field);

/* Gives the blocks of a bin their order along its list. Returns false unless these are exactly its
 * members. Cost: its members. */
CHECK_RESULT bool step_order(struct mirror *mirror, uint32_t bin);

/* Rules F1 to F5: the bitmap's words in mirror->words, and mirror->frames. */
CHECK_RESULT bool step_frames(struct mirror *mirror, const struct scene *scene,
                              struct violation *violation);

#endif

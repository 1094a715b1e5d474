/* The checkers: each returns true, or false with the first broken rule and its evidence. They never
 * write to the machine, and read it only through the probe (mmu_x86/probe.h).
 *
 * check_all runs them in an order in which each may rely on what the ones before it have found
 * true. */
#ifndef KHEAP_INVARIANTS_CHECK_H
#define KHEAP_INVARIANTS_CHECK_H

#include "invariants/scene.h"
#include "invariants/violation.h"

#define CHECK_RESULT __attribute__((warn_unused_result))

/* For loops over a whole page of words, whose bounds are constants: sanitizers would keep the
 * compiler from vectorising them, and they are most of what a check reads. */
#define CHECK_BULK __attribute__((no_sanitize("address", "undefined")))

/* For a function that is one small loop, in which a check spends its time: by itself it gets along
 * with the i386's six registers, and aligned so it lies on one page of code, which matters in QEMU:
 * a jump to another page is looked up there each time. */
#define CHECK_LOOP __attribute__((noinline, aligned(1024)))

/* Words that a loop looks at at once: where nothing vectorises, the counting would cost as much as
 * the looking. */
#define CHECK_STRIDE 16u

/* The bits that are set in CHECK_STRIDE words. */
CHECK_BULK static inline uint32_t check_any(const uint32_t *words)
{
    uint32_t any = 0;
    for (uint32_t i = 0; i < CHECK_STRIDE; i++)
        any |= words[i];
    return any;
}

/* What the checkers count on their way and hand on. */
struct census {
    uint32_t end; /* HEAP_END */
    uint32_t used_blocks;
    uint32_t used_bytes;
    uint32_t free_blocks;
    uint32_t listed_blocks; /* free blocks that belong on a list: all but the last block */
    uint32_t listed_sum;    /* the sum of their addresses, and their exclusive or: */
    uint32_t
        listed_xor; /* equal, with the count, for the lists exactly if they hold these blocks */
    uint32_t hole_pages;    /* unmapped pages inside the holes of sparse free blocks */
    uint32_t largest_free;  /* the largest free block */
    uint32_t largest_dense; /* the largest free block that is not sparse */
    uint32_t mapped_pages;  /* mapped pages of the window */
};

/* Rules P, F, H, X over everything. Cost: the extent's blocks, the tables present, the frames, the
 * TLB. */
CHECK_RESULT bool check_all(const struct scene *scene, struct census *census,
                            struct violation *violation);

/* The same rules, and O1, over what the core has written since the last look and what depends on
 * it (invariants/mirror.h). Requires a port that keeps a journal (probe_journal_kept), and that the
 * mirror is valid: mirror_take, then check_step_begin after each probe_journal_clear. If the
 * journal could not keep everything, check_all runs instead. Sets mirror->near. Cost: what was
 * written, whatever the heap's size. */
struct mirror;
CHECK_RESULT bool check_step(const struct scene *scene, struct mirror *mirror,
                             struct violation *violation);

/* The journal has been cleared: what is in it from now on has not been looked at. */
void check_step_begin(struct mirror *mirror);

/* A live block, its two neighbours and the control block: rules H1 to H4, H8 and X2, the links of
 * neighbours that are free, and P1 for the pages of the tags. Cost: constant. */
CHECK_RESULT bool check_local(const struct scene *scene, vaddr_t payload,
                              struct violation *violation);

/* The same over the free block that a block of size_bytes, just freed, has become part of. If that
 * block was merged with the one behind it, its start cannot be told from here, and only the control
 * block is looked at. */
CHECK_RESULT bool check_local_freed(const struct scene *scene, vaddr_t payload, uint32_t size_bytes,
                                    struct violation *violation);

/* Rules X1, X2, H8: the control block. Sets census->end. */
CHECK_RESULT bool check_control(const struct scene *scene, struct census *census,
                                struct violation *violation);

/* Rule P6, as it is broken in passing: no frame became free while the TLB led to it. */
CHECK_RESULT bool rule_P6_freed(struct violation *violation);

/* Rule P6: the core has not gone through a translation that the tables had changed. */
CHECK_RESULT bool rule_P6_used(struct violation *violation);

/* Rule P8: no word of the core's was touched while an interrupt handler could have come between. */
CHECK_RESULT bool rule_P8(struct violation *violation);

/* Rule O1: no word of a live payload was loaded or stored as if it were metadata. */
CHECK_RESULT bool rule_O1_words(struct violation *violation);

/* Rules P: directory, tables, TLB. Sets census->mapped_pages and marks the frames found in
 * scene->used. */
CHECK_RESULT bool check_paging(const struct scene *scene, struct census *census,
                               struct violation *violation);

/* Rules H1 to H4: the blocks from prologue to epilogue. Counts the blocks. */
CHECK_RESULT bool check_blocks(const struct scene *scene, struct census *census,
                               struct violation *violation);

/* Rules H5 and H6: the lists. */
CHECK_RESULT bool check_lists(const struct scene *scene, const struct census *census,
                              struct violation *violation);

/* Rules H7, X1, X3: the sums. */
CHECK_RESULT bool check_sums(const struct scene *scene, const struct census *census,
                             struct violation *violation);

/* Rules F: the bitmap, against scene->used as check_paging left it. */
CHECK_RESULT bool check_frames(const struct scene *scene, struct violation *violation);

/* One free block's place on the lists, as seen from the block: rules H5 and H6. */
CHECK_RESULT bool check_links(const struct scene *scene, uint32_t block, uint32_t size_bytes,
                              struct violation *violation);

#endif

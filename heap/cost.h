/* What calls may cost, counted in loads and stores of machine_load, machine_store and, four bytes
 * each, machine_fill and machine_copy. This is what "constant" means in heap/kmalloc.h, in figures
 * that a harness can hold the calls to.
 *
 * C1  a call makes at most cost_bound loads and stores */
#ifndef KHEAP_HEAP_COST_H
#define KHEAP_HEAP_COST_H

#include <stdint.h>

/* A call, whatever the heap's size: finding, verifying, splitting, merging. */
#define COST_CALL 200u

/* Under HEAP_BINS: kfree, while every page of the heap is mapped; and kmalloc, while no free block
 * is sparse, if the heap does not grow. */
#define COST_FREE 70u
#define COST_ALLOC 70u

#define COST_PAGE 4u     /* each page that a request spans: is it mapped? */
#define COST_ENTRY 20u   /* each table entry written: a frame taken or given back */
#define COST_TABLE 2100u /* each table made or given back: zeroed, or found empty */
#define COST_RUN 1030u   /* each run of pages taken back from a table: is it empty now? */
#define COST_STEP 40u    /* each free block passed on a list: under first fit, statistics */
#define COST_LOOK 5u     /* each look of the reclaimer: is this page mapped, is there this table? */

/* Looks of the reclaimer. */
#define COST_LOOKS_SLICE 256u /* of a slice, whatever its pages */
#define COST_LOOKS_PAGE 4u    /* more, for each page that it may give back */
#define COST_LOOKS_BLOCK 8u   /* what it counts for a free block: to believe it, go to the next */
#define COST_LOOKS_GAP                                                                             \
    2304u /* more, if the end moves: the rest of the table that it lies in, all that are not       \
             there, and the next one */

/* The looks that a slice of page_count_max pages has; UINT32_MAX: as many as it takes. */
static inline uint32_t cost_looks(uint32_t page_count_max)
{
    uint32_t page_count_bounded = (UINT32_MAX - COST_LOOKS_SLICE) / COST_LOOKS_PAGE;
    return page_count_max > page_count_bounded
               ? UINT32_MAX
               : COST_LOOKS_SLICE + COST_LOOKS_PAGE * page_count_max;
}

/* What a call has to do with. */
struct cost_terms {
    uint64_t calls;
    uint64_t dense_frees;
    uint64_t dense_allocs;
    uint64_t pages;
    uint64_t entries;
    uint64_t tables;
    uint64_t runs;
    uint64_t list_steps;
    uint64_t looks;
    uint64_t words; /* to be filled or copied */
};

static inline uint64_t cost_bound(const struct cost_terms *terms)
{
    return COST_CALL * terms->calls + COST_FREE * terms->dense_frees +
           COST_ALLOC * terms->dense_allocs + COST_PAGE * terms->pages +
           COST_ENTRY * terms->entries + COST_TABLE * terms->tables + COST_RUN * terms->runs +
           COST_STEP * terms->list_steps + COST_LOOK * terms->looks + terms->words;
}

#endif

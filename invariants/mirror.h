/* The mirror: what the checkers know to be true of heap, page tables and frame bitmap since they
 * looked last, kept in memory of their own. With it and with the journal of what the core wrote
 * since, check_step needs to look only at that and at what depends on it, so its cost does not grow
 * with the heap.
 *
 * A granule is 8 bytes of the heap's window; a header lies in the upper half of one, with the
 * footer of the block before it in the lower half. Blocks are named by that granule's number. */
#ifndef KHEAP_INVARIANTS_MIRROR_H
#define KHEAP_INVARIANTS_MIRROR_H

#include "heap/bins.h"
#include "invariants/check.h"
#include "invariants/marks.h"
#include "invariants/scene.h"

#define MIRROR_BINS (BINS_ROWS * BINS_COLUMNS)
#define MIRROR_GRANULES ((TABLES_AT - (PROBE_SLOT_DEVICE << TABLE_SHIFT)) / 8u)
#define MIRROR_PAGES (1u << (32u - PAGE_SHIFT))
#define MIRROR_WORK_MAX (1u << 17)
#define MIRROR_NEAR_MAX 16u
#define MIRROR_NO_NOTE (~0u)
#define MIRROR_UNLISTED (~0u)

/* A block. */
struct mirror_node {
    uint32_t tag; /* size and flags */
    union {
        uint32_t next; /* of a free block: its next link */
        uint32_t note; /* of a used one: what mirror_note_set left, or MIRROR_NO_NOTE */
    };
    uint32_t prev;  /* of a free block */
    uint32_t order; /* of a block in a bin: grows from the head on; 0: not placed yet;
                       MIRROR_UNLISTED: it is the last block, and on no list */
};

/* A list of numbers that a step still has to look at. */
struct mirror_work {
    uint32_t *items;
    uint32_t count;
};

struct mirror {
    bool valid; /* it mirrors something: mirror_take has been run, and every step since has held */
    uint32_t base;
    uint32_t end;     /* HEAP_END */
    uint32_t new_end; /* the same, as the step that is being made finds it */

    struct marks starts; /* the granules in which a block starts, and the epilogue */
    struct mirror_node *nodes;
    uint64_t *dirty;  /* a bit for each granule: it is in `granules`, still to be looked at */
    uint64_t *listed; /* and: it is in `blocks` */
    uint32_t used_blocks;
    uint32_t used_bytes;
    uint32_t free_blocks;
    uint32_t listed_blocks; /* of these, on a list: all but the last block */
    uint32_t sparse_blocks; /* and sparse */

    uint32_t heads[MIRROR_BINS];   /* bins; first fit: the first is the only one */
    uint32_t columns[BINS_ROWS];   /* the bitmaps of the bins */
    uint32_t members[MIRROR_BINS]; /* listed blocks of each bin's sizes, under first fit as well */
    uint32_t occupied[BINS_ROWS];  /* the bins with members, as bitmaps */

    uint32_t *entries; /* for each page of the address space its table entry, or 0 */
    uint32_t entry_count[TABLE_ENTRIES]; /* entries that are not 0, for each table */
    frame_t tables[TABLE_ENTRIES];       /* the frame of each table, or MIRROR_NO_TABLE */
    uint32_t first_slot;                 /* all tables lie in slots from this one */
    uint32_t end_slot;                   /* to before this one */
    uint32_t mapped_pages;               /* of the heap's window */
    uint32_t device_pages;
    struct marks holes; /* the pages of the extent that are not mapped, counted from its start */
    uint32_t *users; /* for each frame 1 + the page that is mapped to it (a table: its page in the
                        recursive window), or 0 */
    uint32_t frame_count;
    uint32_t *free_words; /* the bitmap of free frames */
    uint32_t free_frames;
    uint32_t managed_frames;
    uint32_t hint;

    const uint32_t *control; /* the control block, for the step that is being made */
    uint32_t journal_seen;
    uint32_t bulk_seen;
    struct mirror_work pages;    /* whose table entry was written */
    struct mirror_work granules; /* with tags that were written */
    struct mirror_work inner;    /* that were written in the middle of a used block */
    struct mirror_work blocks;   /* whose place on a list is to be looked at */
    struct mirror_work bins;     /* whose head is to be looked at */
    bool bin_listed[MIRROR_BINS];
    struct mirror_work words;  /* of the frame bitmap that were written */
    uint64_t *word_listed;     /* a bit for each of them */
    struct mirror_work frames; /* whose use or free bit has changed */
    bool overflow;             /* a work list was full, or no write tells what has changed */

    /* For whoever follows the mirror (fuzz/poison.h), since check_step_begin: */
    bool all_changed;                  /* everything; then the lists say nothing */
    struct mirror_work changed_blocks; /* granules: a block entered, left or was looked at */
    struct mirror_work changed_frames; /* whose user has changed */

    uint32_t near[MIRROR_NEAR_MAX]; /* used blocks beside what was written: their headers */
    uint32_t near_count;
};

#define MIRROR_NO_TABLE ((frame_t){~0u})

/* The bytes of zeroed memory that a mirror needs; what is not touched need not exist. */
uint64_t mirror_size_bytes(void);

/* Makes an empty mirror in `memory`, 8-byte aligned. */
struct mirror *mirror_make(void *memory);

/* Forgets everything. Cost: what was mirrored. */
void mirror_clear(struct mirror *mirror);

/* Mirrors what is there. Requires that check_all has just found it whole. Cost: as check_all. */
void mirror_take(struct mirror *mirror, const struct scene *scene);

static inline uint32_t mirror_granule(const struct mirror *mirror, uint32_t at)
{
    return (at - mirror->base) / 8u;
}

static inline uint32_t mirror_header(const struct mirror *mirror, uint32_t granule)
{
    return mirror->base + 8u * granule + 4u;
}

/* True if every page of the extent is mapped. */
static inline bool mirror_dense(const struct mirror *mirror)
{
    return mirror->mapped_pages == (mirror->end - mirror->base) / PAGE_SIZE;
}

/* Leaves a word with the used block whose payload lies at `payload`; it stays until the block is
 * freed. */
void mirror_note_set(struct mirror *mirror, uint32_t payload, uint32_t note);

/* The note of the block whose header lies at `header`. */
static inline uint32_t mirror_note(const struct mirror *mirror, uint32_t header)
{
    return mirror->nodes[mirror_granule(mirror, header)].note;
}

/* The size of a free block that a request for a block of size_bytes must find (heap/bins.h), 0 if
 * there is none: under bins one in a higher bin, or one of the first BINS_SCAN in its own that is
 * large enough; under first fit any that is large enough; under both the last block. Cost: the
 * bins; under first fit the free blocks. */
uint32_t mirror_must_find(const struct mirror *mirror, const struct scene *scene,
                          uint32_t size_bytes);

/* Counts what is mirrored, as check_all counts what is there: all but the sums that lists are
 * compared by, and the largest blocks. Cost: constant. */
void mirror_census(const struct mirror *mirror, struct census *census);

/* The size of the largest free block, 0 if there is none. Cost: the blocks. */
uint32_t mirror_largest_free(const struct mirror *mirror);

/* Tells that a frame's user beside the heap has changed: the next step looks at it. */
void mirror_frame_changed(struct mirror *mirror, frame_t frame);

/* For the steps: a block enters the mirror, or leaves it. */
void mirror_block_enter(struct mirror *mirror, uint32_t granule, uint32_t tag);
void mirror_block_leave(struct mirror *mirror, uint32_t granule);

/* For the steps: nothing is left to be looked at. */
void mirror_work_clear(struct mirror *mirror);

static inline bool mirror_bit(const uint64_t *bits, uint32_t n)
{
    return (bits[n / 64u] >> n % 64u & 1u) != 0;
}

static inline void mirror_bit_set(uint64_t *bits, uint32_t n)
{
    bits[n / 64u] |= 1ull << n % 64u;
}

/* Returns false if the list is full: what is not on it must not be marked as listed, because
 * nothing would take that mark away again. */
static inline bool mirror_push(struct mirror *mirror, struct mirror_work *work, uint32_t item)
{
    if (work->count == MIRROR_WORK_MAX) {
        mirror->overflow = true;
        return false;
    }
    work->items[work->count++] = item;
    return true;
}

/* Notes a change for whoever follows. */
static inline void mirror_push_change(struct mirror *mirror, struct mirror_work *work,
                                      uint32_t item)
{
    if (mirror->all_changed)
        return;
    mirror->all_changed = work->count == MIRROR_WORK_MAX;
    if (!mirror->all_changed)
        work->items[work->count++] = item;
}

/* Lists a block, a word of the frame bitmap, a bin, once. */
static inline void mirror_push_block(struct mirror *mirror, uint32_t granule)
{
    if (!mirror_bit(mirror->listed, granule) && mirror_push(mirror, &mirror->blocks, granule))
        mirror_bit_set(mirror->listed, granule);
}

static inline void mirror_push_word(struct mirror *mirror, uint32_t word)
{
    if (mirror_bit(mirror->word_listed, word))
        return;
    mirror_bit_set(mirror->word_listed, word);
    mirror_push(mirror, &mirror->words, word);
}

static inline void mirror_push_bin(struct mirror *mirror, uint32_t bin)
{
    if (!mirror->bin_listed[bin] && mirror_push(mirror, &mirror->bins, bin))
        mirror->bin_listed[bin] = true;
}

/* True if the block is free, and on a list. */
static inline bool mirror_listed(const struct mirror_node *node)
{
    return (node->tag & 1u) == 0 && node->order != MIRROR_UNLISTED;
}

/* The granules of the first block and of the epilogue. */
#define MIRROR_FIRST (CONTROL_SIZE / 8u)

static inline uint32_t mirror_last(const struct mirror *mirror)
{
    return mirror_granule(mirror, mirror->end) - 1u;
}

#endif

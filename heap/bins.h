/* Segregated bins: the default policy, constant time.
 *
 * Sizes below 256 have a bin each (multiples of 8, row 0); above, each power of two is a row of 32
 * bins, and from 256 KiB on, of 8 bins, four to a row: there are few blocks of these sizes, and a
 * finer row for each would make the control block a page. Every row has a bitmap of its bins that
 * are not empty, and one more bitmap says which rows are not empty.
 *
 *   HEAP_FREELIST + 0                      row bitmap
 *   HEAP_FREELIST + 4                      BINS_ROWS bin bitmaps
 *   HEAP_FREELIST + 4 + 4 * BINS_ROWS      BINS_ROWS * BINS_COLUMNS heads
 *
 * A request is served by one of the first BINS_SCAN blocks of its own bin, or from the next bin
 * above that is not empty, all of whose blocks fit; if there is neither, by the last block. So a
 * request can miss a block that would fit only if that block is less than 1/32 larger than the
 * request, from 256 KiB on less than 1/8. */
#ifndef KHEAP_HEAP_BINS_H
#define KHEAP_HEAP_BINS_H

#include "heap/block.h"

#define BINS_COLUMNS 32u
#define BINS_ROWS 14u
#define BINS_EXACT_END 256u
#define BINS_STEP_END 512u   /* below, sizes in a bin are one granule from those in the next */
#define BINS_COARSE_LOG2 18u /* the log2 of the size from which a power of two has but 8 bins */
#define BINS_SCAN 4u

#define BINS_ROW_BITMAP HEAP_FREELIST
#define BINS_BITMAPS (BINS_ROW_BITMAP + 4u)
#define BINS_HEADS (BINS_BITMAPS + 4u * BINS_ROWS)
#define BINS_END (BINS_HEADS + 4u * BINS_ROWS * BINS_COLUMNS)

/* The number of the bin for size_bytes: its row and its column. */
static inline uint32_t bins_of(uint32_t size_bytes)
{
    if (size_bytes < BINS_EXACT_END)
        return size_bytes / BLOCK_GRANULE;
    /* Row log2 - 7; the five bits below the highest one are the column, and that one, which stands
     * above them, is taken off again with the rows. */
    uint32_t log2 = 31u ^ (uint32_t)__builtin_clz(size_bytes);
    if (BLOCK_RARE(log2 >= BINS_COARSE_LOG2))
        return (BINS_COARSE_LOG2 - 7u) * BINS_COLUMNS + (log2 - BINS_COARSE_LOG2) * 8u - 8u +
               (size_bytes >> (log2 - 3u));
    return (log2 - 8u) * BINS_COLUMNS + (size_bytes >> (log2 - 5u));
}

/* The field of the control block that holds the head of a bin's list. */
static inline uint32_t bins_head_of(uint32_t bin)
{
    return BINS_HEADS + 4u * bin;
}

static inline uint32_t bins_head(uint32_t size_bytes)
{
    return bins_head_of(bins_of(size_bytes));
}

/* The field with a bin's bit, and that bit. */
static inline uint32_t bins_bitmap_of(uint32_t bin)
{
    return BINS_BITMAPS + 4u * (bin / BINS_COLUMNS);
}

static inline uint32_t bins_bit_of(uint32_t bin)
{
    return 1u << bin % BINS_COLUMNS;
}

/* Puts a free block, whose tags are written, at the head of its bin. */
static inline void bins_insert(const struct heap *heap, block_t block, uint32_t size_bytes)
{
    uint32_t bin = bins_of(size_bytes);
    uint32_t head = heap_load(heap, bins_head_of(bin));
    machine_store(block_next_link(block), head);
    machine_store(block_prev_link(block), 0);
    heap_store(heap, bins_head_of(bin), block.at);
    if (head != 0) {
        machine_store(block_prev_link(block_at(head)), block.at);
        return;
    }
    uint32_t bitmap = heap_load(heap, bins_bitmap_of(bin));
    heap_store(heap, bins_bitmap_of(bin), bitmap | bins_bit_of(bin));
    if (bitmap == 0)
        heap_store(heap, BINS_ROW_BITMAP,
                   heap_load(heap, BINS_ROW_BITMAP) | 1u << bin / BINS_COLUMNS);
}

/* Notes that the list of a bin has become empty. */
static inline void bins_emptied(const struct heap *heap, uint32_t bin)
{
    uint32_t bitmap = heap_load(heap, bins_bitmap_of(bin)) & ~bins_bit_of(bin);
    heap_store(heap, bins_bitmap_of(bin), bitmap);
    if (bitmap == 0)
        heap_store(heap, BINS_ROW_BITMAP,
                   heap_load(heap, BINS_ROW_BITMAP) & ~(1u << bin / BINS_COLUMNS));
}

/* The first bin above `bin` that is not empty, or 0, which no block is small enough for. Requires
 * bin < BINS_ROWS * BINS_COLUMNS. */
static inline uint32_t bins_next(const struct heap *heap, uint32_t bin)
{
    uint32_t row = bin / BINS_COLUMNS;
    uint32_t columns = heap_load(heap, bins_bitmap_of(bin)) & (~1u << bin % BINS_COLUMNS);
    if (columns == 0) {
        uint32_t rows = heap_load(heap, BINS_ROW_BITMAP) & (~1u << row);
        if (rows == 0)
            return 0;
        row = (uint32_t)__builtin_ctz(rows);
        columns = heap_load(heap, BINS_BITMAPS + 4u * row);
    }
    return row * BINS_COLUMNS + (uint32_t)__builtin_ctz(columns);
}

/* The bin to serve a request for size_bytes from whose own is `bin`, and has no block for it: the
 * next one that is not empty, but one with blocks a granule larger comes last, because of these a
 * granule would be lost to all. Returns 0 if there is none. */
static inline uint32_t bins_above(const struct heap *heap, uint32_t size_bytes, uint32_t bin)
{
    uint32_t above = 0;
    if (size_bytes < BINS_STEP_END - BLOCK_GRANULE)
        above = bins_next(heap, bin + 1u);
    return above != 0 ? above : bins_next(heap, bin);
}

#endif

/* Segregated bins: the default policy, constant time.
 *
 * Sizes below 256 have a bin each (multiples of 8, row 0); above, each power of two is a row of 32
 * bins. Every row has a bitmap of its bins that are not empty, and one more bitmap says which rows
 * are not empty.
 *
 *   HEAP_FREELIST + 0                      row bitmap
 *   HEAP_FREELIST + 4                      BINS_ROWS bin bitmaps
 *   HEAP_FREELIST + 4 + 4 * BINS_ROWS      BINS_ROWS * BINS_COLUMNS heads
 *
 * A request is served from a bin all of whose blocks fit, or by one of the first BINS_SCAN blocks
 * of its own bin. So a request can miss a block that would fit only if that block is less than 1/32
 * larger than the request. */
#ifndef KHEAP_HEAP_BINS_H
#define KHEAP_HEAP_BINS_H

#include "heap/freelist.h"

#define BINS_COLUMNS 32u
#define BINS_ROWS 23u
#define BINS_EXACT_END 256u
#define BINS_SCAN 4u

#define BINS_ROW_BITMAP HEAP_FREELIST
#define BINS_BITMAPS (BINS_ROW_BITMAP + 4u)
#define BINS_HEADS (BINS_BITMAPS + 4u * BINS_ROWS)
#define BINS_END (BINS_HEADS + 4u * BINS_ROWS * BINS_COLUMNS)

/* The field of the control block that holds the head of the list for size_bytes. */
uint32_t bins_head(uint32_t size_bytes);

void bins_insert(const struct heap *heap, block_t block, uint32_t size_bytes);
void bins_emptied(const struct heap *heap, uint32_t size_bytes);
enum freelist_answer bins_find(const struct heap *heap, uint32_t size_bytes, block_t *found);

/* The head of the first list that is not empty, at the bin of size_bytes or above (`above`: only
 * above). */
bool bins_first_from(const struct heap *heap, uint32_t size_bytes, bool above, block_t *found);

#endif

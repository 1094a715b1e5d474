#include "heap/bins.h"

#include "heap/verify.h"

_Static_assert(BINS_END <= CONTROL_SIZE, "the control block must hold the bins");
_Static_assert(CONTROL_SIZE % 8u == 0, "the first header must lie 4 above a multiple of 8");

struct bin {
    uint32_t row;
    uint32_t column;
};

static struct bin bin_of(uint32_t size_bytes)
{
    if (size_bytes < BINS_EXACT_END)
        return (struct bin){0, size_bytes / BLOCK_GRANULE};
    uint32_t log2 = 31u - (uint32_t)__builtin_clz(size_bytes);
    return (struct bin){log2 - 7u, (size_bytes >> (log2 - 5u)) % BINS_COLUMNS};
}

static uint32_t bin_head(struct bin bin)
{
    return BINS_HEADS + 4u * (bin.row * BINS_COLUMNS + bin.column);
}

uint32_t bins_head(uint32_t size_bytes)
{
    return bin_head(bin_of(size_bytes));
}

void bins_insert(const struct heap *heap, block_t block, uint32_t size_bytes)
{
    struct bin bin = bin_of(size_bytes);
    uint32_t head = heap_load(heap, bin_head(bin));
    machine_store(block_next_link(block), head);
    machine_store(block_prev_link(block), 0);
    heap_store(heap, bin_head(bin), block.at);
    if (head != 0) {
        machine_store(block_prev_link(block_at(head)), block.at);
        return;
    }
    uint32_t field = BINS_BITMAPS + 4u * bin.row;
    uint32_t bitmap = heap_load(heap, field);
    heap_store(heap, field, bitmap | 1u << bin.column);
    if (bitmap == 0)
        heap_store(heap, BINS_ROW_BITMAP, heap_load(heap, BINS_ROW_BITMAP) | 1u << bin.row);
}

void bins_emptied(const struct heap *heap, uint32_t size_bytes)
{
    struct bin bin = bin_of(size_bytes);
    uint32_t field = BINS_BITMAPS + 4u * bin.row;
    uint32_t bitmap = heap_load(heap, field) & ~(1u << bin.column);
    heap_store(heap, field, bitmap);
    if (bitmap == 0)
        heap_store(heap, BINS_ROW_BITMAP, heap_load(heap, BINS_ROW_BITMAP) & ~(1u << bin.row));
}

/* The bits of `word` from bit `first` on; none if first is 32. */
static uint32_t bits_from(uint32_t word, uint32_t first)
{
    return first < 32u ? word & (~0u << first) : 0;
}

bool bins_first_from(const struct heap *heap, uint32_t size_bytes, bool above, block_t *found)
{
    struct bin bin = bin_of(size_bytes);
    uint32_t columns =
        bits_from(heap_load(heap, BINS_BITMAPS + 4u * bin.row), bin.column + (above ? 1u : 0u));
    if (columns == 0) {
        uint32_t rows = bits_from(heap_load(heap, BINS_ROW_BITMAP), bin.row + 1u);
        if (rows == 0)
            return false;
        bin.row = (uint32_t)__builtin_ctz(rows);
        columns = heap_load(heap, BINS_BITMAPS + 4u * bin.row);
    }
    bin.column = (uint32_t)__builtin_ctz(columns);
    *found = block_at(heap_load(heap, bin_head(bin)));
    return true;
}

enum freelist_answer bins_find(const struct heap *heap, uint32_t size_bytes, block_t *found)
{
    tag_t tag;
    block_t block = block_at(heap_load(heap, bins_head(size_bytes)));
    for (uint32_t i = 0; i < BINS_SCAN && block.at != 0; i++) {
        *found = block;
        if (verify_free(heap, block, &tag) != MISUSE_NONE)
            return FREELIST_DAMAGED;
        if (tag_size(tag) >= size_bytes)
            return FREELIST_FOUND;
        block = block_at(machine_load(block_next_link(block)));
    }
    if (!bins_first_from(heap, size_bytes, true, found))
        return FREELIST_NONE;
    return verify_free(heap, *found, &tag) == MISUSE_NONE ? FREELIST_FOUND : FREELIST_DAMAGED;
}

#include "heap/bins.h"
#include "heap/kmalloc.h"
#include "mmu_x86/paging.h"

_Static_assert(BINS_END <= CONTROL_SIZE, "the control block must hold the bins");
_Static_assert(CONTROL_SIZE % 8u == 0, "the first header must lie 4 above a multiple of 8");
_Static_assert(CONTROL_SIZE + 8u + BLOCK_SIZE_MIN <= PAGE_SIZE, "the first block is in its page");

static bool config_valid(const struct heap_config *config)
{
    return config->start.v % PAGE_SIZE == 0 && config->limit.v % PAGE_SIZE == 0 &&
           config->start.v >= HEAP_WINDOW_START && config->limit.v <= HEAP_WINDOW_END &&
           config->start.v < config->limit.v && config->policy <= HEAP_FIRST_FIT;
}

/* Writes the control block and the one free block behind it into a page that is mapped. */
static void heap_make(const struct heap *heap, const struct heap_config *config)
{
    uint32_t end = config->start.v + PAGE_SIZE;
    machine_fill(heap->at, 0, CONTROL_SIZE);
    heap_store(heap, HEAP_POLICY, config->policy);
    heap_store(heap, HEAP_KEY, config->key);
    heap_store(heap, HEAP_FRAMES, config->frames.v);
    heap_store(heap, HEAP_LIMIT, config->limit.v);
    heap_store(heap, HEAP_END, end);
    heap_store(heap, HEAP_MAPPED_PAGES, 1);
    heap_store(heap, HEAP_PEAK_PAGES, 1);
    heap_store(heap, HEAP_PEAK_END, end);
    tag_store(heap, heap->at.v + CONTROL_SIZE, tag_of(0, TAG_PROLOGUE));
    tag_store(heap, end - 4u, tag_of(0, TAG_EPILOGUE));
    block_t first = block_first(heap);
    heap_store(heap, HEAP_DENSE, granules(end - 4u - first.at));
    block_tag(heap, first, end - 4u - first.at, 0);
    /* Last, so that heap_open does not take a heap that is half made. */
    heap_store(heap, HEAP_MAGIC, HEAP_MAGIC_WORD);
}

static enum heap_result init_locked(struct heap *heap, const struct heap_config *config)
{
    uint32_t entry;
    struct paging_change change;
    if (paging_translate(config->start, &entry))
        return HEAP_BAD_WINDOW;
    if (paging_map_range(config->frames, config->start, 1, &change) != PAGING_OK)
        return HEAP_NO_FRAME;
    *heap = (struct heap){config->start, config->key, config->policy};
    heap_make(heap, config);
    return HEAP_OK;
}

enum heap_result heap_init(struct heap *heap, const struct heap_config *config)
{
    if (!config_valid(config))
        return HEAP_BAD_WINDOW;
    uint32_t interrupts = machine_interrupts_disable();
    enum heap_result result = init_locked(heap, config);
    machine_interrupts_restore(interrupts);
    return result;
}

static bool open_locked(struct heap *heap, vaddr_t at)
{
    uint32_t entry;
    if (at.v % PAGE_SIZE != 0 || !paging_translate(at, &entry) ||
        machine_load(vaddr_add(at, HEAP_MAGIC)) != HEAP_MAGIC_WORD)
        return false;
    *heap = (struct heap){
        .at = at,
        .key = machine_load(vaddr_add(at, HEAP_KEY)),
        .policy = (enum heap_policy)machine_load(vaddr_add(at, HEAP_POLICY)),
    };
    return true;
}

bool heap_open(struct heap *heap, vaddr_t at)
{
    uint32_t interrupts = machine_interrupts_disable();
    bool opened = open_locked(heap, at);
    machine_interrupts_restore(interrupts);
    return opened;
}

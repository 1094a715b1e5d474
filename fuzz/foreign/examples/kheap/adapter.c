/* kheap's own heap, as one foreign allocator among others: seen from outside, by the rules A. */
#include "fuzz/foreign/adapter.h"

#include "heap/bins.h"
#include "heap/kmalloc.h"
#include "heap/misuse.h"
#include "port.h"

/* Any would do. */
#define KEY 0x5EED1234u

static struct heap heap;
static struct boot_state boot;

static void *pointer_of(vaddr_t at)
{
    return at.v != 0 ? (void *)(port.base + at.v) : NULL;
}

static vaddr_t vaddr_of_pointer(const void *at)
{
    return vaddr_of((uint32_t)((uintptr_t)at - port.base));
}

void machine_misuse(const struct misuse *misuse)
{
    adapter_misuse(pointer_of(misuse->at));
}

static bool init(void *start, void *limit)
{
    uint32_t page_count = (uint32_t)(((uintptr_t)limit - (uintptr_t)start) / PAGE_SIZE);
    if (!port_boot((uintptr_t)start, page_count, &boot))
        return false;
    struct heap_config config = {
        .frames = boot.frames_at,
        .start = vaddr_of(PORT_WINDOW_START),
        .limit = vaddr_of(PORT_WINDOW_START + page_count * PAGE_SIZE),
        .key = KEY,
        .policy = HEAP_BINS,
    };
    return heap_init(&heap, &config) == HEAP_OK;
}

static bool is_32_bits(size_t size_bytes)
{
    return size_bytes <= UINT32_MAX;
}

static void *alloc(size_t size_bytes)
{
    port.refused = false;
    return is_32_bits(size_bytes) ? pointer_of(kmalloc(&heap, (uint32_t)size_bytes)) : NULL;
}

/* Of an i386 process's pointers, all 32 bits are the machine's. */
static void release(void *at)
{
    if (is_32_bits((uintptr_t)at - port.base))
        kfree(&heap, vaddr_of_pointer(at));
    else
        adapter_misuse(at);
}

static void *resize(void *at, size_t size_bytes)
{
    port.refused = false;
    return is_32_bits(size_bytes)
               ? pointer_of(krealloc(&heap, vaddr_of_pointer(at), (uint32_t)size_bytes))
               : NULL;
}

static void *aligned(size_t align_bytes, size_t size_bytes)
{
    port.refused = false;
    return is_32_bits(size_bytes)
               ? pointer_of(kmalloc_aligned(&heap, (uint32_t)size_bytes, (uint32_t)align_bytes))
               : NULL;
}

static void *zeroed(size_t count, size_t size_bytes)
{
    port.refused = false;
    return is_32_bits(count) && is_32_bits(size_bytes)
               ? pointer_of(kcalloc(&heap, (uint32_t)count, (uint32_t)size_bytes))
               : NULL;
}

static size_t usable(void *at)
{
    return kmalloc_usable_size(&heap, vaddr_of_pointer(at));
}

static void trim(void)
{
    (void)heap_reclaim(&heap, UINT32_MAX);
}

/* A block of this size, and the one's footer and the other's header beside it. A bin may hide a
 * block that is larger by less than its width (heap/bins.h); and where a frame was refused, a block
 * that needs none may be there (heap/kmalloc.h). */
static size_t needs(size_t align_bytes, size_t size_bytes)
{
    if (port.refused || size_bytes > KMALLOC_SIZE_MAX || align_bytes > KMALLOC_ALIGN_MAX)
        return SIZE_MAX;
    uint32_t size = block_size_for((uint32_t)size_bytes);
    if (align_bytes > BLOCK_GRANULE)
        size += (uint32_t)align_bytes + BLOCK_GRANULE;
    return size + size / (size < 1u << BINS_COARSE_LOG2 ? 32u : 8u) + BLOCK_GRANULE + 8u;
}

/* Not declared: same_again, as where frames are short a block with holes may be chosen, and
 * refused; steps_max, as mapping pages takes as many steps as there are pages. */
const struct adapter adapter = {
    .name = "core",
    .memory = ADAPTER_MAP,
    .init = init,
    .alloc = alloc,
    .release = release,
    .resize = resize,
    .aligned = aligned,
    .zeroed = zeroed,
    .usable = usable,
    .trim = trim,
    .align_bytes = BLOCK_GRANULE,
    .align_min = 1,
    .align_max = KMALLOC_ALIGN_MAX,
    .needs = needs,
    .front_bytes = CONTROL_SIZE,
    .end_bytes = PAGE_SIZE, /* that a window may have beyond its last whole page */
    .empty_as_fresh = true,
    .resize_in_place = true,
    .misuse_detected = true,
};

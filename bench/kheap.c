#include "bench/kheap.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "heap/kmalloc.h"
#include "heap/misuse.h"
#include "mmu_x86/board.h"

/* Any would do. */
#define KHEAP_KEY 0x5EED1234u

uintptr_t bench_tables_shift;
static struct heap heap;
static struct boot_state boot;
static struct peer_pages counted;

/* The size_bytes bytes at `at`, which nothing else may use; zeros. */
static bool map_at(uintptr_t at, size_t size_bytes)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
    void *place = mmap((void *)at, size_bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    return place == (void *)at;
}

/* The tables lie where the recursive window has them, or elsewhere in a 32-bit process. */
static uint32_t *map_tables(void)
{
    if (sizeof(void *) == 8)
        return map_at(TABLES_AT, TABLE_SPAN) ? (uint32_t *)(uintptr_t)TABLES_AT : NULL;
    void *place = bench_window(TABLE_SPAN);
    bench_tables_shift = (uintptr_t)place - TABLES_AT;
    return place;
}

/* The end of the heap's memory: window_bytes or, in a 32-bit process, as much as is there. */
static uint32_t map_window(size_t window_bytes)
{
    uint32_t end = HEAP_WINDOW_START;
    uint64_t wanted = (uint64_t)HEAP_WINDOW_START + window_bytes;
    while (end < wanted && end < HEAP_WINDOW_END && map_at(end, TABLE_SPAN)) {
        bench_window_mapped((void *)(uintptr_t)end, TABLE_SPAN);
        end += TABLE_SPAN;
    }
    return end;
}

bool kheap_init(size_t window_bytes, enum heap_policy policy)
{
    uint32_t *tables = map_tables();
    uint32_t limit = map_window(window_bytes);
    uint32_t page_count = (limit - HEAP_WINDOW_START) / PAGE_SIZE;
    board_describe(page_count + page_count / TABLE_ENTRIES + 2u, &boot);
    if (tables == NULL || limit == HEAP_WINDOW_START ||
        !map_at(boot.frames_at.v, boot.frames_size_bytes))
        return false;
    board_tables(&boot, tables + RECURSIVE_SLOT * TABLE_ENTRIES,
                 tables + PROBE_SLOT_KERNEL * TABLE_ENTRIES);
    if (frames_init(boot.frames_at, boot.frames_size_bytes, &boot.map) != FRAMES_OK)
        return false;
    struct heap_config config = {
        .frames = boot.frames_at,
        .start = vaddr_of(HEAP_WINDOW_START),
        .limit = vaddr_of(limit),
        .key = KHEAP_KEY,
        .policy = policy,
    };
    return heap_init(&heap, &config) == HEAP_OK;
}

static vaddr_t vaddr_of_pointer(void *at)
{
    return vaddr_of((uint32_t)(uintptr_t)at);
}

static void *pointer_of(vaddr_t at)
{
    return (void *)(uintptr_t)at.v;
}

void *kheap_alloc(size_t size_bytes)
{
    return pointer_of(kmalloc(&heap, (uint32_t)size_bytes));
}

void kheap_release(void *at)
{
    kfree(&heap, vaddr_of_pointer(at));
}

void *kheap_resize(void *at, size_t size_bytes)
{
    return pointer_of(krealloc(&heap, vaddr_of_pointer(at), (uint32_t)size_bytes));
}

/* Pages are unmapped by heap_reclaim alone, so what was mapped follows from what is held. Tables
 * are the frames taken that hold no page. */
void kheap_pages(struct peer_pages *pages)
{
    uint32_t mapped = heap_load(&heap, HEAP_MAPPED_PAGES);
    uint32_t managed = *(uint32_t *)pointer_of(vaddr_add(boot.frames_at, FRAMES_MANAGED));
    counted.held = mapped;
    counted.tables = managed - frames_free(boot.frames_at) - mapped;
    counted.mapped = mapped + counted.unmapped;
    *pages = counted;
}

uint32_t kheap_reclaim(uint32_t page_count_max)
{
    uint64_t before = heap_load(&heap, HEAP_MAPPED_PAGES);
    uint32_t count = heap_reclaim(&heap, page_count_max);
    counted.unmapped += before - heap_load(&heap, HEAP_MAPPED_PAGES);
    return count;
}

bool kheap_reclaim_pending(void)
{
    return heap_reclaim_pending(&heap);
}

void machine_misuse(const struct misuse *misuse)
{
    (void)fprintf(stderr, "%s: %s reports at %08x: %s\n", peer.name, misuse_call_text(misuse->call),
                  misuse->at.v, misuse_reason_text(misuse->reason));
    exit(1);
}

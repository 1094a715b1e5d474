#include "fuzz/foreign/test_heap.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/foreign/host_foreign.h"

#define ALIGN 16u
#define BLOCKS_MAX 1000u
#define REGIONS_MAX 32u
#define STEPS_MAX 50u

/* As the sealed variables of an allocator: brought back before each init. */
#define STATE __attribute__((section("adapter_bss")))

const bool host_catches = true;

enum test_mistake test_mistake;

struct block {
    uintptr_t at;
    uintptr_t size_bytes; /* rounded up */
    uintptr_t asked_bytes;
};

static STATE struct block blocks[BLOCKS_MAX]; /* by their addresses */
static STATE uint32_t block_count;
static STATE struct block regions[REGIONS_MAX]; /* the same */
static STATE uint32_t region_count;
static STATE uint32_t init_count;
static STATE uintptr_t kept; /* not yet freed */
static STATE bool misused;

static enum adapter_memory kind;
static uint8_t own[1u << 16];
static uint8_t nothing; /* where blocks without bytes are */

/* Of fuzz/foreign/steps.c: called by code that is compiled to be counted. */
void adapter_step(void);

static void loop(void)
{
    for (volatile uint32_t forever = 1; forever != 0;)
        if (test_mistake == LOOPS_COUNTED || test_mistake == SICK_LOOPS)
            adapter_step();
}

static void poke(uintptr_t at)
{
    *(volatile uint8_t *)at ^= 0x20u;
}

static void poke_lowest(void)
{
    if (block_count != 0)
        poke(blocks[0].at);
}

static void region_add(uintptr_t start, uintptr_t end)
{
    uint32_t i = region_count++;
    if (region_count > REGIONS_MAX)
        abort();
    for (; i > 0 && regions[i - 1u].at > start; i--)
        regions[i] = regions[i - 1u];
    regions[i] = (struct block){.at = start, .size_bytes = end - start};
}

static bool init(void *start, void *limit)
{
    uintptr_t from = (uintptr_t)start;
    if (block_count != 0 || ++init_count != 1u)
        abort(); /* its variables were not brought back */
    if (test_mistake == INIT_REPORTS)
        adapter_misuse(NULL);
    if (kind == ADAPTER_POOL)
        region_add(from, (uintptr_t)limit);
    if (kind == ADAPTER_SBRK)
        region_add(from, from);
    if (kind == ADAPTER_OWN) {
        region_add((uintptr_t)own, (uintptr_t)(own + sizeof(own)));
        adapter_arena(own, own + sizeof(own));
    }
    return true;
}

static uint32_t index_of(uintptr_t at)
{
    uint32_t i = 0;
    while (i < block_count && blocks[i].at != at)
        i++;
    return i;
}

static void block_add(uintptr_t at, uintptr_t size_bytes, uintptr_t asked_bytes)
{
    uint32_t i = block_count++;
    if (block_count > BLOCKS_MAX)
        abort();
    for (; i > 0 && blocks[i - 1u].at > at; i--)
        blocks[i] = blocks[i - 1u];
    blocks[i] = (struct block){at, size_bytes, asked_bytes};
}

static void block_remove(uint32_t i)
{
    block_count--;
    for (; i < block_count; i++)
        blocks[i] = blocks[i + 1u];
}

static uintptr_t round_up(uintptr_t n, uintptr_t align)
{
    return (n + align - 1u) & ~(align - 1u);
}

/* The lowest gap. 0: none. */
static uintptr_t gap_find(uintptr_t size_bytes, uintptr_t align)
{
    for (uint32_t r = 0; r < region_count; r++) {
        uintptr_t end = regions[r].at + regions[r].size_bytes;
        uintptr_t from = round_up(regions[r].at, align);
        for (uint32_t i = 0; i < block_count; i++) {
            if (blocks[i].at < regions[r].at || blocks[i].at >= end)
                continue;
            if (blocks[i].at >= from && blocks[i].at - from >= size_bytes)
                break;
            from = round_up(blocks[i].at + blocks[i].size_bytes, align);
        }
        if (end >= from && end - from >= size_bytes)
            return from;
    }
    return 0;
}

/* Moves the break by what is missing behind the last block. */
static void more_break(uintptr_t size_bytes)
{
    uintptr_t end = regions[0].at + regions[0].size_bytes;
    uintptr_t from = regions[0].at;
    if (block_count != 0)
        from = blocks[block_count - 1u].at + blocks[block_count - 1u].size_bytes;
    uintptr_t more = size_bytes - (end - from);
    if (adapter_sbrk((intptr_t)more) != (void *)UINTPTR_MAX)
        regions[0].size_bytes += more;
}

static void more(uintptr_t size_bytes)
{
    if (kind == ADAPTER_SBRK)
        more_break(size_bytes);
    uintptr_t page_count = (size_bytes + 4095u) / 4096u;
    uintptr_t at = kind == ADAPTER_PAGES && region_count < REGIONS_MAX
                       ? (uintptr_t)adapter_pages_take(page_count)
                       : 0;
    if (at != 0)
        region_add(at, at + 4096u * page_count);
}

static void *allocate(uintptr_t size_bytes, uintptr_t align)
{
    uintptr_t size = round_up(size_bytes, 8);
    adapter_step();
    if (size_bytes == 0)
        return &nothing;
    if (size_bytes > (uintptr_t)PTRDIFF_MAX / 2u)
        return NULL;
    uintptr_t at = gap_find(size, align);
    if (at == 0) {
        more(size + align - 1u);
        at = gap_find(size, align);
    }
    if (at == 0)
        return NULL;
    block_add(at, size, size_bytes);
    return (void *)at;
}

/* Where a wrong block is said to be. */
static void *misplaced(void *at)
{
    uintptr_t end = regions[0].at + regions[0].size_bytes;
    uint32_t i = index_of((uintptr_t)at);
    if (i == block_count || block_count < 3u)
        return at;
    struct block block = blocks[i];
    switch (test_mistake) {
    case BLOCK_BEYOND:
        return (void *)((end - block.asked_bytes + ALIGN) & ~(uintptr_t)(ALIGN - 1u));
    case BLOCK_BEFORE: return (void *)(regions[0].at - ALIGN);
    case BLOCK_WILD: return (void *)(uintptr_t)ALIGN;
    case BLOCK_TWICE: return (void *)blocks[0].at;
    case BLOCK_OVERLAPS: return (void *)(blocks[0].at + blocks[0].size_bytes - ALIGN);
    default: return at;
    }
}

static void alloc_mistake(bool refused)
{
    uintptr_t end = regions[0].at + regions[0].size_bytes;
    if (test_mistake == REFUSAL_WRITES && refused)
        poke_lowest();
    if (block_count < 3u)
        return;
    switch (test_mistake) {
    case WRITES_BLOCK: poke_lowest(); break;
    case WRITES_BELOW:
        poke(blocks[block_count - 2u].at + blocks[block_count - 2u].asked_bytes - 4u);
        break;
    case WRITES_BEHIND: poke(end); break;
    case WRITES_FAR: poke(round_up(end, 4096)); break;
    case WRITES_BEFORE: poke(regions[0].at - 1u); break;
    case ABORTS: abort();
    case LOOPS_COUNTED:
    case LOOPS: loop(); break;
    case PANICS: adapter_panic("the test's allocator gives up, at");
    case ALLOC_REPORTS: adapter_misuse(NULL); break;
    case HOOK_UNFIT: (void)adapter_map((void *)regions[0].at, 1); break;
    case SLOW:
        for (uint32_t i = 0; i < STEPS_MAX; i++)
            adapter_step();
        break;
    default: break;
    }
}

static void *alloc(size_t size_bytes)
{
    bool refuses = test_mistake == REFUSES && block_count == 2u;
    uintptr_t align = test_mistake == ALIGNED_LESS ? ALIGN / 2u : ALIGN;
    void *at = refuses ? NULL : allocate(size_bytes, align);
    alloc_mistake(at == NULL);
    return misplaced(at);
}

static void misuse(void *at)
{
    misused = true;
    switch (test_mistake) {
    case MISUSE_UNSEEN: return;
    case MISUSE_TWICE: adapter_misuse(at); break;
    case MISUSE_WRITES: poke_lowest(); break;
    case MISUSE_PANICS: adapter_panic("a misuse, at");
    default: break;
    }
    adapter_misuse(at);
}

static void release(void *at)
{
    adapter_step();
    if (at == &nothing)
        return;
    uint32_t i = index_of((uintptr_t)at);
    if (i == block_count || kept == (uintptr_t)at) {
        misuse(at);
        return;
    }
    if (test_mistake == LAST_REPORTS && block_count == 1u)
        adapter_misuse(at);
    if (test_mistake == LEAKS)
        return;
    if (test_mistake == KEEPS_LAST) {
        uintptr_t now = kept;
        kept = (uintptr_t)at;
        i = now != 0 ? index_of(now) : block_count;
    }
    if (i < block_count)
        block_remove(i);
}

/* Its end, as far as the block can grow. */
static bool grow_block(uint32_t i, uintptr_t size_bytes)
{
    struct block old = blocks[i];
    block_remove(i);
    uintptr_t to = UINTPTR_MAX;
    for (uint32_t r = 0; r < region_count; r++)
        if (old.at >= regions[r].at && old.at < regions[r].at + regions[r].size_bytes)
            to = regions[r].at + regions[r].size_bytes;
    if (i < block_count && blocks[i].at < to)
        to = blocks[i].at;
    bool fits = size_bytes <= to - old.at && round_up(size_bytes, 8) <= to - old.at;
    block_add(old.at, fits ? round_up(size_bytes, 8) : old.size_bytes,
              fits ? size_bytes : old.asked_bytes);
    return fits;
}

static void *resize(void *at, size_t size_bytes)
{
    if (at == &nothing)
        return allocate(size_bytes, ALIGN);
    uint32_t i = index_of((uintptr_t)at);
    uintptr_t old = blocks[i].asked_bytes;
    if ((test_mistake == RESIZE_SHRINK && size_bytes < old) ||
        (test_mistake == RESIZE_SAME && size_bytes == old))
        return NULL;
    if (grow_block(i, size_bytes))
        return at;
    uint8_t *moved = allocate(size_bytes, ALIGN);
    if (moved == NULL && test_mistake == RESIZE_WRITES)
        poke((uintptr_t)at);
    if (moved == NULL)
        return NULL;
    memcpy(moved, at, old - (test_mistake == RESIZE_LOSES));
    block_remove(index_of((uintptr_t)at));
    return moved;
}

static void *aligned(size_t align_bytes, size_t size_bytes)
{
    void *at = allocate(size_bytes, align_bytes > ALIGN ? align_bytes : ALIGN);
    uint32_t i = index_of((uintptr_t)at);
    if (test_mistake != ALIGNED_AS_ANY || i == block_count || block_count < 3u)
        return at;
    block_remove(i);
    return allocate(size_bytes, ALIGN);
}

static void *zeroed(size_t count, size_t size_bytes)
{
    size_t product = 0;
    bool wraps = __builtin_mul_overflow(count, size_bytes, &product);
    if (wraps && test_mistake != ZEROED_WRAPS)
        return NULL;
    void *at = allocate(product, ALIGN);
    if (at != NULL && product != 0)
        memset(at, 0, product - (test_mistake == ZEROED_DIRTY));
    return at;
}

static size_t usable(void *at)
{
    uint32_t i = index_of((uintptr_t)at);
    if (test_mistake == BLOCK_WILD && i == block_count)
        abort();
    if (i == block_count)
        return ALIGN; /* of a misplaced block */
    return test_mistake == USABLE_LESS ? blocks[i].asked_bytes - 1u : blocks[i].size_bytes;
}

static bool grow(void *start, void *limit, void *new_limit)
{
    (void)start;
    regions[0].size_bytes += (uintptr_t)new_limit - (uintptr_t)limit;
    return true;
}

static bool shrink(void *start, void *limit, void *new_limit)
{
    (void)start;
    bool live = false;
    for (uint32_t i = 0; i < block_count; i++)
        live = live || (blocks[i].at < (uintptr_t)limit &&
                        blocks[i].at + blocks[i].size_bytes > (uintptr_t)new_limit);
    if (live && test_mistake != SHRINKS_LIVE)
        return false;
    regions[0].size_bytes -= (uintptr_t)limit - (uintptr_t)new_limit;
    return true;
}

static bool append(void *start, void *limit)
{
    if (region_count == REGIONS_MAX)
        return false;
    region_add((uintptr_t)start, (uintptr_t)limit);
    return true;
}

static void trim_break(void)
{
    uintptr_t end = regions[0].at;
    if (block_count != 0 && test_mistake != TRIMS_LIVE)
        end = blocks[block_count - 1u].at + blocks[block_count - 1u].size_bytes;
    uintptr_t less = regions[0].at + regions[0].size_bytes - end;
    if (adapter_sbrk(-(intptr_t)less) != (void *)UINTPTR_MAX)
        regions[0].size_bytes -= less;
}

static void trim_pages(void)
{
    for (uint32_t r = region_count; r > 0; r--) {
        struct block region = regions[r - 1u];
        bool live = false;
        for (uint32_t i = 0; i < block_count; i++)
            live =
                live || (blocks[i].at >= region.at && blocks[i].at < region.at + region.size_bytes);
        if (live && test_mistake != TRIMS_LIVE)
            continue;
        adapter_pages_give((void *)region.at, region.size_bytes / 4096u);
        region_count--;
        for (uint32_t k = r - 1u; k < region_count; k++)
            regions[k] = regions[k + 1u];
    }
}

static void trim(void)
{
    if (kind == ADAPTER_SBRK)
        trim_break();
    if (kind == ADAPTER_PAGES)
        trim_pages();
}

static bool validate(void)
{
    bool due = block_count == 3u;
    for (uint32_t i = 1; i < block_count; i++)
        if (blocks[i].at < blocks[i - 1u].at + blocks[i - 1u].size_bytes)
            return false;
    if (test_mistake == SICK_FAULTS && due)
        abort();
    if (test_mistake == SICK_LOOPS && due)
        loop();
    if (test_mistake == MISUSE_SICK && misused)
        adapter_panic("found after a misuse, at");
    return test_mistake != SICK || !due;
}

static size_t needs(size_t align_bytes, size_t size_bytes)
{
    return round_up(size_bytes, 8) + (align_bytes > ALIGN ? align_bytes : ALIGN) - 1u;
}

struct adapter test_heap_declares(enum adapter_memory memory)
{
    bool pool = memory == ADAPTER_POOL;
    kind = memory;
    return (struct adapter){
        .name = "test",
        .memory = memory,
        .init = init,
        .alloc = alloc,
        .release = release,
        .resize = resize,
        .aligned = aligned,
        .zeroed = zeroed,
        .usable = usable,
        .grow = pool ? grow : NULL,
        .shrink = pool ? shrink : NULL,
        .append = pool ? append : NULL,
        .trim = trim,
        .validate = validate,
        .start_align = 1,
        .align_bytes = ALIGN,
        /* Runs of pages that touch are two to it. */
        .needs = memory != ADAPTER_PAGES ? needs : NULL,
        .empty_as_fresh = memory != ADAPTER_PAGES,
        .same_again = true,
        .resize_in_place = true,
        .misuse_detected = true,
        .steps_max = STEPS_MAX,
    };
}

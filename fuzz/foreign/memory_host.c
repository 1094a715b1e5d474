/* Windows in a host process: reserved addresses, of which mprotect opens pages. */
#include "fuzz/foreign/memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* In a 64-bit process windows lie at this address with the kernel's as its low half: free under
 * every sanitizer. */
#define MEMORY_HIGH 0x2000u
#define MEMORY_END 0xFFC00000u

#define PAGES_MAX ((MEMORY_END - MEMORY_START) / MEMORY_PAGE)

static struct memory memory;

/* A bit for each page that is accessible. */
static uint8_t open_pages[PAGES_MAX / 8u];
static uintptr_t open_from; /* all open pages lie in [open_from, open_to) */
static uintptr_t open_to;

/* One page less at both ends is accessible. Returns 0, or where the reservation ends. */
static uintptr_t reserve(uintptr_t start, uintptr_t size_bytes)
{
    void *place = mmap((void *)start, (size_t)size_bytes, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (place == (void *)start)
        return start + size_bytes;
    if (place != MAP_FAILED)
        (void)munmap(place, (size_t)size_bytes);
    return 0;
}

/* A 32-bit process has its own libraries and stack up there, too: as much as goes. */
static uintptr_t reserve_some(uintptr_t start)
{
    for (uintptr_t size = MEMORY_END - MEMORY_START; size >= 0x100000u; size -= 0x400000u) {
        uintptr_t end = reserve(start - MEMORY_PAGE, size + MEMORY_PAGE);
        if (end != 0)
            return end;
    }
    return 0;
}

const struct memory *memory_open(void)
{
    uintptr_t high = sizeof(void *) == 4 ? 0 : (uintptr_t)((uint64_t)MEMORY_HIGH << 32);
    if (memory.end != 0)
        return &memory;
    uintptr_t end = reserve_some(high + MEMORY_START);
    if (end == 0) {
        perror("kheap: no addresses for the allocator's window");
        return NULL;
    }
    memory = (struct memory){high + MEMORY_START, end - MEMORY_PAGE};
    open_from = open_to = memory.start;
    return &memory;
}

static bool is_open(uintptr_t page)
{
    uintptr_t n = (page - memory.start) / MEMORY_PAGE;
    return (open_pages[n / 8u] >> n % 8u & 1u) != 0;
}

static void set_open(uintptr_t from, uintptr_t to, bool open)
{
    for (uintptr_t page = from; page < to; page += MEMORY_PAGE) {
        uintptr_t n = (page - memory.start) / MEMORY_PAGE;
        uint8_t bit = (uint8_t)(1u << n % 8u);
        open_pages[n / 8u] = (uint8_t)(open ? open_pages[n / 8u] | bit : open_pages[n / 8u] & ~bit);
    }
}

/* Changes the pages of a range that are not yet as wanted, as few calls as runs. */
static bool protect(uintptr_t from, uintptr_t to, bool open)
{
    for (uintptr_t page = from; page < to; page += MEMORY_PAGE) {
        if (is_open(page) == open)
            continue;
        uintptr_t end = page + MEMORY_PAGE;
        while (end < to && is_open(end) != open)
            end += MEMORY_PAGE;
        if (mprotect((void *)page, end - page, open ? PROT_READ | PROT_WRITE : PROT_NONE) != 0)
            return false;
        set_open(page, end, open);
        page = end - MEMORY_PAGE;
    }
    return true;
}

bool memory_allow(uintptr_t from, uintptr_t to)
{
    if (from < open_from)
        open_from = from;
    if (to > open_to)
        open_to = to;
    return protect(from, to, true);
}

void memory_forbid(uintptr_t from, uintptr_t to)
{
    if (!protect(from, to, false))
        perror("kheap: pages cannot be protected again");
}

bool memory_only(uintptr_t from, uintptr_t to)
{
    if (open_from < from)
        memory_forbid(open_from, from < open_to ? from : open_to);
    if (to < open_to)
        memory_forbid(to > open_from ? to : open_from, open_to);
    open_from = from;
    open_to = to;
    return protect(from, to, true);
}

void memory_zero(uintptr_t from, uintptr_t to)
{
    if (madvise((void *)from, to - from, MADV_DONTNEED) != 0)
        memset((void *)from, 0, to - from);
}

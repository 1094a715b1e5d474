#include "boot/memory.h"

#include "mmu_x86/i386.h"

#define DIRECT_FRAMES (DIRECT_SLOTS * TABLE_ENTRIES)

struct memory memory;

extern const uint8_t image_start[], image_end[];

static uint32_t range_end(const struct frame_range *range)
{
    return range->first.n + range->count;
}

static bool range_add(struct frame_range *ranges, uint32_t *count, uint32_t first, uint32_t end)
{
    if (first >= end)
        return true;
    if (*count == PROBE_RANGES_MAX)
        return false;
    ranges[(*count)++] = (struct frame_range){{first}, end - first};
    return true;
}

/* Frames that the bytes [start, end) touch: outward for what is taken, inward for what is free.
 * Clipped to the direct map. */
static uint32_t frame_down(uint64_t byte)
{
    uint64_t frame = byte >> PAGE_SHIFT;
    return frame < DIRECT_FRAMES ? (uint32_t)frame : DIRECT_FRAMES;
}

static uint32_t frame_up(uint64_t byte)
{
    return frame_down(byte + PAGE_MASK);
}

static bool reserve(uint64_t start, uint64_t end)
{
    return range_add(memory.reserved, &memory.reserved_count, frame_down(start), frame_up(end));
}

/* A map may name more than the address space holds: ends are clipped before they can wrap. */
static uint64_t entry_end(const struct multiboot_map_entry *entry)
{
    return entry->length > ~0ull - PAGE_SIZE - entry->first ? ~0ull - PAGE_SIZE
                                                            : entry->first + entry->length;
}

static bool map_read(const struct multiboot_info *info)
{
    uint32_t at = info->map_at;
    uint32_t end = info->map_at + info->map_size_bytes;
    while (at < end) {
        const struct multiboot_map_entry *entry = memory_direct(at);
        uint64_t stop = entry_end(entry);
        bool fits = entry->kind == MULTIBOOT_MAP_AVAILABLE
                        ? range_add(memory.usable, &memory.usable_count, frame_up(entry->first),
                                    frame_down(stop))
                        : reserve(entry->first, stop);
        if (!fits)
            return false;
        at += entry->size_bytes + (uint32_t)sizeof entry->size_bytes;
    }
    return true;
}

/* Sorts the usable ranges (there are few) and takes out what they have in common. */
static void usable_normalise(void)
{
    struct frame_range *ranges = memory.usable;
    for (uint32_t i = 1; i < memory.usable_count; i++) {
        struct frame_range range = ranges[i];
        uint32_t j = i;
        for (; j > 0 && ranges[j - 1].first.n > range.first.n; j--)
            ranges[j] = ranges[j - 1];
        ranges[j] = range;
    }
    uint32_t kept = 0;
    uint32_t reached = 0;
    for (uint32_t i = 0; i < memory.usable_count; i++) {
        uint32_t end = range_end(&ranges[i]);
        uint32_t first = ranges[i].first.n < reached ? reached : ranges[i].first.n;
        if (first < end) {
            ranges[kept++] = (struct frame_range){{first}, end - first};
            reached = end;
        }
    }
    memory.usable_count = kept;
}

/* A span that grows to hold all that it is shown. What lies in low memory is reserved anyway and
 * would only stretch it. */
struct span {
    uint32_t start;
    uint32_t end;
};

static void span_add(struct span *span, uint32_t start, uint32_t end)
{
    if (start < LOW_FRAMES * PAGE_SIZE || start >= end)
        return;
    span->start = start < span->start ? start : span->start;
    span->end = end > span->end ? end : span->end;
}

static void span_add_text(struct span *span, uint32_t at)
{
    uint32_t end = at;
    for (const char *text = memory_direct(at); *text != '\0'; text++)
        end++;
    span_add(span, at, end + 1u);
}

/* Loaders put modules and their information side by side, and there may be thousands of modules:
 * all of it is one range. */
static struct span loader_span(const struct multiboot_info *info)
{
    struct span span = {~0u, 0};
    uint32_t info_at = (uint32_t)(uintptr_t)info - DIRECT_AT;
    span_add(&span, info_at, info_at + (uint32_t)sizeof *info);
    if ((info->flags & MULTIBOOT_HAS_MAP) != 0)
        span_add(&span, info->map_at, info->map_at + info->map_size_bytes);
    if ((info->flags & MULTIBOOT_HAS_COMMAND_LINE) != 0)
        span_add_text(&span, info->command_line_at);
    if ((info->flags & MULTIBOOT_HAS_MODULES) == 0)
        return span;
    const struct multiboot_module *modules = memory_direct(info->modules_at);
    span_add(&span, info->modules_at,
             info->modules_at + info->module_count * (uint32_t)sizeof *modules);
    for (uint32_t i = 0; i < info->module_count; i++) {
        span_add(&span, modules[i].start, modules[i].end);
        if (modules[i].command_line_at != 0)
            span_add_text(&span, modules[i].command_line_at);
    }
    return span;
}

const char *memory_describe(const struct multiboot_info *info)
{
    memory = (struct memory){0};
    if ((info->flags & MULTIBOOT_HAS_MAP) != 0) {
        if (!map_read(info))
            return "the loader's memory map has too many ranges";
    } else if ((info->flags & MULTIBOOT_HAS_MEMORY) != 0) {
        uint32_t upper = frame_down((uint64_t)info->memory_upper_kib * 1024u);
        (void)range_add(memory.usable, &memory.usable_count, LOW_FRAMES, LOW_FRAMES + upper);
    } else {
        return "the loader says nothing about memory";
    }
    usable_normalise();

    struct span span = loader_span(info);
    uint32_t image = (uint32_t)(uintptr_t)image_start - KERNEL_AT;
    uint32_t stop = (uint32_t)(uintptr_t)image_end - KERNEL_AT + STACK_SIZE + FAULT_STACK_SIZE;
    if (!reserve(0, LOW_FRAMES * PAGE_SIZE) || !reserve(image, stop) ||
        !reserve(span.start, span.end) || memory.reserved_count == PROBE_RANGES_MAX)
        return "the loader's memory map has too many ranges";
    return NULL;
}

/* If `frame` is reserved, *next is where the longest range that holds it ends. Otherwise *next is
 * where the next reserved range starts, or the end of memory. */
static bool is_reserved(uint32_t frame, uint32_t *next)
{
    uint32_t start = FRAME_COUNT_MAX;
    uint32_t end = 0;
    for (uint32_t i = 0; i < memory.reserved_count; i++) {
        const struct frame_range *range = &memory.reserved[i];
        if (range->first.n > frame)
            start = range->first.n < start ? range->first.n : start;
        else if (range_end(range) > frame)
            end = range_end(range) > end ? range_end(range) : end;
    }
    *next = end != 0 ? end : start;
    return end != 0;
}

uint32_t memory_cut(uint32_t first, uint32_t end, uint32_t wanted, uint32_t *found)
{
    uint32_t at = first;
    *found = 0;
    while (at < end && *found < wanted) {
        uint32_t next;
        bool taken = is_reserved(at, &next);
        uint32_t run = (next < end ? next : end) - at;
        if (!taken) {
            run = run < wanted - *found ? run : wanted - *found;
            *found += run;
        }
        at += run;
    }
    return at;
}

uint32_t memory_frame_count(void)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < memory.usable_count; i++) {
        uint32_t found;
        const struct frame_range *range = &memory.usable[i];
        (void)memory_cut(range->first.n, range_end(range), FRAME_COUNT_MAX, &found);
        count += found;
    }
    return count;
}

static struct frame_range longest_run(void)
{
    struct frame_range longest = {{0}, 0};
    for (uint32_t i = 0; i < memory.usable_count; i++) {
        uint32_t end = range_end(&memory.usable[i]);
        for (uint32_t at = memory.usable[i].first.n; at < end;) {
            uint32_t next;
            bool taken = is_reserved(at, &next);
            next = next < end ? next : end;
            if (!taken && next - at > longest.count)
                longest = (struct frame_range){{at}, next - at};
            at = next;
        }
    }
    return longest;
}

void *memory_carve(uint64_t size_bytes, uint64_t *longest_bytes)
{
    struct frame_range run = longest_run();
    *longest_bytes = (uint64_t)run.count << PAGE_SHIFT;
    if (size_bytes > *longest_bytes)
        return NULL;
    uint32_t end = range_end(&run);
    uint32_t first = end - (uint32_t)((size_bytes + PAGE_MASK) >> PAGE_SHIFT);
    if (!range_add(memory.reserved, &memory.reserved_count, first, end))
        return NULL;
    void *area = memory_direct(first << PAGE_SHIFT);
    __builtin_memset(area, 0, (end - first) << PAGE_SHIFT);
    return area;
}

bool memory_exists(frame_t frame)
{
    for (uint32_t i = 0; i < memory.usable_count; i++)
        if (frame.n - memory.usable[i].first.n < memory.usable[i].count)
            return true;
    return false;
}

#include "boot/memory.h"

#include "boot/ranges.h"
#include "mmu_x86/i386.h"

#define DIRECT_FRAMES (DIRECT_SLOTS * TABLE_ENTRIES)
#define DIRECT_BYTES ((uint64_t)DIRECT_FRAMES << PAGE_SHIFT)

struct memory memory;

#define BEYOND(what) what " lies where the direct map does not show it"

/* Frames that the bytes [start, end) touch: outward for what is taken, inward for what is free.
 * Clipped to the direct map, which is also what keeps sums below from wrapping. */
static uint32_t frame_down(uint64_t byte)
{
    return byte < DIRECT_BYTES ? (uint32_t)(byte >> PAGE_SHIFT) : DIRECT_FRAMES;
}

static uint32_t frame_up(uint64_t byte)
{
    return byte < DIRECT_BYTES ? frame_down(byte + PAGE_MASK) : DIRECT_FRAMES;
}

static void usable_add(uint32_t first, uint32_t end)
{
    ranges_add(memory.usable, &memory.usable_count, first, end, RANGES_SHRINK);
}

static void reserve(uint64_t start, uint64_t end)
{
    ranges_add(memory.reserved, &memory.reserved_count, frame_down(start), frame_up(end),
               RANGES_GROW);
}

/* A map may name more than the address space holds. */
static uint64_t entry_end(const struct multiboot_map_entry *entry)
{
    return entry->length > ~0ull - entry->first ? ~0ull : entry->first + entry->length;
}

/* True if the direct map shows all these bytes. */
static bool is_seen(uint32_t at, uint64_t size_bytes)
{
    return at + size_bytes <= DIRECT_BYTES;
}

static const char *map_read(const struct multiboot_info *info)
{
    uint32_t at = info->map_at;
    uint32_t left = info->map_size_bytes;
    if (!is_seen(at, left))
        return BEYOND("the loader's memory map");
    while (left != 0) {
        const struct multiboot_map_entry *entry = memory_direct(at);
        if (left < sizeof *entry || entry->size_bytes < sizeof *entry - sizeof entry->size_bytes ||
            entry->size_bytes > left - sizeof entry->size_bytes)
            return "the loader's memory map is damaged";
        if (entry->kind == MULTIBOOT_MAP_AVAILABLE)
            usable_add(frame_up(entry->first), frame_down(entry_end(entry)));
        else
            reserve(entry->first, entry_end(entry));
        uint32_t step = entry->size_bytes + (uint32_t)sizeof entry->size_bytes;
        at += step;
        left -= step;
    }
    return NULL;
}

/* What lies in low memory is reserved anyway. */
static bool reserve_bytes(uint32_t at, uint64_t size_bytes)
{
    if (!is_seen(at, size_bytes))
        return false;
    if (size_bytes != 0)
        reserve(at, at + size_bytes);
    return true;
}

static bool reserve_text(uint32_t at)
{
    uint32_t length = 0;
    while (is_seen(at, length + 1ull) && *(const char *)memory_direct(at + length) != '\0')
        length++;
    return reserve_bytes(at, length + 1ull);
}

/* What the loader brought, wherever it lies. */
static const char *loader_reserve(const struct multiboot_info *info)
{
    if ((info->flags & MULTIBOOT_HAS_MAP) != 0 &&
        !reserve_bytes(info->map_at, info->map_size_bytes))
        return BEYOND("the loader's memory map");
    if ((info->flags & MULTIBOOT_HAS_COMMAND_LINE) != 0 && !reserve_text(info->command_line_at))
        return BEYOND("the command line");
    if ((info->flags & MULTIBOOT_HAS_MODULES) == 0)
        return NULL;
    const struct multiboot_module *modules = memory_direct(info->modules_at);
    if (!reserve_bytes(info->modules_at, (uint64_t)info->module_count * sizeof *modules))
        return BEYOND("the loader's list of modules");
    for (uint32_t i = 0; i < info->module_count; i++) {
        if (modules[i].start > modules[i].end)
            return "a module ends before it starts";
        if (!reserve_bytes(modules[i].start, modules[i].end - modules[i].start))
            return BEYOND("a module");
        if (modules[i].command_line_at != 0 && !reserve_text(modules[i].command_line_at))
            return BEYOND("a module's name");
    }
    return NULL;
}

static const char *usable_read(const struct multiboot_info *info)
{
    if ((info->flags & MULTIBOOT_HAS_MAP) != 0)
        return map_read(info);
    if ((info->flags & MULTIBOOT_HAS_MEMORY) == 0)
        return "the loader says nothing about memory: it has neither a map nor a size of it";
    usable_add(LOW_FRAMES, frame_down(((uint64_t)info->memory_upper_kib + 1024u) * 1024u));
    return NULL;
}

static const char *loader_read(const struct multiboot_info *info)
{
    if (!is_seen((uint32_t)(uintptr_t)info - DIRECT_AT, sizeof *info))
        return BEYOND("the loader's information");
    const char *error = usable_read(info);
    return error != NULL ? error : loader_reserve(info);
}

enum exit_value memory_describe(const struct multiboot_info *info, uint32_t image_at,
                                uint32_t image_end, const char **why)
{
    memory = (struct memory){0};
    uint32_t info_at = (uint32_t)(uintptr_t)info - DIRECT_AT;
    *why = loader_read(info);
    if (*why != NULL)
        return EXIT_BAD_INPUT;
    reserve(info_at, (uint64_t)info_at + sizeof *info);
    reserve(0, LOW_FRAMES * PAGE_SIZE);
    reserve(image_at, image_end);
    memory.image =
        (struct frame_range){{frame_down(image_at)}, frame_up(image_end) - frame_down(image_at)};
    for (uint32_t i = 0; i < memory.usable_count; i++)
        if (memory.usable[i].count > memory.longest.count)
            memory.longest = memory.usable[i];
    return EXIT_OK;
}

bool memory_is_reserved(uint32_t frame, uint32_t *next)
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
        bool taken = memory_is_reserved(at, &next);
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
            bool taken = memory_is_reserved(at, &next);
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
    ranges_add(memory.reserved, &memory.reserved_count, first, end, RANGES_GROW);
    void *area = memory_direct(first << PAGE_SHIFT);
    __builtin_memset(area, 0, (end - first) << PAGE_SHIFT);
    return area;
}

/* The image was loaded, so there is memory, whatever the map says. */
bool memory_exists_elsewhere(frame_t frame)
{
    if (frame.n - memory.image.first.n < memory.image.count)
        return true;
    for (uint32_t i = 0; i < memory.usable_count; i++)
        if (frame.n - memory.usable[i].first.n < memory.usable[i].count)
            return true;
    return false;
}

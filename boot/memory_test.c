/* boot/memory.c on the host: memory at the direct map's address stands in for it, and a byte for
 * each frame says what should come out. */
#include "boot/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ci/unit.h"
#include "fuzz/random.h"
#include "mmu_x86/i386.h"

#define MIB 0x100000ull
#define SEEN_FRAMES (DIRECT_SLOTS * TABLE_ENTRIES)
#define BACKED_BYTES (64u * MIB) /* of the direct map, from physical 0 on */

/* As a loader lays things out; tests move some of them. */
#define INFO_AT 0x9000u
#define MAP_AT 0x9400u
#define IMAGE_AT_PHYSICAL 0x100000u
#define IMAGE_END_PHYSICAL 0x1A4000u
#define MAP_ENTRIES_MAX 64u
#define ISLANDS 60u /* more than PROBE_RANGES_MAX */

static struct multiboot_info *info;
static uint8_t usable[SEEN_FRAMES], reserved[SEEN_FRAMES];

static void *direct(uint64_t physical)
{
    EXPECT(physical < BACKED_BYTES);
    return memory_direct((uint32_t)physical);
}

/* An empty map, no modules. */
static void loader_start(void)
{
    static bool mapped;
    void *at = (void *)(uintptr_t)DIRECT_AT;
    if (!mapped)
        EXPECT(mmap(at, BACKED_BYTES, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1,
                    0) == at);
    mapped = true;
    info = direct(INFO_AT);
    *info = (struct multiboot_info){.flags = MULTIBOOT_HAS_MAP, .map_at = MAP_AT};
    memset(usable, 0, sizeof(usable));
    memset(reserved, 0, sizeof(reserved));
}

/* True if the range holds all of a frame, or any of it. */
static bool holds_all(uint64_t frame, uint64_t first, uint64_t length)
{
    uint64_t at = frame << PAGE_SHIFT;
    return at >= first && length >= PAGE_SIZE && at - first <= length - PAGE_SIZE;
}

static bool holds_any(uint64_t frame, uint64_t first, uint64_t length)
{
    uint64_t at = frame << PAGE_SHIFT;
    return at >= first ? at - first < length : length != 0 && first - at < PAGE_SIZE;
}

static void expect_reserved(uint64_t first, uint64_t length)
{
    for (uint32_t frame = 0; frame < SEEN_FRAMES; frame++)
        reserved[frame] |= holds_any(frame, first, length);
}

static void map_entry(uint64_t first, uint64_t length, uint32_t kind)
{
    struct multiboot_map_entry *entry = direct(MAP_AT + info->map_size_bytes);
    *entry = (struct multiboot_map_entry){
        .size_bytes = sizeof(*entry) - 4u, .first = first, .length = length, .kind = kind};
    info->map_size_bytes += (uint32_t)sizeof(*entry);
    if (kind != MULTIBOOT_MAP_AVAILABLE)
        expect_reserved(first, length);
    else
        for (uint32_t frame = 0; frame < SEEN_FRAMES; frame++)
            usable[frame] |= holds_all(frame, first, length);
}

static const char *describe(void)
{
    const char *why;
    enum exit_value value = memory_describe(info, IMAGE_AT_PHYSICAL, IMAGE_END_PHYSICAL, &why);
    return value == EXIT_OK ? NULL : why;
}

static bool in(const struct frame_range *list, uint32_t count, uint32_t frame)
{
    for (uint32_t i = 0; i < count; i++)
        if (frame - list[i].first.n < list[i].count)
            return true;
    return false;
}

static void expect_sorted(const struct frame_range *list, uint32_t count)
{
    EXPECT(count <= PROBE_RANGES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        EXPECT(list[i].count != 0 && list[i].first.n + list[i].count <= SEEN_FRAMES);
        EXPECT(i == 0 || list[i - 1].first.n + list[i - 1].count < list[i].first.n);
    }
}

static bool is_free(uint32_t frame)
{
    return in(memory.usable, memory.usable_count, frame) &&
           !in(memory.reserved, memory.reserved_count, frame);
}

/* What was described is what the bytes say; if the lists were full, no more than that. */
static void expect_as_described(void)
{
    bool full =
        memory.usable_count == PROBE_RANGES_MAX || memory.reserved_count == PROBE_RANGES_MAX;
    uint32_t free_count = 0;
    expect_reserved(0, MIB);
    expect_reserved(IMAGE_AT_PHYSICAL, IMAGE_END_PHYSICAL - IMAGE_AT_PHYSICAL);
    expect_sorted(memory.usable, memory.usable_count);
    expect_sorted(memory.reserved, memory.reserved_count);
    for (uint32_t frame = 0; frame < SEEN_FRAMES; frame++) {
        bool expected = usable[frame] && !reserved[frame];
        bool found = is_free(frame);
        if (full ? found && !expected : found != expected)
            printf("frame %x\n", frame);
        EXPECT(full ? !found || expected : found == expected);
        free_count += found;
    }
    EXPECT_EQUAL(memory_frame_count(), free_count);
    EXPECT(!full || free_count > 0);
}

TEST(plain_map_of_a_pc_is_read)
{
    loader_start();
    map_entry(0, 0x9FC00, 1);
    map_entry(0x9FC00, 0x400, 2);
    map_entry(0xF0000, 0x10000, 2);
    map_entry(MIB, 31 * MIB - 0x20000, 1);
    map_entry(32 * MIB - 0x20000, 0x20000, 3);
    map_entry(0xFFFC0000, 0x40000, 2);
    EXPECT(describe() == NULL);
    expect_as_described();
    EXPECT_EQUAL(memory_frame_count(), 31u * 256u - 0x20u - 0xA4u);
    EXPECT(memory_exists((frame_t){0x100}));
    EXPECT(!memory_exists((frame_t){0xA0}) && !memory_exists((frame_t){0x1FF0}));
}

TEST(image_is_memory_whatever_the_map_says)
{
    loader_start();
    map_entry(2 * MIB, 2 * MIB, 1);
    map_entry(MIB, MIB, 2);
    EXPECT(describe() == NULL);
    expect_as_described();
    EXPECT(memory_exists((frame_t){0x100}) && memory_exists((frame_t){0x1A3}));
    EXPECT(!memory_exists((frame_t){0xFF}) && !memory_exists((frame_t){0x1A4}));
}

TEST(memory_beyond_the_direct_map_is_left_alone)
{
    loader_start();
    map_entry(MIB, 0xDFF00000, 1);
    map_entry(0xE0000000, 0x20000000, 2);
    map_entry(0x100000000, 0x20000000, 1);
    EXPECT(describe() == NULL);
    expect_as_described();
    EXPECT_EQUAL(memory_frame_count(), SEEN_FRAMES - 256u - 0xA4u);
}

TEST(odd_ranges_count_for_whole_frames)
{
    static const struct {
        uint64_t first, length;
        uint32_t kind;
    } odd[] = {
        {16 * MIB + 1, PAGE_SIZE, 1},         /* no whole frame */
        {17 * MIB + 1, 2 * PAGE_SIZE, 1},     /* one */
        {18 * MIB, 0, 1},                     /* empty */
        {18 * MIB, 0, 2},                     /* empty */
        {3 * MIB + 0x800, 1, 2},              /* one byte takes a frame */
        {3 * MIB + 0x1FFF, 2, 2},             /* two bytes, two frames */
        {8 * MIB, 8 * MIB, 1},                /* before the one that it touches */
        {2 * MIB, 6 * MIB + 1, 1},            /* overlaps it */
        {4 * MIB, MIB, 0xFFFFFFFF},           /* unheard-of kinds are no memory */
        {9 * MIB, MIB, 0},                    /* nor is kind 0 */
        {~0ull - 0x7FF, 0x1000, 1},           /* wraps around the address space */
        {~0ull, ~0ull, 1},                    /* likewise */
        {~0ull, ~0ull, 2},                    /* likewise */
        {~0ull - 0xFFF, ~0ull, 1},            /* likewise, to a large end */
        {0x7FC00000 - 0x1800, ~0ull, 1},      /* across the end of the direct map, and wraps */
        {0x7FC00000 - 0x800, 0x100, 2},       /* in its last frame */
        {0xFFFFFFFF00000000, 0x100000000, 1}, /* ends with the address space */
    };
    loader_start();
    for (uint32_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
        map_entry(odd[i].first, odd[i].length, odd[i].kind);
    EXPECT(describe() == NULL);
    expect_as_described();
    EXPECT_EQUAL(memory_frame_count(), 14u * 256u - 2u * 256u - 3u + 1u);
}

TEST(without_a_map_the_size_counts)
{
    loader_start();
    *info = (struct multiboot_info){.flags = MULTIBOOT_HAS_MEMORY, .memory_upper_kib = 15u * 1024u};
    EXPECT(describe() == NULL);
    EXPECT_EQUAL(memory_frame_count(), 15u * 256u - 0xA4u);
    info->memory_upper_kib = 0xFFFFFFFF;
    EXPECT(describe() == NULL);
    EXPECT_EQUAL(memory_frame_count(), SEEN_FRAMES - 256u - 0xA4u);
    info->flags = 0;
    EXPECT(strstr(describe(), "nothing about memory") != NULL);
}

static void module(uint32_t number, uint32_t start, uint32_t end, uint32_t name_at)
{
    struct multiboot_module *modules = direct(info->modules_at);
    modules[number] = (struct multiboot_module){start, end, name_at, 0};
    info->module_count = number + 1u;
    expect_reserved(start, end - start);
}

TEST(modules_keep_their_frames_and_no_others)
{
    loader_start();
    map_entry(MIB, 47 * MIB, 1);
    info->flags |= MULTIBOOT_HAS_MODULES | MULTIBOOT_HAS_COMMAND_LINE;
    info->command_line_at = 0x2000FFD; /* its end lies in the next frame */
    memcpy(direct(0x2000FFD), "kheap stop=1", 13);
    expect_reserved(0x2000FFD, 13);
    info->modules_at = 0x2800FF8;
    expect_reserved(info->modules_at, 5 * sizeof(struct multiboot_module));
    module(0, 0x8000, 0x8800, 0);                             /* below 1 MiB */
    module(1, IMAGE_END_PHYSICAL, IMAGE_END_PHYSICAL + 1, 0); /* right behind the image */
    module(2, 0x1234567, 0x1234567, 0);                       /* empty */
    module(3, 0x2FFF001, 0x3000000, 0x2A00FFF);               /* memory's last bytes */
    memcpy(direct(0x2A00FFF), "x", 2);
    expect_reserved(0x2A00FFF, 2);
    module(4, 0x2100800, 0x2101800, 0);
    EXPECT(describe() == NULL);
    expect_as_described();
    EXPECT(!is_free(0x2100) && !is_free(0x2101) && is_free(0x2102) && is_free(0x1234));
}

/* Refused, with these words, and not for want of memory. */
static void expect_refused(const char *words)
{
    const char *why = "nothing";
    enum exit_value value = memory_describe(info, IMAGE_AT_PHYSICAL, IMAGE_END_PHYSICAL, &why);
    if (value != EXIT_BAD_INPUT || strcmp(why, words) != 0)
        printf("expected: %s\nfound %x: %s\n", words, (unsigned)value, why);
    EXPECT_EQUAL(value, EXIT_BAD_INPUT);
    EXPECT(strcmp(why, words) == 0);
}

TEST(a_damaged_map_is_refused)
{
    loader_start();
    map_entry(MIB, 31 * MIB, 1);
    struct multiboot_map_entry *entry = direct(MAP_AT);
    const uint32_t sizes[] = {0, 19, 21, 0x7FFFFFFF, 0xFFFFFFFC, 0xFFFFFFFF};
    for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        entry->size_bytes = sizes[i];
        expect_refused("the loader's memory map is damaged");
    }
    entry->size_bytes = 20;
    EXPECT(describe() == NULL);
    info->map_size_bytes = 23;
    expect_refused("the loader's memory map is damaged");
    info->map_size_bytes = 0xFFFFFFF0;
    expect_refused("the loader's memory map lies where the direct map does not show it");
    info->flags = 0;
    expect_refused("the loader says nothing about memory: it has neither a map nor a size of it");
}

TEST(what_the_direct_map_does_not_show_is_refused)
{
    loader_start();
    map_entry(MIB, 31 * MIB, 1);
    info->flags |= MULTIBOOT_HAS_MODULES;
    info->modules_at = 0x10000;
    module(0, 0x200000, 0x1FFFFF, 0);
    expect_refused("a module ends before it starts");
    module(0, 0x7FBFFFFF, 0x7FC00001, 0);
    expect_refused("a module lies where the direct map does not show it");
    module(0, 0x7FBFFFFF, 0x7FC00000, 0xFFFFFFFF);
    expect_refused("a module's name lies where the direct map does not show it");
    module(0, 0x7FBFFFFF, 0x7FC00000, 0);
    EXPECT(describe() == NULL);
    info->module_count = 0xFFFFFFFF;
    expect_refused("the loader's list of modules lies where the direct map does not show it");
    info->module_count = 1;
    info->flags |= MULTIBOOT_HAS_COMMAND_LINE;
    info->command_line_at = 0x7FC00000;
    expect_refused("the command line lies where the direct map does not show it");
    info = memory_direct(0x7FC00000u - 4u);
    expect_refused("the loader's information lies where the direct map does not show it");
}

TEST(carving_takes_the_longest_run_from_its_end)
{
    uint64_t longest;
    loader_start();
    map_entry(MIB, 7 * MIB, 1);
    map_entry(16 * MIB, 8 * MIB, 1);
    EXPECT(describe() == NULL);
    EXPECT(memory_carve(8 * MIB + 1, &longest) == NULL);
    EXPECT_EQUAL(longest, 8 * MIB);
    memset(direct(16 * MIB), 0xFF, 8 * MIB);
    const uint8_t *area = memory_carve(3 * MIB + 1, &longest);
    EXPECT(area == direct(21 * MIB - PAGE_SIZE));
    EXPECT(area[0] == 0 && area[3 * MIB] == 0);
    EXPECT(*(const uint8_t *)direct(21 * MIB - PAGE_SIZE - 1) == 0xFF);
    EXPECT(!is_free(0x14FF) && !is_free(0x17FF) && is_free(0x14FE));
    EXPECT(memory_carve(6 * MIB, &longest) == direct(2 * MIB));
}

/* memory_cut against counting by hand. */
static void expect_cut(struct random *random)
{
    uint32_t first = random_below(random, SEEN_FRAMES);
    uint32_t end = first + random_below(random, SEEN_FRAMES - first);
    uint32_t wanted = random_below(random, 5000);
    uint32_t counted = 0;
    uint32_t at = first;
    uint32_t found;
    for (; at < end && counted < wanted; at++)
        counted += !in(memory.reserved, memory.reserved_count, at);
    uint32_t cut = memory_cut(first, end, wanted, &found);
    EXPECT_EQUAL(found, counted);
    EXPECT(counted < wanted ? cut == end : cut == at);
}

/* Addresses near page borders and near others; a few anywhere. */
static uint64_t random_address(struct random *random)
{
    uint64_t at = (uint64_t)random_below(random, 600) << PAGE_SHIFT << random_below(random, 8);
    if (random_below(random, 16) == 0)
        at = ~0ull - random_below(random, 0x10000);
    return random_below(random, 2) == 0 ? at : at + random_below(random, 4) - 1u;
}

TEST(random_maps_agree_with_a_byte_for_each_frame)
{
    struct random random = {1};
    for (uint32_t round = 0; round < 60; round++) {
        loader_start();
        uint32_t count = 1u + random_below(&random, round % 4 == 0 ? MAP_ENTRIES_MAX : 12u);
        for (uint32_t i = 0; i < count; i++) {
            uint64_t first = random_address(&random);
            uint64_t length = random_address(&random) >> random_below(&random, 4) * 2u;
            map_entry(first, length, random_below(&random, 3) == 0 ? 2 : 1);
        }
        EXPECT(describe() == NULL);
        if (memory_frame_count() != 0)
            expect_as_described();
        for (uint32_t i = 0; i < 8; i++)
            expect_cut(&random);
    }
}

/* More runs than there is room for: islands of usable frames with a reserved one in each, the first
 * of them far from the others, behind a large one without. */
TEST(too_many_runs_cost_memory_and_nothing_else)
{
    loader_start();
    for (uint32_t i = 0; i < ISLANDS; i++)
        map_entry((i == 0 ? 2u : 100u + i) * MIB, 0x10000u + i * PAGE_SIZE, 1);
    map_entry(10 * MIB, 50 * MIB, 1);
    for (uint32_t i = 0; i < ISLANDS; i++)
        map_entry((i == 0 ? 2u : 100u + i) * MIB + PAGE_SIZE, 1, 2);
    EXPECT(describe() == NULL);
    EXPECT_EQUAL(memory.usable_count, PROBE_RANGES_MAX);
    EXPECT_EQUAL(memory.reserved_count, PROBE_RANGES_MAX);
    expect_as_described();
    EXPECT(is_free(20u * MIB >> PAGE_SHIFT)); /* of the longest island */
}

TEST_MAIN(RUN(plain_map_of_a_pc_is_read) RUN(image_is_memory_whatever_the_map_says)
              RUN(memory_beyond_the_direct_map_is_left_alone) RUN(odd_ranges_count_for_whole_frames)
                  RUN(without_a_map_the_size_counts) RUN(modules_keep_their_frames_and_no_others)
                      RUN(a_damaged_map_is_refused)
                          RUN(what_the_direct_map_does_not_show_is_refused)
                              RUN(carving_takes_the_longest_run_from_its_end)
                                  RUN(random_maps_agree_with_a_byte_for_each_frame)
                                      RUN(too_many_runs_cost_memory_and_nothing_else))

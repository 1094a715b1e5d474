/* The shadow of the heap's window is exact, to the byte. */
#include "boot/asan/provoke.h"
#include "boot/asan/shadow.h"
#include "boot/serial.h"
#include "fuzz/random.h"
#include "mmu_x86/machine.h"

#define SLOTS 16u
#define OPERATIONS 250u
#define SEED 6u

/* Up to 128 KiB: some blocks have whole pages of shadow, which are shared. */
#define SIZE_BITS_MAX 18u

static struct {
    uint32_t at; /* 0: empty */
    uint32_t size_bytes;
} slots[SLOTS];

static struct heap heap;

static uint32_t size_random(struct random *random)
{
    return 1u + random_below(random, 1u << random_below(random, SIZE_BITS_MAX));
}

static void slot_allocate(uint32_t slot, struct random *random)
{
    uint32_t size_bytes = size_random(random);
    uint32_t kind = random_below(random, 3);
    vaddr_t at = kind == 0   ? kmalloc(&heap, size_bytes)
                 : kind == 1 ? kcalloc(&heap, 1, size_bytes)
                             : kmalloc_aligned(&heap, size_bytes, 64);
    slots[slot].at = at.v;
    slots[slot].size_bytes = size_bytes;
}

static void slot_change(uint32_t slot, struct random *random)
{
    vaddr_t at = vaddr_of(slots[slot].at);
    uint32_t size_bytes = size_random(random);
    switch (random_below(random, 4)) {
    case 0: slots[slot].size_bytes = kmalloc_usable_size(&heap, at); break;
    case 1:
        at = krealloc(&heap, at, size_bytes);
        if (vaddr_is_null(at))
            break;
        slots[slot].at = at.v;
        slots[slot].size_bytes = size_bytes;
        break;
    default:
        kfree(&heap, at);
        slots[slot].at = 0;
        break;
    }
}

/* The bytes of the granule at `at` that may be touched, by what was asked for. */
static uint32_t open_bytes(uint32_t at)
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        uint32_t offset = at - slots[i].at;
        if (slots[i].at == 0 || offset >= slots[i].size_bytes)
            continue;
        uint32_t left = slots[i].size_bytes - offset;
        return left < GRANULE ? left : GRANULE;
    }
    return 0;
}

/* The same, by the shadow. */
static uint32_t shadow_bytes(uint32_t at)
{
    uint32_t count = 0;
    while (count < GRANULE && shadow_allows(at + count))
        count++;
    return count;
}

/* The first granule that is not as it should be; 0 if all are. */
static uint32_t compare(uint32_t end)
{
    for (uint32_t at = HEAP_WINDOW_START; at < end; at += GRANULE)
        if (shadow_bytes(at) != open_bytes(at))
            return at;
    return 0;
}

static void print(const char *text, uint32_t number, uint32_t differs)
{
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap: 0 inputs, ");
    line_decimal(&line, number);
    line_text(&line, text);
    if (differs != 0)
        line_hex(&line, differs, 8);
    serial_line(&line);
}

enum exit_value exact_run(void)
{
    struct random random = {SEED};
    if (!provoke_heap_make(&heap))
        return EXIT_VIOLATION;
    for (uint32_t i = 1; i <= OPERATIONS; i++) {
        uint32_t slot = random_below(&random, SLOTS);
        if (slots[slot].at == 0)
            slot_allocate(slot, &random);
        else
            slot_change(slot, &random);
        uint32_t end = machine_load(vaddr_add(heap.at, HEAP_END));
        uint32_t differs = compare(end + PAGE_SIZE);
        if (differs == 0)
            continue;
        print(" operations, then the shadow is wrong at ", i, differs);
        return EXIT_VIOLATION;
    }
    print(" operations, after each exactly the bytes asked for are open", OPERATIONS, 0);
    return EXIT_OK;
}

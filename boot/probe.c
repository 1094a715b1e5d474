/* The probe (mmu_x86/probe.h) on the real machine: the tables as physical memory holds them, seen
 * through the direct map, never through the recursive window. TLB and journal cannot be seen here,
 * nothing is watched or counted. */
#include "boot/probe.h"

#include "boot/fill.h"
#include "boot/memory.h"
#include "boot/metal/injected_interrupt.h"
#include "mmu_x86/injection.h"
#include "mmu_x86/machine.h"

struct injection injection;

extern uint32_t boot_directory[TABLE_ENTRIES];
extern uint32_t boot_table[TABLE_ENTRIES];

/* Boot's directory as it was handed to probe_start. */
static uint32_t boot_entries[TABLE_ENTRIES];
static uint32_t boot_table_entries[TABLE_ENTRIES];

static uint32_t frame_count_max;

/* Room for the frame bitmap over all of 4 GiB. frames_size_bytes(FRAME_COUNT_MAX) is this, checked
 * in probe_start. */
#define BITMAP_BYTES (32u + 4u * (1024u + 2u * 32768u))
static uint32_t bitmap[BITMAP_BYTES / 4u];

bool probe_start(void)
{
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        boot_entries[i] = boot_directory[i];
        boot_table_entries[i] = boot_table[i];
    }
    frame_count_max = memory_frame_count();
    return frames_size_bytes(FRAME_COUNT_MAX) <= sizeof bitmap;
}

uint32_t probe_frame_count_max(void)
{
    return frame_count_max;
}

/* Frames that were never written hold what the emulator fills them with, so that a stray read,
 * which misuses make on purpose, finds the same here as there. Long traces have no misuses, and of
 * their many frames only the first are filled. */
#define FILL_FRAMES_MAX 4096u

static uint32_t filled_count;  /* of the frames that can be managed, in order: filled some time */
static uint32_t session_count; /* of these, the last session's */

/* Fills the frames that can be managed from number `first` of them up to number `end`. */
static void frames_fill(uint32_t first, uint32_t end)
{
    uint32_t passed = 0;
    for (uint32_t i = 0; i < memory.usable_count && passed < end; i++) {
        uint32_t stop = memory.usable[i].first.n + memory.usable[i].count;
        for (uint32_t at = memory.usable[i].first.n; at < stop && passed < end;) {
            uint32_t next;
            if (memory_is_reserved(at, &next)) {
                at = next;
                continue;
            }
            next = next < stop ? next : stop;
            for (; at < next && passed < end; at++, passed++)
                if (passed >= first)
                    fill_frame(at, PROBE_GARBAGE * 0x01010101u);
        }
    }
}

/* Brings the frames back that the last session may have written. The core takes the lowest free
 * frame, so it has used no more of them, from the first on, than it asked for. */
static void frames_refill(uint32_t frame_count)
{
    uint32_t used = injection.frame_requests;
    used = used < session_count ? used : session_count;
    session_count = frame_count < FILL_FRAMES_MAX ? frame_count : FILL_FRAMES_MAX;
    fill_start();
    frames_fill(0, used);
    if (filled_count < session_count) {
        frames_fill(filled_count, session_count);
        filled_count = session_count;
    }
}

/* The loader's map, its usable ranges cut so that exactly frame_count frames can be managed. */
static void memory_cut_to(uint32_t frame_count, struct boot_state *boot)
{
    uint32_t usable_count = 0;
    uint32_t wanted = frame_count;
    for (uint32_t i = 0; i < memory.usable_count && wanted > 0; i++) {
        struct frame_range range = memory.usable[i];
        uint32_t found;
        uint32_t end = memory_cut(range.first.n, range.first.n + range.count, wanted, &found);
        wanted -= found;
        boot->usable[usable_count++] = (struct frame_range){range.first, end - range.first.n};
    }
    for (uint32_t i = 0; i < memory.reserved_count; i++)
        boot->reserved[i] = memory.reserved[i];
    boot->map = (struct memory_map){
        .usable = boot->usable,
        .usable_count = usable_count,
        .reserved = boot->reserved,
        .reserved_count = memory.reserved_count,
    };
}

bool probe_reset(uint32_t frame_count, struct boot_state *boot)
{
    if (frame_count > frame_count_max)
        return false;
    /* Boot's slots and table too: the last session may have damaged them. */
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        boot_directory[i] = boot_entries[i];
        boot_table[i] = boot_table_entries[i];
    }
    machine_set_root((frame_t){((uint32_t)(uintptr_t)boot_directory - KERNEL_AT) >> PAGE_SHIFT});
    frames_refill(frame_count);
    memory_cut_to(frame_count, boot);
    boot->frames_at = vaddr_of((uint32_t)(uintptr_t)bitmap);
    boot->frames_size_bytes = sizeof bitmap;

    (void)machine_interrupts_disable();
    injected_interrupt_cancel();
    injection = (struct injection){.interrupt_handler = injection.interrupt_handler};
    machine_interrupts_restore(EFLAGS_INTERRUPTS);
    return true;
}

bool probe_interrupts_enabled(void)
{
    uint32_t flags;
    __asm__ volatile("pushfl\n\tpopl %0" : "=r"(flags) : : "memory");
    return (flags & EFLAGS_INTERRUPTS) != 0;
}

static const uint32_t *frame_words(frame_t frame)
{
    return memory_exists(frame) ? memory_direct(frame.n << PAGE_SHIFT) : NULL;
}

const uint32_t *probe_directory(void)
{
    return frame_words(machine_root());
}

static const uint32_t *entry_words(uint32_t entry)
{
    return (entry & ENTRY_PRESENT) != 0 ? frame_words(entry_frame(entry)) : NULL;
}

const uint32_t *probe_table(uint32_t slot)
{
    const uint32_t *directory = probe_directory();
    if (directory == NULL || (directory[slot] & ENTRY_PAGE_SIZE) != 0)
        return NULL;
    return entry_words(directory[slot]);
}

const uint32_t *probe_mapped(vaddr_t page, uint32_t entry)
{
    (void)page;
    return entry_words(entry);
}

const uint32_t *probe_page(vaddr_t page)
{
    const uint32_t *table = probe_table(directory_slot(page));
    return table == NULL ? NULL : entry_words(table[table_index(page)]);
}

const uint32_t *probe_boot_directory(void)
{
    return boot_entries;
}

const uint32_t *probe_boot_table(void)
{
    return boot_table_entries;
}

frame_t probe_root(void)
{
    return machine_root();
}

/* The page is touched here, so that a fault names the same address and access as on other ports. */
const uint32_t *probe_user_read(vaddr_t page)
{
    (void)*(const volatile metal_word_t *)page.v;
    return (const uint32_t *)page.v;
}

/* A store alone, of what stands there: had it been loaded first, the load would have faulted. */
uint32_t *probe_user_write(vaddr_t page)
{
    const uint32_t *words = probe_page(page);
    *(volatile metal_word_t *)page.v = words == NULL ? 0 : words[0];
    return (uint32_t *)page.v;
}

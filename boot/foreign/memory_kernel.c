/* Windows over the project's own paging: a page that is accessible is mapped to a frame from the
 * bitmap, any other is not mapped. */
#include "boot/foreign/memory_kernel.h"

#include "boot/foreign/view.h"
#include "fuzz/foreign/memory.h"
#include "mmu_x86/machine.h"
#include "mmu_x86/paging.h"
#include "mmu_x86/probe.h"

_Static_assert(MEMORY_PAGE == PAGE_SIZE, "a page is a page");

/* The page behind is none of the recursive window's, which is mapped now and then. */
static const struct memory window = {MEMORY_START, TABLES_AT - PAGE_SIZE};

static vaddr_t frames;
static uintptr_t open_from = MEMORY_START; /* all accessible pages lie in [open_from, open_to) */
static uintptr_t open_to = MEMORY_START;

void memory_kernel_reset(void)
{
    static struct boot_state boot;
    /* This cannot be refused: it is what there was room for at the start (boot/probe.h). */
    (void)probe_reset(probe_frame_count_max(), &boot);
    (void)frames_init(boot.frames_at, boot.frames_size_bytes, &boot.map);
    frames = boot.frames_at;
    open_from = open_to = window.start;
}

const struct memory *memory_open(void)
{
    return &window;
}

static uint32_t pages_between(uintptr_t from, uintptr_t to)
{
    return (uint32_t)(to - from) >> PAGE_SHIFT;
}

bool memory_allow(uintptr_t from, uintptr_t to)
{
    struct paging_change change;
    open_from = from < open_from ? from : open_from;
    open_to = to > open_to ? to : open_to;
    view_tables_open();
    enum paging_result result =
        paging_map_range(frames, vaddr_of((uint32_t)from), pages_between(from, to), &change);
    view_tables_close();
    if (result != PAGING_OK)
        memory_kernel_lacking();
    return true;
}

void memory_forbid(uintptr_t from, uintptr_t to)
{
    struct paging_change change;
    view_tables_open();
    paging_unmap_range(frames, vaddr_of((uint32_t)from), pages_between(from, to), &change);
    view_tables_close();
}

/* The accessible address, or end of them, that is nearest to `at`. */
static uintptr_t nearest_open(uintptr_t at)
{
    uintptr_t low = at > open_from ? at : open_from;
    return low < open_to ? low : open_to;
}

bool memory_only(uintptr_t from, uintptr_t to)
{
    memory_forbid(open_from, nearest_open(from));
    memory_forbid(nearest_open(to), open_to);
    open_from = from;
    open_to = to;
    return memory_allow(from, to);
}

void memory_zero(uintptr_t from, uintptr_t to)
{
    machine_fill(vaddr_of((uint32_t)from), 0, (uint32_t)(to - from));
}

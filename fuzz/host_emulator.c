#include "fuzz/host.h"

#include <sys/mman.h>

#include "fuzz/poison.h"
#include "heap/kmalloc.h"
#include "mmu_x86/emulator/emulator.h"

const char *const host_port_name = "emulator";

static void fault(const struct fault *fault)
{
    host_faulted(fault->at.v, fault->error_code);
}

/* A recorded load's machine and mirror are more than the host's TLB covers in small pages. For a
 * fuzzer's inputs large ones would only have to be zeroed. What the host has to give is enough. */
static void large_pages_ask(uint32_t frame_count_max)
{
    if (frame_count_max <= OP_FRAMES_MAX)
        return;
    struct mirror *mirror = host_port_mirror();
    (void)madvise(emulator.ram, (size_t)emulator_ram_frames() * PAGE_SIZE, MADV_HUGEPAGE);
    if (mirror != NULL)
        (void)madvise(mirror, (size_t)mirror_size_bytes(), MADV_HUGEPAGE);
}

bool host_port_start(uint32_t frame_count_max)
{
    if (emulator.ram != (uint32_t *)0) {
        poison_end();
        emulator_power_off();
    }
    if (!emulator_power_on(frame_count_max))
        return false;
    large_pages_ask(frame_count_max);
    emulator.on_fault = fault;
    emulator.on_exhausted = host_exhausted;
    return true;
}

struct mirror *host_port_mirror(void)
{
    static struct mirror *made;
    if (made != NULL)
        return made;
    void *memory = mmap(NULL, (size_t)mirror_size_bytes(), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    /* Without room for it everything is checked in full: slower, and no less. */
    if (memory != MAP_FAILED)
        made = mirror_make(memory);
    return made;
}

uint32_t host_port_window_end(void)
{
    return HEAP_WINDOW_END;
}

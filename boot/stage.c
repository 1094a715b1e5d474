#include "boot/stage.h"

#include "boot/probe.h"
#include "mmu_x86/probe.h"

#define STAGE_KEY 0x5BD1E995u /* any would do */

const char *stage_heap(struct heap *heap, const struct op_config *config, enum heap_policy policy)
{
    static struct boot_state boot;
    if (!probe_reset(config->frame_count, &boot))
        return "too little memory for its frames";
    uint32_t interrupts = machine_interrupts_disable();
    enum frames_result made = frames_init(boot.frames_at, boot.frames_size_bytes, &boot.map);
    machine_interrupts_restore(interrupts);
    struct heap_config heap_config = {
        .frames = boot.frames_at,
        .start = vaddr_of(HEAP_WINDOW_START),
        .limit = vaddr_of(HEAP_WINDOW_START + config->window_pages * PAGE_SIZE),
        .key = STAGE_KEY,
        .policy = policy,
    };
    if (made != FRAMES_OK || heap_init(heap, &heap_config) != HEAP_OK)
        return "its heap cannot be made";
    return (const char *)0;
}

#include "boot/user_mode.h"

#include <stdint.h>

/* SDM 3A 3.4.5: base 0, limit 4 GiB, 32-bit, ring 3; code that can be read, data that can be
 * written. */
#define SEGMENT_USER_CODE 0x00CFFB000000FFFFull
#define SEGMENT_USER_DATA 0x00CFF3000000FFFFull

/* SDM 3A 7.2.2: an available 32-bit task state segment, present, ring 0, its limit in bytes. */
#define SEGMENT_TASK 0x0000890000000000ull

#define SELECTOR_BYTES 8u
#define SELECTORS_KEPT (SELECTOR_USER_CODE / SELECTOR_BYTES)

/* What a processor reads of a task state segment when it comes from ring 3 (SDM 3A 7.2.1), and the
 * rest, which only a task switch would use. */
struct task_state {
    uint32_t link;
    uint32_t esp0;
    uint32_t ss0;
    uint32_t rest[22];
    uint32_t io_map; /* its upper half; beyond the limit: no port is a user's */
};

struct __attribute__((packed)) table_register {
    uint16_t limit;
    uint32_t at;
};

static uint64_t segments[SELECTOR_USER_TASK / SELECTOR_BYTES + 1u];
static struct task_state task;

/* Handlers of what a user raises run here; none of them goes deep. */
static uint8_t __attribute__((aligned(16))) handler_stack[4096];

void user_mode_start(void)
{
    struct table_register gdt;
    __asm__ volatile("sgdt %0" : "=m"(gdt));
    const uint64_t *old = (const uint64_t *)(uintptr_t)gdt.at;
    for (uint32_t i = 0; i < SELECTORS_KEPT && i * SELECTOR_BYTES < gdt.limit; i++)
        segments[i] = old[i];
    task.esp0 = (uint32_t)(uintptr_t)handler_stack + (uint32_t)sizeof handler_stack;
    task.ss0 = SELECTOR_DATA;
    task.io_map = (uint32_t)sizeof task << 16;
    uint64_t at = (uint32_t)(uintptr_t)&task;
    segments[SELECTOR_USER_CODE / SELECTOR_BYTES] = SEGMENT_USER_CODE;
    segments[SELECTOR_USER_DATA / SELECTOR_BYTES] = SEGMENT_USER_DATA;
    segments[SELECTOR_USER_TASK / SELECTOR_BYTES] =
        SEGMENT_TASK | (at & 0xFFFFFFu) << 16 | (at >> 24) << 56 | (sizeof task - 1u);
    gdt = (struct table_register){sizeof segments - 1u, (uint32_t)(uintptr_t)segments};
    __asm__ volatile("lgdt %0\n\tltr %w1" : : "m"(gdt), "r"(SELECTOR_USER_TASK) : "memory");
}

#include "boot/user_mode.h"

#include "boot/descriptors.h"

/* SDM 3A 3.4.5: base 0, limit 4 GiB, 32-bit, ring 3; code that can be read, data that can be
 * written. */
#define SEGMENT_USER_CODE 0x00CFFB000000FFFFull
#define SEGMENT_USER_DATA 0x00CFF3000000FFFFull

/* SDM 3A 7.2.2: an available 32-bit task state segment, present, ring 0, its limit in bytes. */
#define SEGMENT_TASK 0x0000890000000000ull

#define SEGMENT_BYTES 8u
#define SEGMENTS_KEPT (SELECTOR_USER_CODE / SEGMENT_BYTES)

_Static_assert(SELECTOR_KERNEL_DATA == SELECTOR_DATA, "the assembler's selector is the kernel's");
_Static_assert(SELECTOR_FAULT_TASK < SELECTOR_USER_CODE, "the user's segments come behind");

static uint64_t segments[SELECTOR_USER_TASK / SEGMENT_BYTES + 1u];
static struct task_state task;

/* Handlers of what a user raises run here; none of them goes deep. */
static uint8_t __attribute__((aligned(16))) handler_stack[4096];

void user_mode_start(void)
{
    struct table_register gdt;
    __asm__ volatile("sgdt %0" : "=m"(gdt));
    const uint64_t *old = (const uint64_t *)(uintptr_t)gdt.at;
    for (uint32_t i = 0; i < SEGMENTS_KEPT && i * SEGMENT_BYTES < gdt.limit; i++)
        segments[i] = old[i];
    task.esp0 = (uint32_t)(uintptr_t)handler_stack + (uint32_t)sizeof handler_stack;
    task.ss0 = SELECTOR_DATA;
    task.trap_and_io_map = (uint32_t)sizeof task << 16; /* no port is a user's */
    uint64_t at = (uint32_t)(uintptr_t)&task;
    segments[SELECTOR_USER_CODE / SEGMENT_BYTES] = SEGMENT_USER_CODE;
    segments[SELECTOR_USER_DATA / SEGMENT_BYTES] = SEGMENT_USER_DATA;
    segments[SELECTOR_USER_TASK / SEGMENT_BYTES] =
        SEGMENT_TASK | (at & 0xFFFFFFu) << 16 | (at >> 24) << 56 | (sizeof task - 1u);
    gdt = (struct table_register){sizeof segments - 1u, (uint32_t)(uintptr_t)segments};
    __asm__ volatile("lgdt %0\n\tltr %w1" : : "m"(gdt), "r"(SELECTOR_USER_TASK) : "memory");
}

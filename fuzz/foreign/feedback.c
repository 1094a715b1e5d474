#include "fuzz/foreign/feedback.h"

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's counters, one for each branch, which the linker brings together; and AFL++'s map.
 * What a program does not have is null. */
extern uint8_t counters_start[] __asm__("__start___sancov_cntrs") __attribute__((weak));
extern uint8_t counters_stop[] __asm__("__stop___sancov_cntrs") __attribute__((weak));
extern uint8_t *map_at __asm__("__afl_area_ptr") __attribute__((weak));
extern uint32_t map_size __asm__("__afl_map_size") __attribute__((weak));

struct counters {
    uint8_t *at;
    uintptr_t size_bytes;
};

static uint8_t kept[1u << 16];

static struct counters counters(void)
{
    struct counters found = {counters_start, (uintptr_t)counters_stop - (uintptr_t)counters_start};
    if (&map_at != NULL && &map_size != NULL)
        found = (struct counters){map_at, map_size};
    if (found.size_bytes > sizeof(kept))
        found.size_bytes = 0;
    return found;
}

static void copy(uint8_t *to, const uint8_t *from, uintptr_t size_bytes)
{
    for (uintptr_t i = 0; i < size_bytes; i++)
        to[i] = from[i];
}

void feedback_pause(void)
{
    struct counters counted = counters();
    copy(kept, counted.at, counted.size_bytes);
}

void feedback_resume(void)
{
    struct counters counted = counters();
    copy(counted.at, kept, counted.size_bytes);
}

#include "fuzz/foreign/state.h"

#include "fuzz/foreign/bytes.h"

/* Of the linker's making, one pair for each section. An allocator without variables has none. */
#define SECTION(name)                                                                              \
    extern byte_t __start_##name[] __attribute__((weak));                                          \
    extern byte_t __stop_##name[] __attribute__((weak));
SECTION(adapter_data)
SECTION(adapter_bss)

static byte_t *state_kept;

static uintptr_t data_bytes(void)
{
    return (uintptr_t)__stop_adapter_data - (uintptr_t)__start_adapter_data;
}

static uintptr_t bss_bytes(void)
{
    return (uintptr_t)__stop_adapter_bss - (uintptr_t)__start_adapter_bss;
}

static void copy(byte_t *to, const byte_t *from, uintptr_t count)
{
    for (uintptr_t i = 0; i < count; i++)
        to[i] = from[i];
}

uintptr_t state_size_bytes(void)
{
    return data_bytes() + bss_bytes();
}

void state_keep(void *kept)
{
    state_kept = kept;
    copy(state_kept, __start_adapter_data, data_bytes());
    copy(state_kept + data_bytes(), __start_adapter_bss, bss_bytes());
}

void state_restore(void)
{
    copy(__start_adapter_data, state_kept, data_bytes());
    copy(__start_adapter_bss, state_kept + data_bytes(), bss_bytes());
}

#include "boot/asan/runtime.h"

#include "boot/asan/report.h"
#include "boot/asan/shadow.h"
#include "boot/layout.h"
#include "mmu_x86/machine.h"

#define CHECK(name, size, access, check)                                                           \
    void __asan_##name##_noabort(uint32_t at)                                                      \
    {                                                                                              \
        check(at, size, access, __builtin_frame_address(0));                                       \
    }

#define CHECK_RANGE(name, access, check)                                                           \
    void __asan_##name##_noabort(uint32_t at, uint32_t size_bytes)                                 \
    {                                                                                              \
        check(at, size_bytes, access, __builtin_frame_address(0));                                 \
    }

#define CHECK_SIZES(name, access, check)                                                           \
    CHECK(name##1, 1, access, check)                                                               \
    CHECK(name##2, 2, access, check)                                                               \
    CHECK(name##4, 4, access, check)                                                               \
    CHECK(name##8, 8, access, check)                                                               \
    CHECK(name##16, 16, access, check)

CHECK_SIZES(report_load, ACCESS_READ, access_check)
CHECK_SIZES(report_store, ACCESS_WRITE, access_check)
CHECK_RANGE(report_load_n, ACCESS_READ, access_check)
CHECK_RANGE(report_store_n, ACCESS_WRITE, access_check)

CHECK_SIZES(core_load, ACCESS_READ, access_check_core)
CHECK_SIZES(core_store, ACCESS_WRITE, access_check_core)
CHECK_RANGE(core_loadN, ACCESS_READ, access_check_core)
CHECK_RANGE(core_storeN, ACCESS_WRITE, access_check_core)

void __asan_register_globals(const struct asan_global *globals, uint32_t count)
{
    globals_add(globals, count);
}

void __asan_handle_no_return(void)
{
    uint32_t here = (uint32_t)(uintptr_t)__builtin_frame_address(0) & ~(GRANULE - 1u);
    if (here - STACK_AT < STACK_SIZE)
        shadow_set(here, STACK_AT + STACK_SIZE - here, SHADOW_OPEN);
}

#define SET_SHADOW(value)                                                                          \
    void __asan_set_shadow_##value(uint32_t shadow_at, uint32_t size_bytes)                        \
    {                                                                                              \
        machine_fill(vaddr_of(shadow_at), 0x##value, size_bytes);                                  \
    }

SET_SHADOW(00)
SET_SHADOW(f1)
SET_SHADOW(f2)
SET_SHADOW(f3)
SET_SHADOW(f5)
SET_SHADOW(f8)

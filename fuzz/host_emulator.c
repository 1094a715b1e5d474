#include "fuzz/host.h"
#include "heap/kmalloc.h"
#include "mmu_x86/emulator/emulator.h"

const char *const host_port_name = "emulator";

static void fault(const struct fault *fault)
{
    host_faulted(fault->at.v, fault->error_code);
}

bool host_port_start(uint32_t frame_count_max)
{
    if (emulator.ram != (uint32_t *)0)
        emulator_power_off();
    if (!emulator_power_on(frame_count_max))
        return false;
    emulator.on_fault = fault;
    return true;
}

uint32_t host_port_window_end(void)
{
    return HEAP_WINDOW_END;
}

#include "fuzz/host.h"
#include "mmu_x86/window/window.h"

const char *const host_port_name = "window";

bool host_port_start(uint32_t frame_count_max)
{
    (void)frame_count_max; /* frames are only tokens here */
    return window_open();
}

struct mirror *host_port_mirror(void)
{
    return (struct mirror *)0;
}

uint32_t host_port_window_end(void)
{
    return window_open() ? window_limit() : WINDOW_START;
}

#include "boot/modes.h"

#include <stddef.h>

#include "boot/latency.h"
#include "boot/scenarios.h"
#include "boot/stress.h"
#include "boot/timing.h"

static enum exit_value time_bins(const struct multiboot_info *info)
{
    return timing_run(info, HEAP_BINS);
}

static enum exit_value time_first_fit(const struct multiboot_info *info)
{
    return timing_run(info, HEAP_FIRST_FIT);
}

const struct mode modes[] = {
    {"time", time_bins},    {"time-first-fit", time_first_fit}, {"latency", latency_run},
    {"stress", stress_run}, {"scenarios", scenarios_run},       {NULL, NULL},
};

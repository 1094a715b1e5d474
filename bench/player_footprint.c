/* Footprint: the pages held for what lives, at the peak and over time (bench/footprint.h). */
#include <stdio.h>

#include "bench/footprint.h"
#include "bench/player.h"

static void print(const char *name, uint64_t value)
{
    (void)printf("footprint.%s %llu\n", name, (unsigned long long)value);
}

void player_footprint(const struct load *load)
{
    if (peer.release == NULL)
        player_fail(BENCH_NOT_HERE, "a heap that never frees has no footprint", NULL);
    struct footprint_peak peak = footprint_run(load, NULL);
    double peak_bytes = (double)load->peak_live_bytes;
    (void)printf("footprint.share %.4f\n", (double)peak.done / load->op_count);
    if (peak.done <= load->peak_op)
        return;
    print("peak_live_bytes", load->peak_live_bytes);
    print("held_at_peak", peak.at_peak.held);
    print("tables_at_peak", peak.at_peak.tables);
    (void)printf("footprint.held_ratio %.5f\n", (double)peak.at_peak.held * 4096.0 / peak_bytes);
    (void)printf("footprint.span_ratio %.5f\n", (double)peak.span_bytes / peak_bytes);
    print("alignment", peak.alignment);
    if (peak.done < load->op_count)
        return;
    print("peak_held", peak.peak_held);
    print("held_at_end", peak.at_end.held);
    print("mapped", peak.at_end.mapped);
    print("unmapped", peak.at_end.unmapped);
    footprint_timeline("footprint.timeline");
}

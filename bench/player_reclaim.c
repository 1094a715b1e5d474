/* Reclaim: what a heap gives back, if it is asked to now and then, and how long it is busy with it.
 *
 * Every so many operations the heap is asked again and again for a slice of pages, until it has no
 * more to give; then the pages that it holds are compared with what lives. */
#include <stdio.h>
#include <time.h>

#include "bench/footprint.h"
#include "bench/player.h"

#define SLICE_PAGES 64u
#define SLICES_MAX 100000u /* at a time: a heap that always says that it gave back something */

static struct {
    uint64_t count;
    uint64_t pages;
    double seconds;
    double worst_seconds;
    uint64_t worst_accesses;
} slices;

static double seconds_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static uint64_t accesses_now(void)
{
    struct peer_accesses accesses = {0};
    if (peer.accesses != NULL)
        peer.accesses(&accesses);
    return accesses.loads + accesses.stores + accesses.paging;
}

static uint32_t slice(void)
{
    uint64_t accesses = accesses_now();
    double seconds = seconds_now();
    uint32_t count = peer.reclaim(SLICE_PAGES);
    seconds = seconds_now() - seconds;
    accesses = accesses_now() - accesses;
    slices.count++;
    slices.pages += count;
    slices.seconds += seconds;
    if (seconds > slices.worst_seconds)
        slices.worst_seconds = seconds;
    if (accesses > slices.worst_accesses)
        slices.worst_accesses = accesses;
    return count;
}

static void reclaim_all(void)
{
    bool more = true;
    for (uint32_t i = 0; i < SLICES_MAX && more; i++)
        more = slice() != 0 || (peer.reclaim_pending != NULL && peer.reclaim_pending());
}

void player_reclaim(const struct load *load)
{
    if (peer.reclaim == NULL)
        player_fail(BENCH_NOT_HERE, "this heap has no call that gives memory back", NULL);
    struct footprint_peak peak = footprint_run(load, reclaim_all);
    (void)printf("reclaim.share %.4f\n", (double)peak.done / load->op_count);
    (void)printf("reclaim.worst_ratio %.4f\n", peak.worst_ratio);
    (void)printf("reclaim.held_at_end %llu\n", (unsigned long long)peak.at_end.held);
    (void)printf("reclaim.slices %llu\n", (unsigned long long)slices.count);
    (void)printf("reclaim.pages %llu\n", (unsigned long long)slices.pages);
    (void)printf("reclaim.slice_ns %.0f\n", slices.seconds * 1e9 / (double)slices.count);
    (void)printf("reclaim.slice_worst_ns %.0f\n", slices.worst_seconds * 1e9);
    if (peer.accesses != NULL)
        (void)printf("reclaim.slice_worst_accesses %llu\n",
                     (unsigned long long)slices.worst_accesses);
    footprint_timeline("reclaim.timeline");
}

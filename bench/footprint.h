/* Footprint: how many pages a heap holds for what lives in it, over time. */
#ifndef KHEAP_BENCH_FOOTPRINT_H
#define KHEAP_BENCH_FOOTPRINT_H

#include "bench/load.h"
#include "bench/peer.h"

struct footprint_peak {
    struct peer_pages at_peak; /* when most bytes lived, and a sample was taken just then */
    uint64_t peak_held;        /* the most pages that any sample has seen held */
    uint64_t span_bytes;       /* from the lowest byte handed out to the highest */
    uint32_t alignment;        /* of all that was handed out */
    double worst_ratio; /* of pages held to live bytes, where at least 1/16 of the peak lives */
    struct peer_pages at_end;
    uint32_t done; /* operations, less than all if it took too long */
};

/* Replays the load once, writing every page of every block, and takes samples on the way, before
 * each of which it calls `before_sample`, unless that is null. Each block's ends are stamped, and
 * looked at before it goes: figures of a heap that hands out bytes twice are worth nothing. */
struct footprint_peak footprint_run(const struct load *load, void (*before_sample)(void));

/* Prints the samples, a line each: NAME, operation, live bytes, pages held. */
void footprint_timeline(const char *name);

#endif

/* A peer: a heap as the benchmark sees it. One C file defines the constant `peer` and is linked
 * with the player into a program of its own, bench-NAME; bench/README.md shows how to add one. */
#ifndef KHEAP_BENCH_PEER_H
#define KHEAP_BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a heap counts by itself, from its start on. */
struct peer_pages {
    uint64_t held;     /* pages that it has taken from the system and not given back */
    uint64_t tables;   /* pages of page tables beside them; 0 where the system keeps those */
    uint64_t mapped;   /* pages taken so far */
    uint64_t unmapped; /* pages given back so far */
};

/* Words of metadata that a heap has loaded and stored so far. */
struct peer_accesses {
    uint64_t loads; /* by the heap itself */
    uint64_t stores;
    uint64_t paging; /* both, by what maps pages for it */
};

struct peer {
    const char *name;

    /* Makes the heap, with room to grow to window_bytes. A heap that works in memory that it is
     * given takes that from bench_window. Null: there is nothing to make. Returns false if it
     * cannot be made. */
    bool (*init)(size_t window_bytes);

    /* As malloc. */
    void *(*alloc)(size_t size_bytes);

    /* As free, but never of null. Null: this heap never frees. */
    void (*release)(void *at);

    /* As realloc, with neither a null pointer nor size 0. Null: the player allocates, copies and
     * frees. */
    void *(*resize)(void *at, size_t size_bytes);

    /* Reads what the heap counts. Null: it counts nothing, and the player takes what it sees from
     * outside: the pages that are resident. */
    void (*pages)(struct peer_pages *pages);

    /* Gives back up to page_count_max pages of free memory. Returns how many it gave
     * back, or 0 if that is all that it can give. Null: there is no such call. */
    uint32_t (*reclaim)(uint32_t page_count_max);

    /* True if there may be more to give back although the last call gave nothing. Null: never. */
    bool (*reclaim_pending)(void);

    /* Null: accesses are not counted in this build. */
    void (*accesses)(struct peer_accesses *accesses);
};

extern const struct peer peer;

/* Memory from the system, all zeros, of which only what is touched is used. Null if this process
 * has no room for it. */
void *bench_window(size_t size_bytes);

/* For a peer that maps its window itself: to be called with each part of it. */
void bench_window_mapped(void *at, size_t size_bytes);

/* True where time is measured: then memory that a heap once has it should keep, as a kernel's heap
 * does between two reclaims, so that the host's page faults are not taken for the heap's work. */
bool bench_keeps_memory(void);

#endif

/* This heap as a peer, on the port in bench/port. */
#ifndef KHEAP_BENCH_KHEAP_H
#define KHEAP_BENCH_KHEAP_H

#include "bench/peer.h"
#include "heap/control.h"

/* Maps the machine's memory and makes a heap with room for window_bytes. */
bool kheap_init(size_t window_bytes, enum heap_policy policy);

void *kheap_alloc(size_t size_bytes);
void kheap_release(void *at);
void *kheap_resize(void *at, size_t size_bytes);
void kheap_pages(struct peer_pages *pages);
uint32_t kheap_reclaim(uint32_t page_count_max);
bool kheap_reclaim_pending(void);

/* The peer's description. Its file defines kheap_start, which calls kheap_init with a policy. */
#define KHEAP_PEER(peer_name)                                                                      \
    {                                                                                              \
        .name = (peer_name), .init = kheap_start, .alloc = kheap_alloc, .release = kheap_release,  \
        .resize = kheap_resize, .pages = kheap_pages, .reclaim = kheap_reclaim,                    \
        .reclaim_pending = kheap_reclaim_pending, .accesses = KHEAP_ACCESSES,                      \
    }

/* Where accesses are counted (bench/port/counting). */
void kheap_accesses(struct peer_accesses *accesses);

#endif

#include "bench/kheap.h"

struct peer_accesses bench_accesses;

void kheap_accesses(struct peer_accesses *accesses)
{
    *accesses = bench_accesses;
}

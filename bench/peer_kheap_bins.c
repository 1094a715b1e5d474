#include "bench/kheap.h"

static bool kheap_start(size_t window_bytes)
{
    return kheap_init(window_bytes, HEAP_BINS);
}

const struct peer peer = KHEAP_PEER("kheap-bins");

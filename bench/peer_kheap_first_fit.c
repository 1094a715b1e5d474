#include "bench/kheap.h"

static bool kheap_start(size_t window_bytes)
{
    return kheap_init(window_bytes, HEAP_FIRST_FIT);
}

const struct peer peer = KHEAP_PEER("kheap-first-fit");

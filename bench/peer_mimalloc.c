/* mimalloc, by its own names. */
#include "bench/peer.h"

void *mi_malloc(size_t size_bytes);
void mi_free(void *at);
void *mi_realloc(void *at, size_t size_bytes);

const struct peer peer = {
    .name = "mimalloc", .alloc = mi_malloc, .release = mi_free, .resize = mi_realloc};

#include "bench/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "bench/peer.h"
#include "bench/player.h"

static void *map(size_t size_bytes, int sharing)
{
    void *at = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE,
                    MAP_ANONYMOUS | MAP_NORESERVE | sharing, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

static void *must(void *at)
{
    if (at == NULL || at == MAP_FAILED)
        player_fail(BENCH_NO_MEMORY, "not enough memory for the player", NULL);
    return at;
}

void *memory_make(size_t size_bytes)
{
    return must(map(size_bytes, MAP_PRIVATE));
}

void *memory_make_shared(size_t size_bytes)
{
    return must(map(size_bytes, MAP_SHARED));
}

void *memory_grow(void *at, size_t old_bytes, size_t new_bytes)
{
    return must(mremap(at, old_bytes, new_bytes, MREMAP_MAYMOVE));
}

void memory_give_back(void *at, size_t size_bytes)
{
    (void)munmap(at, size_bytes);
}

static bool there;
static size_t left_to_touch;

void memory_is_there(void)
{
    there = true;
}

bool bench_keeps_memory(void)
{
    return there;
}

void memory_touch_first(size_t size_bytes)
{
    left_to_touch = size_bytes;
}

void bench_window_mapped(void *at, size_t size_bytes)
{
    size_t touched = size_bytes < left_to_touch ? size_bytes : left_to_touch;
    if (!there)
        return;
    for (size_t i = 0; i < touched; i += 4096u)
        ((volatile uint8_t *)at)[i] = 0;
    left_to_touch -= touched;
}

void *bench_window(size_t size_bytes)
{
    void *at = map(size_bytes, MAP_PRIVATE);
    if (at != NULL)
        bench_window_mapped(at, size_bytes);
    return at;
}

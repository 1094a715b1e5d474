#include "fuzz/fuzz_stats.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* The file. An i386 would align its numbers to 4 bytes only. */
struct stats {
    _Alignas(8) uint64_t executions;
    _Alignas(8) uint64_t operations;
};

static struct stats *stats; /* null: nobody asked */

void fuzz_stats_start(void)
{
    const char *path = getenv("KHEAP_FUZZ_STATS");
    if (path == NULL)
        return;
    size_t size_bytes = sizeof(struct stats);
    int file = open(path, O_RDWR | O_CREAT, 0644);
    if (file < 0 || ftruncate(file, (off_t)size_bytes) != 0) {
        (void)fprintf(stderr, "%s: cannot be written: no statistics are kept\n", path);
    } else {
        void *memory = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        stats = memory == MAP_FAILED ? NULL : memory;
    }
    if (file >= 0)
        (void)close(file);
}

void fuzz_stats_add(uint32_t operation_count)
{
    if (stats == NULL)
        return;
    (void)__atomic_fetch_add(&stats->executions, 1, __ATOMIC_RELAXED);
    (void)__atomic_fetch_add(&stats->operations, operation_count, __ATOMIC_RELAXED);
}

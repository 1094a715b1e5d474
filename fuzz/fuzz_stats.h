/* What a fuzzer's runs added up to, in a file that outlives the process, however it ends. */
#ifndef KHEAP_FUZZ_FUZZ_STATS_H
#define KHEAP_FUZZ_FUZZ_STATS_H

#include <stdint.h>

/* If the environment names a file in KHEAP_FUZZ_STATS, counts into it from now on: two 64-bit
 * little-endian numbers, executions and operations. Processes that share the file add up. */
void fuzz_stats_start(void);

/* Counts one execution of operation_count operations. */
void fuzz_stats_add(uint32_t operation_count);

#endif

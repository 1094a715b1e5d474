/* How much a call of the allocator does, in basic blocks of its code: counted where it is compiled
 * with -fsanitize-coverage=trace-pc, the same on every machine. */
#ifndef KHEAP_FUZZ_FOREIGN_STEPS_H
#define KHEAP_FUZZ_FOREIGN_STEPS_H

#include <stdint.h>

/* Basic blocks run through since this was last set to 0. */
extern uint32_t steps_count;

#endif

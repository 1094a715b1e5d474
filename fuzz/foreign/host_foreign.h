/* What a program with a foreign allocator chooses. */
#ifndef KHEAP_FUZZ_FOREIGN_HOST_FOREIGN_H
#define KHEAP_FUZZ_FOREIGN_HOST_FOREIGN_H

#include <stdbool.h>

/* True if signals that the allocator dies of become verdicts; false where a fuzzing engine answers
 * them. Defined by foreign_tool.c or foreign_target.c. */
extern const bool host_catches;

#endif

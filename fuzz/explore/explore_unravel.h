/* From the origin of a violation to the operations that lead to it. */
#ifndef KHEAP_FUZZ_EXPLORE_EXPLORE_UNRAVEL_H
#define KHEAP_FUZZ_EXPLORE_EXPLORE_UNRAVEL_H

#include "fuzz/explore/explore.h"

/* Sets run->result.ops. Works in a process of its own: operations depend on which slots blocks are
 * in, which the machine must be asked. Returns false if that process could not be had. */
bool unravel(struct explore_run *run, const struct store *store, origin_t origin);

#endif

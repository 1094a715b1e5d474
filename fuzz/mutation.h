/* The changes that a mutator makes, each to a decoded input. */
#ifndef KHEAP_FUZZ_MUTATION_H
#define KHEAP_FUZZ_MUTATION_H

#include "fuzz/op_list.h"
#include "fuzz/random.h"

struct mutation {
    struct random random;
    struct op_config config; /* of the input that is changed */
    struct op_list ops;
    struct op_config other_config; /* of an input that runs are taken from */
    struct op_list other;
    struct op_list scratch;
};

/* Makes one change, chosen at random. Returns false, with the input still whole, if there is no
 * memory for it. */
bool mutation_apply(struct mutation *mutation);

/* Replaces the input by a mixture of it and the other. Returns as mutation_apply. */
bool mutation_cross(struct mutation *mutation);

/* Makes an input for a foreign allocator cheap, mostly: its window is made small; and of the
 * operations that fill a heap, each of which costs as much as dozens of others, one at most is
 * kept, the others become requests for one block. */
void mutation_thin(struct mutation *mutation);

#endif

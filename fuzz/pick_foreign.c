/* Inputs for a foreign allocator. */
#include "fuzz/mutation_pick.h"

const bool pick_foreign = true;

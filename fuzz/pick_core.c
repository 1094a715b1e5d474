/* Inputs for the core's heap. */
#include "fuzz/mutation_pick.h"

const bool pick_foreign = false;

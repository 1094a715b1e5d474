/* In the tool, what an allocator dies of is a verdict. */
#include "fuzz/foreign/host_foreign.h"

const bool host_catches = true;

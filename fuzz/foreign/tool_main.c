/* What the tool of one allocator has of its own. In the tool, what an allocator dies of is a
 * verdict. */
#include "fuzz/foreign/host_foreign.h"

const bool host_catches = true;

/* Of the build (fuzz/foreign/allocators.cmake). */
const char *const host_compile_options = FOREIGN_OPTIONS;
const char *const host_compile_sources = FOREIGN_SOURCES;

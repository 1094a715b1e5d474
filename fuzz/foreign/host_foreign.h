/* What a program with a foreign allocator chooses. */
#ifndef KHEAP_FUZZ_FOREIGN_HOST_FOREIGN_H
#define KHEAP_FUZZ_FOREIGN_HOST_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>

/* True if signals that the allocator dies of become verdicts; false where a fuzzing engine answers
 * them. Defined by tool_main.c or target_foreign.c. */
extern const bool host_catches;

/* The run that was made last. */
struct run;
const struct run *host_last_run(void);

/* How the allocator is compiled without the harness, as words of a shell: options, and its sources
 * with the adapter. Defined by tool_main.c from what the build knows. */
extern const char *const host_compile_options;
extern const char *const host_compile_sources;

/* Of processor time: a call that two ticks find going on, so far apart, does not come to an end.
 * For where basic blocks are not counted: in libraries, or by a compiler that cannot. */
extern int32_t host_tick_seconds;

#endif

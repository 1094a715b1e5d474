/* Who runs an input in this kernel, by the link: session_runner.c runs the project's own heap in a
 * session (fuzz/session.h), foreign/foreign_runner.c a foreign allocator (fuzz/foreign/run.h). */
#ifndef KHEAP_BOOT_RUNNER_H
#define KHEAP_BOOT_RUNNER_H

#include "fuzz/session.h"

/* The bytes of memory that it needs for inputs of slot_count slots. */
uint64_t runner_size_bytes(uint32_t slot_count);

/* Makes it in so many bytes, zeroed. To be called once, after everything that is not for the heap
 * is reserved (boot/memory.h). Returns null, or why there is none. */
const char *runner_start(void *area, uint32_t slot_count);

/* Opens an input, as the host does: input_open (fuzz/input.h). */
const char *runner_open(struct input *input, const uint8_t *data, uint32_t size_bytes);

/* The most frames that an input can have here. */
uint32_t runner_frame_count_max(void);

/* Runs an input, checked after every operation; stop_at as in a session's plan. Returns null with
 * *verdict set, or why there is too little memory for one. A fault may end the kernel meanwhile,
 * after inputs_ended. */
const char *runner_run(struct input *input, uint32_t stop_at, struct verdict *verdict);

#endif

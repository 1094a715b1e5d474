/* Running inputs on the machine of this process: the emulator or the window port, as the program
 * was linked. */
#ifndef KHEAP_FUZZ_HOST_H
#define KHEAP_FUZZ_HOST_H

#include "fuzz/session.h"

/* Starts the machine, with frames for the largest input, and a session for slot_count slots. May be
 * called again to make both larger. Returns false if there is no memory for them. */
bool host_start(uint32_t frame_count_max, uint32_t slot_count);

/* Runs one input (operation bytes or a packed trace). Returns null with *verdict set, or a few
 * words that say why the input cannot be run. A page fault of the core is a verdict as well. */
const char *host_run(const uint8_t *data, uint32_t size_bytes, enum session_check check,
                     struct verdict *verdict);

/* As host_run, with more said about the run. */
struct host_options {
    struct session_plan plan;
    bool policy_given; /* then it overrides the input's */
    uint32_t policy;
};
const char *host_run_with(const uint8_t *data, uint32_t size_bytes,
                          const struct host_options *options, struct verdict *verdict);

/* What the operations of the last run have cost (session_costs). */
const struct session_worst *host_costs(void);

/* "step" (or "incremental"), "both", "full", "local", "shadow" or "none". Returns false for any
 * other word, and null. */
bool session_check_parse(const char *word, enum session_check *check);

/* The word of a check. Requires check < SESSION_CHECK_COUNT. */
const char *session_check_word(enum session_check check);

/* As host_run_with, for operations in memory, in slots below slot_count. */
const char *host_run_ops(const struct op_config *config, const struct op *ops, uint32_t op_count,
                         uint32_t slot_count, const struct host_options *options,
                         struct verdict *verdict);

/* The operation that was being run when the verdict fell, and its number, from 1. */
const struct op *host_operation(void);
uint32_t host_operation_number(void);

/* What each port provides. */
extern const char *const host_port_name;
bool host_port_start(uint32_t frame_count_max);
/* A mirror for the session to check by; null on a port that keeps no journal. */
struct mirror *host_port_mirror(void);
/* The end of the addresses that a heap can grow to. */
uint32_t host_port_window_end(void);

/* To be called by the port on a page fault of the core: does not return. */
_Noreturn void host_faulted(uint32_t at, uint32_t error_code);

/* To be called by the port when a call of the core has made more loads than any may
 * (probe_loads_allow): does not return. */
_Noreturn void host_exhausted(void);

#endif

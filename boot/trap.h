/* Accesses that may fault, by the supervisor and by a user, from which the kernel goes on. */
#ifndef KHEAP_BOOT_TRAP_H
#define KHEAP_BOOT_TRAP_H

#include <stdbool.h>

#include "boot/interrupts.h"

/* Where the user's code and, a page behind it, its stack are to be mapped: the entries for them. */
#define TRAP_USER_AT 0x80400000u
uint32_t trap_user_code(void);
uint32_t trap_user_stack(void);

enum trap_kind { TRAP_READ, TRAP_WRITE, TRAP_FETCH };

/* What came of an access. */
struct trap {
    bool raised;
    uint32_t vector;
    uint32_t error_code;
    uint32_t fault_at; /* CR2 */
    uint32_t word;     /* if it was not raised: EAX, with what was read */
};

/* Reads or writes (`word`) the word at `at`, or calls the code there, which may change EAX alone.
 * Requires interrupts disabled; for a user, user mode started (boot/user_mode.h) and its two pages
 * mapped. */
void trap_access(enum trap_kind kind, bool user, uint32_t at, uint32_t word, struct trap *trap);

/* To be asked first of all when an exception comes: if an access is under way it ends here, and the
 * call does not return. */
void trap_take(const struct interrupt_frame *frame);

#endif

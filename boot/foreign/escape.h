/* A way out of the middle of anything: of an allocator that hangs, gives up, or has faulted. */
#ifndef KHEAP_BOOT_FOREIGN_ESCAPE_H
#define KHEAP_BOOT_FOREIGN_ESCAPE_H

#include <stdint.h>

/* Calls run(context). Returns 0 once that has returned, or what escape was called with meanwhile.
 * One at a time. */
uint32_t escape_run(void (*run)(void *context), void *context);

/* Ends the escape_run under way, on its stack; `value` is not 0. Interrupts stay as they are. */
_Noreturn void escape(uint32_t value);

/* The stack pointer below which the stack of the escape_run under way is not used any more, once
 * escape has been decided on. */
extern uint32_t escape_esp;

#endif

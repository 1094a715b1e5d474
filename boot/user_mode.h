/* User mode: ring 3, for accesses that are a user's (boot/trap.h). Read by C and by the assembler.
 *
 * The kernel's own segments and tasks (boot/descriptors.h) keep their selectors; the user's come
 * behind all that the GDT has. */
#ifndef KHEAP_BOOT_USER_MODE_H
#define KHEAP_BOOT_USER_MODE_H

#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_CODE 0x40
#define SELECTOR_USER_DATA 0x48
#define SELECTOR_USER_TASK 0x50

#ifndef __ASSEMBLER__
/* Loads a GDT that has the user's segments as well, and a task state with a stack for what a user
 * raises. Requires interrupts_start (boot/interrupts.h). To be called once. */
void user_mode_start(void);
#endif

#endif

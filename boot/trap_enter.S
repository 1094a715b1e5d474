/* The accesses of boot/trap.h, and the way back from them.
 *
 * uint32_t trap_enter(uint32_t code, uint32_t at, uint32_t word);
 * uint32_t trap_enter_user(uint32_t code, uint32_t at, uint32_t word, uint32_t stack);
 * _Noreturn void trap_leave(uint32_t word);
 *
 * An access finds its address in EDX and its word in EAX, and leaves its result in EAX. Whatever
 * becomes of it, the stack is as at the entry when trap_leave has put ESP back. */
#include "boot/user_mode.h"

/* SDM 3A 5.5, SDM 1 3.4.3: a selector's privilege level; the flags with nothing but the bit that is
 * always set: interrupts stay disabled, and I/O is the supervisor's. */
#define RING_USER 3
#define FLAGS_USER 0x002

.macro save
    pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    movl 20(%esp), %ecx
    movl 24(%esp), %edx
    movl 28(%esp), %eax
    movl %esp, trap_esp
.endm

.section .text
.globl trap_enter, trap_enter_user, trap_leave
trap_enter:
    save
    jmp *%ecx

trap_enter_user:
    save
    movl 32(%esp), %ebx
    /* A selector of the supervisor's would be lost on the way (SDM 2A, IRET). */
    movl $(SELECTOR_USER_DATA + RING_USER), %esi
    movl %esi, %ds
    movl %esi, %es
    pushl %esi
    pushl %ebx
    pushl $FLAGS_USER
    pushl $(SELECTOR_USER_CODE + RING_USER)
    pushl %ecx
    iret

trap_leave:
    movl 4(%esp), %eax
leave:
    movl $SELECTOR_KERNEL_DATA, %ecx
    movl %ecx, %ds
    movl %ecx, %es
    movl trap_esp, %esp
    movl $0, trap_esp
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret

.globl trap_read, trap_write, trap_fetch
trap_read:
    movl (%edx), %eax
    jmp leave
trap_write:
    movl %eax, (%edx)
    jmp leave
trap_fetch:
    call *%edx
    jmp leave

/* The page that a user has of this. HLT stands at its end, where boot/trap.c looks for it. */
.globl trap_user_page, trap_user_read, trap_user_write, trap_user_fetch
.balign 4096
trap_user_page:
trap_user_read:
    movl (%edx), %eax
    jmp halt
trap_user_write:
    movl %eax, (%edx)
    jmp halt
trap_user_fetch:
    call *%edx
    jmp halt
.org trap_user_page + 4095, 0x90
halt:
    hlt

.section .bss
.globl trap_esp
.balign 4
trap_esp:
    .skip 4

.section .note.GNU-stack, "", @progbits

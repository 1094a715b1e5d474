/* The accesses of boot/trap.h, and the way back from them.
 *
 * uint32_t trap_enter(uint32_t code, uint32_t at, uint32_t word);
 * uint32_t trap_enter_user(uint32_t code, uint32_t at, uint32_t word, uint32_t stack);
 * _Noreturn void trap_leave(uint32_t word);
 *
 * An access finds its address in EDX and its word in EAX, and leaves its result in EAX. Whatever
 * becomes of it, the stack is as at the entry when trap_leave has put ESP back. */
#include "boot/descriptors.h"

/* SDM 1 3.4.3: the flags with nothing but the bit that is always set: interrupts stay disabled, and
 * I/O is the supervisor's. */
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
    movl $(SELECTOR_USER_DATA + SELECTOR_RING_USER), %esi
    movl %esi, %ds
    movl %esi, %es
    pushl %esi
    pushl %ebx
    pushl $FLAGS_USER
    pushl $(SELECTOR_USER_CODE + SELECTOR_RING_USER)
    pushl %ecx
    iret

trap_leave:
    movl 4(%esp), %eax
leave:
    movl $SELECTOR_DATA, %ecx
    movl %ecx, %ds
    movl %ecx, %es
    movl trap_esp, %esp
    movl $0, trap_esp
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret

/* The three accesses, each of which goes on at `end`. */
.macro accesses read, write, fetch, end
.globl \read, \write, \fetch
\read:
    movl (%edx), %eax
    jmp \end
\write:
    movl %eax, (%edx)
    jmp \end
\fetch:
    call *%edx
    jmp \end
.endm

accesses trap_read, trap_write, trap_fetch, leave

/* The page that a user has of this. HLT stands at its end, where boot/trap.c looks for it. */
.globl trap_user_page
.balign 4096
trap_user_page:
accesses trap_user_read, trap_user_write, trap_user_fetch, halt
.org trap_user_page + 4095, 0x90
halt:
    hlt

.section .bss
.globl trap_esp
.balign 4
trap_esp:
    .skip 4

.section .note.GNU-stack, "", @progbits

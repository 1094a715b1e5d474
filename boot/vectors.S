/* One entry for each vector; all meet in a common path that calls interrupt_dispatch. */

/* Vectors for which the processor pushes an error code (SDM 3A 6.13, table 6-1): 8, 10 to 14, 17,
 * 21, 29, 30. For the others a zero takes its place, so that all frames look alike. */
#define HAS_ERROR_CODE 0x60227D00

.section .text
vector_common:
    pusha
    cld
    pushl %esp
    call interrupt_dispatch
.globl vector_return
vector_return: /* boot/backtrace.c knows an interrupt by it */
    addl $4, %esp
    popa
    addl $8, %esp /* vector and error code */
    iret

.altmacro
.macro vector number
    .balign 16
    .if \number >= 32 || !((HAS_ERROR_CODE >> \number) & 1)
    pushl $0
    .endif
    pushl $\number
    jmp vector_common
.endm

/* 48 entries of 16 bytes each: boot/interrupts.c counts on that. */
.globl vector_entries
.balign 16
vector_entries:
.set next, 0
.rept 48
    vector %next
    .set next, next + 1
.endr

.section .note.GNU-stack, "", @progbits

/* uint32_t escape_run(void (*run)(void *context), void *context);
 * _Noreturn void escape(uint32_t value);
 *
 * What escape finds on the stack is what the ABI has a called function keep. */
.section .text
.globl escape_run
.type escape_run, @function
escape_run:
    pushl %ebp
    movl %esp, %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    movl %esp, escape_esp
    pushl 12(%ebp)
    call *8(%ebp)
    addl $4, %esp
    xorl %eax, %eax
leave_run:
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret
.size escape_run, . - escape_run

.globl escape
.type escape, @function
escape:
    movl 4(%esp), %eax
    movl escape_esp, %esp
    cld
    jmp leave_run
.size escape, . - escape

.section .bss
.globl escape_esp
.balign 4
escape_esp:
    .skip 4

.section .note.GNU-stack, "", @progbits

/* The switch from one thread to another, as a call that returns on the other's stack.
 *
 * void thread_switch(uint32_t *leave_esp, uint32_t enter_esp);
 *
 * Saves what a called function must keep (System V ABI for the Intel386, "Function calling
 * sequence") on the stack that it leaves, and where that ends in *leave_esp; then takes the same
 * from the stack that it enters. All other registers are the caller's to save: the compiler's where
 * a thread yields, boot/vectors.S where an interrupt takes the processor away. Flags need not be
 * saved, as interrupts are disabled on both sides. boot/thread.c lays out a new thread's stack as
 * if it had been left here. */

.section .text
.globl thread_switch
.type thread_switch, @function
thread_switch:
    movl 4(%esp), %eax
    movl 8(%esp), %edx
    pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    movl %esp, (%eax)
    movl %edx, %esp
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret
.size thread_switch, . - thread_switch

.section .note.GNU-stack, "", @progbits

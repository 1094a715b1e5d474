/* From the Multiboot loader to C.
 *
 * The loader leaves the processor in 32-bit protected mode, paging off, interrupts off, EAX holding
 * its magic and EBX the physical address of its information (Multiboot 3.2). This code runs at
 * physical addresses until it jumps high. It fills the boot page directory and one page table,
 * which lie in the image's zeroed data, and turns paging on:
 *
 *   slot 0          4 MiB at 0, for the jump alone: dropped right after it
 *   slots 256..766  the direct map, 4 MiB pages
 *   slot 768        boot_table: the image, its text read-only, and the stacks between their guards
 *   slot 1023       the directory itself
 *
 * Addresses: boot/layout.h. */
#include "boot/layout.h"

/* Multiboot 3.1: the header; bit 0 asks for modules on page boundaries, bit 1 for memory sizes. */
#define MULTIBOOT_HEADER_MAGIC 0x1BADB002
#define MULTIBOOT_HEADER_FLAGS 0x00000003

/* SDM 3A 4.3, tables 4-4 to 4-6. */
#define PRESENT 0x001
#define WRITABLE 0x002
#define LARGE 0x080
#define LARGE_SPAN 0x400000
#define PAGE 0x1000

/* SDM 3A 2.5: paging, write protection for the supervisor too, 4 MiB pages. */
#define CR0_PG 0x80000000
#define CR0_WP 0x00010000
#define CR4_PSE 0x00000010

/* SDM 3A 10.4.1, 10.5.1, 10.9: registers of the local APIC at their physical addresses; software
 * enable with spurious vector 2FH; an input that passes the 8259A's interrupts on (ExtINT). */
#define APIC_SPURIOUS 0xFEE000F0
#define APIC_ENABLE 0x12F
#define APIC_LINT0 0xFEE00350
#define APIC_EXTERNAL 0x700

#define PHYSICAL(symbol) (symbol - KERNEL_AT)
#define STACK_END (PHYSICAL(image_end) + STACK_SIZE)
#define TABLE_ENTRY(page) (PHYSICAL(boot_table) + 4 * ((page >> 12) & 1023))

.section .multiboot, "a"
.balign 4
    .long MULTIBOOT_HEADER_MAGIC
    .long MULTIBOOT_HEADER_FLAGS
    .long -(MULTIBOOT_HEADER_MAGIC + MULTIBOOT_HEADER_FLAGS)

/* Writes table entries from EDX on, for the frames from `first` up to `end`. */
.macro map_frames first, end, flags
    movl $(\first + \flags), %eax
1:  cmpl $(\end + \flags), %eax
    jae 2f
    movl %eax, (%edx)
    addl $4, %edx
    addl $PAGE, %eax
    jmp 1b
2:
.endm

.section .text
.globl entry
.type entry, @function
entry:
    cli
    cld
    movl %eax, %ebp

    movl $PHYSICAL(boot_directory), %edi
    movl $(PRESENT + WRITABLE + LARGE), %eax
    movl %eax, (%edi)
    leal 4 * DIRECT_SLOT(%edi), %edx
    movl $DIRECT_SLOTS, %ecx
1:  movl %eax, (%edx)
    addl $4, %edx
    addl $LARGE_SPAN, %eax
    loop 1b

    movl $TABLE_ENTRY(IMAGE_AT), %edx
    map_frames PHYSICAL(image_start), PHYSICAL(image_writable), PRESENT
    map_frames PHYSICAL(image_writable), PHYSICAL(image_end), (PRESENT + WRITABLE)
    movl $TABLE_ENTRY(STACK_AT), %edx
    map_frames PHYSICAL(image_end), STACK_END, (PRESENT + WRITABLE)
    movl $TABLE_ENTRY(FAULT_STACK_AT), %edx
    map_frames STACK_END, (STACK_END + FAULT_STACK_SIZE), (PRESENT + WRITABLE)
    movl $(PHYSICAL(boot_table) + PRESENT + WRITABLE), 4 * (KERNEL_AT >> 22)(%edi)
    leal (PRESENT + WRITABLE)(%edi), %eax
    movl %eax, 4 * 1023(%edi)

    /* A local APIC comes out of reset with the input from the 8259A masked. A PC's firmware opens
     * it, a microvm's does not. Paging is still off, so it can be reached. Where there is none,
     * these stores go nowhere. */
    movl $APIC_ENABLE, APIC_SPURIOUS
    movl $APIC_EXTERNAL, APIC_LINT0

    movl %cr4, %eax
    orl $CR4_PSE, %eax
    movl %eax, %cr4
    movl %edi, %cr3
    movl %cr0, %eax
    orl $(CR0_PG + CR0_WP), %eax
    movl %eax, %cr0
    movl $.Lhigh, %eax
    jmp *%eax

.Lhigh:
    movl $0, boot_directory
    movl %cr3, %eax
    movl %eax, %cr3
    movl $(STACK_AT + STACK_SIZE), %esp
    pushl $0 /* ends the chain of frames and keeps the arguments 16-byte aligned */
    pushl $0
    pushl %ebx
    pushl %ebp
    xorl %ebp, %ebp
    call kernel_main
    ud2 /* kernel_main does not return */
.size entry, . - entry

/* What kernel.ld checks its own numbers against. */
.globl layout_image_at, layout_stack_at, layout_stack_size
.globl layout_fault_stack_at, layout_fault_stack_size, layout_thread_stacks_at
.set layout_image_at, IMAGE_AT
.set layout_stack_at, STACK_AT
.set layout_stack_size, STACK_SIZE
.set layout_fault_stack_at, FAULT_STACK_AT
.set layout_fault_stack_size, FAULT_STACK_SIZE
.set layout_thread_stacks_at, THREAD_STACKS_AT

.section .bss
.globl boot_directory, boot_table
.balign PAGE
boot_directory:
    .skip PAGE
boot_table:
    .skip PAGE

.section .note.GNU-stack, "", @progbits

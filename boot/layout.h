/* The kernel's address map, in prose and in numbers. Read by C and by the assembler.
 *
 *   00000000 - 003FFFFF  nothing, once boot is over: a null pointer faults
 *   20000000 - 3FFFFFFF  AddressSanitizer's shadow, in kheap-asan.elf alone (boot/asan/shadow.h)
 *   40000000 - BFBFFFFF  the direct map: physical memory from 0 on, in 4 MiB pages. It belongs to
 *                        the harness: Multiboot's structures, modules, session memory and the
 *                        probe's view of tables and frames. The core never looks through it.
 *   BFC00000 - BFFFFFFF  the device window: other users of the MMU map pages here (slot 767)
 *   C0000000 - C03FFFFF  the kernel's own, through one page table (slot 768):
 *     C0100000             the image: text and constants read-only, then data, loaded at 1 MiB
 *     C0380000 - C03DFFFF  the threads' stacks, 32 KiB apart, each of them 24 KiB between two guard
 *                          pages; mapped where threads run (boot/thread.h)
 *     C03EB000             guard page, never mapped
 *     C03EC000 - C03EDFFF  the double fault's stack, 8 KiB: what reports that the other overflowed
 *     C03EE000             guard page, never mapped
 *     C03EF000             guard page, never mapped
 *     C03F0000 - C03F7FFF  the kernel stack, 32 KiB, growing down from its end
 *     C03F8000             guard page, never mapped
 *   C0400000 - FFBFFFFF  the heap's window: boot maps nothing there
 *   FFC00000 - FFFFFFFF  the directory mapped into itself (slot 1023)
 *
 * The direct map stops below 2 GiB; frames beyond it are not used. */
#ifndef KHEAP_BOOT_LAYOUT_H
#define KHEAP_BOOT_LAYOUT_H

/* What the image is linked above its physical address. */
#define KERNEL_AT 0xC0000000

/* Where the image is linked. A Multiboot loader puts it 3 GiB lower, at 1 MiB, above the PC's
 * low memory. kernel.ld repeats these numbers and is checked against them when it links. */
#define IMAGE_AT 0xC0100000
#define STACK_AT 0xC03F0000
#define STACK_SIZE 0x8000
#define FAULT_STACK_AT 0xC03EC000
#define FAULT_STACK_SIZE 0x2000

#define THREAD_STACKS_AT 0xC0380000
#define THREAD_STACKS 12
#define THREAD_STACK_SPAN 0x8000

#define DIRECT_AT 0x40000000
#define DIRECT_SLOT 256
#define DIRECT_SLOTS 511

/* Frames below this one are the PC's low memory: real-mode tables, BIOS data, adapters, ROM. */
#define LOW_FRAMES 256

#endif

#include "boot/fill.h"

#include <stdbool.h>

#include "boot/layout.h"
#include "mmu_x86/i386.h"

/* SDM 2A, CPUID: EDX of leaf 1. */
#define CPUID_FEATURES 1u
#define CPUID_FXSR 0x01000000u
#define CPUID_SSE 0x02000000u

/* SDM 3A 2.5: with EM or TS set SSE instructions fault, and without OSFXSR they are none. A task
 * switch sets TS. */
#define CR0_EM 0x4u
#define CR0_TS 0x8u
#define CR4_OSFXSR 0x200u

static bool has_sse;

void fill_start(void)
{
    uint32_t leaf = CPUID_FEATURES;
    uint32_t features;
    uint32_t control;
    __asm__ volatile("cpuid" : "+a"(leaf), "=d"(features) : : "ebx", "ecx");
    has_sse = (features & CPUID_FXSR) != 0 && (features & CPUID_SSE) != 0;
    if (!has_sse)
        return;
    __asm__ volatile("movl %%cr0, %0" : "=r"(control));
    control &= ~(CR0_EM | CR0_TS);
    __asm__ volatile("movl %0, %%cr0" : : "r"(control) : "memory");
    __asm__ volatile("movl %%cr4, %0" : "=r"(control));
    control |= CR4_OSFXSR;
    __asm__ volatile("movl %0, %%cr4" : : "r"(control) : "memory");
}

static void fill_wide(uint32_t at, uint32_t word)
{
    const uint32_t words[4] = {word, word, word, word};
    uint32_t left = PAGE_SIZE / 128u;
    __asm__ volatile("movups %2, %%xmm0\n"
                     "1:\n\t"
                     "movaps %%xmm0, (%0)\n\t"
                     "movaps %%xmm0, 16(%0)\n\t"
                     "movaps %%xmm0, 32(%0)\n\t"
                     "movaps %%xmm0, 48(%0)\n\t"
                     "movaps %%xmm0, 64(%0)\n\t"
                     "movaps %%xmm0, 80(%0)\n\t"
                     "movaps %%xmm0, 96(%0)\n\t"
                     "movaps %%xmm0, 112(%0)\n\t"
                     "addl $128, %0\n\t"
                     "decl %1\n\t"
                     "jnz 1b"
                     : "+r"(at), "+r"(left)
                     : "m"(words)
                     : "memory", "cc");
}

/* As machine_fill, by stores of their own: QEMU translates a string instruction to a loop that
 * looks for interrupts after each word. */
static void fill_narrow(uint32_t at, uint32_t word)
{
    uint32_t left = PAGE_SIZE / 32u;
    __asm__ volatile("1:\n\t"
                     "movl %2, (%0)\n\t"
                     "movl %2, 4(%0)\n\t"
                     "movl %2, 8(%0)\n\t"
                     "movl %2, 12(%0)\n\t"
                     "movl %2, 16(%0)\n\t"
                     "movl %2, 20(%0)\n\t"
                     "movl %2, 24(%0)\n\t"
                     "movl %2, 28(%0)\n\t"
                     "addl $32, %0\n\t"
                     "decl %1\n\t"
                     "jnz 1b"
                     : "+r"(at), "+r"(left)
                     : "r"(word)
                     : "memory", "cc");
}

void fill_frame(uint32_t frame, uint32_t word)
{
    uint32_t at = DIRECT_AT + (frame << PAGE_SHIFT);
    if (has_sse)
        fill_wide(at, word);
    else
        fill_narrow(at, word);
}

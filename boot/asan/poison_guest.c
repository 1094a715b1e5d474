/* Poison in the kernel: whatever the core touches there past mmu_x86/machine.h is reported, tags
 * and links too (boot/asan/report.h), at all times. So nothing of that needs to be kept up to date;
 * what a program may touch, the heap's calls open and close (boot/asan/heap.c), and a new machine
 * has nothing of it. */
#include "fuzz/poison.h"

#include "boot/asan/blocks.h"
#include "boot/asan/shadow.h"

void poison_begin(const struct boot_state *boot)
{
    (void)boot;
    shadow_reset();
    blocks_reset();
}

void poison_update(const struct scene *scene, const struct mirror *mirror)
{
    (void)scene;
    (void)mirror;
}

void poison_end(void)
{
}

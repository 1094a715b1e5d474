/* AddressSanitizer's shadow memory in the kernel's address space.
 *
 * A shadow byte says of a granule of 8 bytes how much of it may be touched: 0 all, 1 to 7 that many
 * from the start, more than 127 nothing, and why. It stands at (address >> 3) + SHADOW_AT, which
 * the compiler is told as well (boot/asan/CMakeLists.txt): so the shadow of 4 GiB fills
 *
 *   20000000 - 3FFFFFFF  just below the direct map (boot/layout.h)
 *
 * Of the heap's window the live payloads are open, to the byte; tags, free blocks, and what is not
 * mapped are closed, and so are the page tables and what lies below the direct map. The direct map
 * and the device window are open; in image and stack the compiler closes what lies between
 * variables.
 *
 * Everything that is alike is one shared page, read-only; image and stack have frames of their own,
 * and of the window what differs within 32 KiB. The directory's slots are filled before the first
 * rule is checked, and never change (rule P4). */
#ifndef KHEAP_BOOT_ASAN_SHADOW_H
#define KHEAP_BOOT_ASAN_SHADOW_H

#include <stdbool.h>
#include <stdint.h>

#define GRANULE 8u

#define SHADOW_AT 0x20000000u

/* What the compiler writes, and the heap's two, which are the C library's runtime's
 * (LLVM, compiler-rt/lib/asan/asan_internal.h). */
enum shadow_value {
    SHADOW_OPEN = 0x00,
    SHADOW_STACK_LEFT = 0xF1,
    SHADOW_STACK_MIDDLE = 0xF2,
    SHADOW_STACK_RIGHT = 0xF3,
    SHADOW_STACK_SCOPE = 0xF8,
    SHADOW_GLOBAL = 0xF9,
    SHADOW_HEAP_CLOSED = 0xFA, /* nobody's: tags, what was never allocated, what is not mapped */
    SHADOW_HEAP_FREED = 0xFD,
};

/* Maps the shadow, everything open but the heap's window. Requires paging on. To be called before
 * any instrumented code runs. */
void shadow_start(void);

/* Opens a block of size_bytes bytes, to the byte; closes one, as freed, and returns its size in
 * bytes, which the shadow knows: 0 if nothing is open at `at`. For the program's shadow of the
 * heap's window. Requires at % GRANULE == 0. Cost: size_bytes / 8, or less; ends the run if there
 * are no pages left. */
void shadow_open(uint32_t at, uint32_t size_bytes);
uint32_t shadow_close(uint32_t at);

/* Closes the whole window, as never allocated. Cost: what was opened since the last time. */
void shadow_reset(void);

/* Sets granules of the image or the stack. Requires at % GRANULE == 0. */
void shadow_set(uint32_t at, uint32_t size_bytes, enum shadow_value value);

/* Opens the first size_bytes bytes of a variable and closes the rest up to size_with_redzone. */
void shadow_global(uint32_t at, uint32_t size_bytes, uint32_t size_with_redzone);

static inline uint8_t shadow_byte(uint32_t at)
{
    return *(const volatile uint8_t *)(SHADOW_AT + at / GRANULE);
}

/* True if the byte at `at` may be touched. */
static inline bool shadow_allows(uint32_t at)
{
    uint8_t byte = shadow_byte(at);
    return byte == 0 || (byte < GRANULE && at % GRANULE < byte);
}

#endif

/* Where the boot takes AddressSanitizer in: before kernel_main, once memory is described, and
 * before inputs are run. */
#include "boot/asan/blocks.h"
#include "boot/asan/interpose.h"
#include "boot/asan/pool.h"
#include "boot/asan/provoke.h"
#include "boot/asan/shadow.h"
#include "boot/memory.h"

/* Shadow pages of the heap's window: a heap that fills memory takes an eighth of it. Most of one is
 * open or closed in whole pages, which are shared, so half of that does for most. */
#define MEMORY_PER_SHADOW 16u

typedef void (*constructor_t)(void);
extern const constructor_t constructors_start[], constructors_end[]; /* boot/kernel.ld */

/* The constructors hand over each file's variables. Nothing else has one. */
void __wrap_kernel_main(uint32_t magic, uint32_t info_at)
{
    shadow_start();
    for (const constructor_t *next = constructors_start; next < constructors_end; next++)
        (*next)();
    __real_kernel_main(magic, info_at);
}

enum exit_value __wrap_memory_describe(const struct multiboot_info *info, uint32_t image_at,
                                       uint32_t image_end, const char **why)
{
    enum exit_value described = __real_memory_describe(info, image_at, image_end, why);
    if (described != EXIT_OK)
        return described;
    uint64_t longest;
    uint32_t page_count = memory_frame_count() / MEMORY_PER_SHADOW;
    uint8_t *area = memory_carve(BLOCKS_BYTES + (uint64_t)page_count * PAGE_SIZE, &longest);
    if (area == NULL) {
        *why = "too little memory for AddressSanitizer's shadow and records";
        return EXIT_LITTLE_MEMORY;
    }
    blocks_start(area + page_count * PAGE_SIZE);
    pool_start(area, page_count);
    return EXIT_OK;
}

enum exit_value __wrap_inputs_run(const struct multiboot_info *info, uint32_t stop_at)
{
    enum exit_value value;
    return provoke_run(info, &value) ? value : __real_inputs_run(info, stop_at);
}

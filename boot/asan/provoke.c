#include "boot/asan/provoke.h"

#include <stddef.h>
#include <stdint.h>

#include "boot/asan/interpose.h"
#include "boot/command_line.h"
#include "boot/memory.h"
#include "boot/probe.h"
#include "boot/serial.h"
#include "mmu_x86/probe.h"

#define FRAMES 2048u
#define KEY 0x5BD1E995u

/* No multiple of 8: the last granule is open in part, and the byte behind is the block's own in the
 * core's eyes. */
#define BLOCK_BYTES 13u

typedef volatile char *bytes_t;

static struct heap heap;
static struct boot_state boot;

bool provoke_heap_make(struct heap *made)
{
    if (!probe_start() || !probe_reset(FRAMES, &boot) ||
        frames_init(boot.frames_at, boot.frames_size_bytes, &boot.map) != FRAMES_OK)
        return false;
    struct heap_config config = {
        .frames = boot.frames_at,
        .start = vaddr_of(HEAP_WINDOW_START),
        .limit = vaddr_of(HEAP_WINDOW_END),
        .key = KEY,
        .policy = HEAP_BINS,
    };
    return heap_init(made, &config) == HEAP_OK;
}

/* The compiler is not to know where an index leads. */
static uint32_t hidden(uint32_t value)
{
    __asm__ volatile("" : "+r"(value));
    return value;
}

/* Calls in functions of their own, whose names a report must show. */
__attribute__((noinline)) static bytes_t block_make(void)
{
    return (bytes_t)kmalloc(&heap, BLOCK_BYTES).v;
}

__attribute__((noinline)) static void block_drop(bytes_t block)
{
    kfree(&heap, vaddr_of((uint32_t)(uintptr_t)block));
}

/* A block between two others, each byte of it written: what may be touched is not reported. */
static bytes_t block_used(void)
{
    (void)block_make();
    bytes_t block = block_make();
    (void)block_make();
    for (uint32_t i = 0; i < BLOCK_BYTES; i++)
        block[i] = (char)i;
    return block;
}

__attribute__((noinline)) static void provoke_overflow_write(void)
{
    block_used()[BLOCK_BYTES] = 0;
}

__attribute__((noinline)) static void provoke_overflow_read(void)
{
    (void)block_used()[BLOCK_BYTES];
}

/* Its first byte may be read, its last one not. */
__attribute__((noinline)) static void provoke_overflow_word(void)
{
    typedef volatile uint16_t __attribute__((may_alias)) * halves_t;
    (void)*(halves_t)(block_used() + BLOCK_BYTES - 1u);
}

__attribute__((noinline)) static void provoke_overflow_copy(void)
{
    char from[2u * BLOCK_BYTES] = {0};
    __builtin_memcpy((char *)(uintptr_t)block_used(), from, hidden(BLOCK_BYTES + 2u));
}

/* Right behind the new block's end another one was freed before: that is not to be blamed. */
__attribute__((noinline)) static void provoke_overflow_reused(void)
{
    bytes_t first = block_make();
    bytes_t second = block_make();
    (void)block_make();
    block_drop(first);
    block_drop(second);
    uint32_t size_bytes = (uint32_t)(second - first);
    bytes_t block = (bytes_t)kmalloc(&heap, size_bytes).v;
    block[size_bytes] = 0;
}

__attribute__((noinline)) static void provoke_underflow_write(void)
{
    block_used()[-1] = 0;
}

__attribute__((noinline)) static void provoke_underflow_read(void)
{
    (void)block_used()[-1];
}

__attribute__((noinline)) static void provoke_use_after_free(void)
{
    bytes_t block = block_used();
    block_drop(block);
    (void)block[BLOCK_BYTES - 1u];
}

__attribute__((noinline)) static void provoke_double_free(void)
{
    bytes_t block = block_used();
    heap_misuse_ends_run();
    block_drop(block);
    block_drop(block);
}

__attribute__((noinline)) static void provoke_stack_overflow(void)
{
    volatile char stack_bytes[BLOCK_BYTES];
    for (uint32_t i = 0; i < hidden(BLOCK_BYTES); i++)
        stack_bytes[i] = (char)i;
    stack_bytes[hidden(BLOCK_BYTES)] = 0;
}

__attribute__((noinline)) static void provoke_use_after_scope(void)
{
    bytes_t kept;
    {
        volatile char scope_bytes[BLOCK_BYTES];
        scope_bytes[0] = 0;
        kept = (bytes_t)hidden((uint32_t)(uintptr_t)scope_bytes);
    }
    (void)kept[BLOCK_BYTES - 1u];
}

static volatile char global_bytes[BLOCK_BYTES];

__attribute__((noinline)) static void provoke_global_overflow(void)
{
    for (uint32_t i = 0; i < hidden(BLOCK_BYTES); i++)
        global_bytes[i] = (char)i;
    (void)global_bytes[hidden(BLOCK_BYTES)];
}

__attribute__((noinline)) static void provoke_core_access(void)
{
    (void)provoke_core_read(block_used());
}

/* The first frame that the core may take, where the direct map shows it. */
__attribute__((noinline)) static void provoke_core_frame(void)
{
    uint32_t found;
    uint32_t behind = memory_cut(0, FRAME_COUNT_MAX, 1, &found);
    (void)provoke_core_read(memory_direct((behind - 1u) << PAGE_SHIFT));
}

/* Not a mistake: as many blocks as there is memory for, each on a page of its own, so that of a
 * shadow page nothing is shared. */
static void provoke_full(void)
{
    while (!vaddr_is_null(kmalloc(&heap, PAGE_SIZE - BLOCK_OVERHEAD)))
        ;
}

static const struct {
    const char *word;
    void (*provoke)(void);
} mistakes[] = {
    {"asan-overflow-write", provoke_overflow_write},
    {"asan-overflow-read", provoke_overflow_read},
    {"asan-overflow-word", provoke_overflow_word},
    {"asan-overflow-copy", provoke_overflow_copy},
    {"asan-overflow-reused", provoke_overflow_reused},
    {"asan-underflow-write", provoke_underflow_write},
    {"asan-underflow-read", provoke_underflow_read},
    {"asan-use-after-free", provoke_use_after_free},
    {"asan-double-free", provoke_double_free},
    {"asan-stack-overflow", provoke_stack_overflow},
    {"asan-use-after-scope", provoke_use_after_scope},
    {"asan-global-overflow", provoke_global_overflow},
    {"asan-core-access", provoke_core_access},
    {"asan-core-frame", provoke_core_frame},
    {"asan-full", provoke_full},
};

bool provoke_run(const struct multiboot_info *info, enum exit_value *value)
{
    if (command_line_has(info, "asan-exact")) {
        *value = exact_run();
        return true;
    }
    for (uint32_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        if (!command_line_has(info, mistakes[i].word))
            continue;
        *value = EXIT_VIOLATION;
        if (provoke_heap_make(&heap))
            mistakes[i].provoke();
        serial_text("kheap: AddressSanitizer has not seen the mistake\n");
        return true;
    }
    return false;
}

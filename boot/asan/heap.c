/* The heap's calls as this kernel's programs make them: the linker leads each call to __wrap_NAME,
 * and __real_NAME to the heap's own (--wrap, GNU ld's manual).
 *
 * A block is closed before the core is told to free or resize it, and opened after the core has
 * handed it out: between the two an interrupt handler may get the same memory. If a misuse was
 * reported the core has changed nothing, and the block is opened again. */
#include "boot/asan/blocks.h"
#include "boot/asan/interpose.h"
#include "boot/asan/report.h"
#include "boot/asan/shadow.h"
#include "boot/thread.h"
#include "mmu_x86/machine.h"

static bool misuse_ends_run;

/* A call of the heap that is under way. Each thread has its own, and while one is, an interrupt may
 * come whose handler makes another: so they lie on the stack, the innermost first. */
struct call {
    const void *frame; /* of who was called: a misuse is its caller's */
    bool misused;
    struct call *outer;
};

static struct call *calls[THREADS]; /* of each thread */

static void call_begin(struct call *call, const void *frame)
{
    struct call **innermost = &calls[thread_running()];
    *call = (struct call){.frame = frame, .outer = *innermost};
    *innermost = call;
}

static void call_end(const struct call *call)
{
    calls[thread_running()] = call->outer;
}

/* The shadow's pages and the records are one for all, and an interrupt handler allocates, too.
 * These are not machine_interrupts_disable: injection counts those. */
static uint32_t lock(void)
{
    uint32_t flags;
    __asm__ volatile("pushfl\n\tpopl %0\n\tcli" : "=r"(flags) : : "memory");
    return flags;
}

static void unlock(uint32_t flags)
{
    __asm__ volatile("pushl %0\n\tpopfl" : : "r"(flags) : "memory", "cc");
}

static vaddr_t allocated(vaddr_t at, uint32_t size_bytes, const void *frame)
{
    struct trace trace;
    if (vaddr_is_null(at))
        return at;
    trace_take(&trace, frame);
    uint32_t flags = lock();
    shadow_open(at.v, size_bytes);
    block_allocated(at.v, size_bytes, &trace);
    unlock(flags);
    return at;
}

/* True if a live block starts there: the granule before a payload holds tags and is closed. */
static bool is_live(vaddr_t at)
{
    return at.v >= HEAP_WINDOW_START + GRANULE && at.v < HEAP_WINDOW_END && at.v % GRANULE == 0 &&
           shadow_allows(at.v) && !shadow_allows(at.v - GRANULE);
}

/* Closes a block that is about to be freed. Returns its size, 0 if there is none. */
static uint32_t leaves(vaddr_t at, const void *frame)
{
    struct trace trace;
    if (!is_live(at))
        return 0;
    trace_take(&trace, frame);
    uint32_t flags = lock();
    uint32_t size_bytes = shadow_close(at.v);
    block_freed(at.v, &trace);
    unlock(flags);
    return size_bytes;
}

static void lives_on(vaddr_t at, uint32_t size_bytes)
{
    if (size_bytes == 0)
        return;
    uint32_t flags = lock();
    shadow_open(at.v, size_bytes);
    block_lives_on(at.v);
    unlock(flags);
}

vaddr_t __wrap_kmalloc(const struct heap *heap, uint32_t size_bytes)
{
    struct call call;
    call_begin(&call, __builtin_frame_address(0));
    vaddr_t at = allocated(__real_kmalloc(heap, size_bytes), size_bytes, call.frame);
    call_end(&call);
    return at;
}

vaddr_t __wrap_kcalloc(const struct heap *heap, uint32_t count, uint32_t size_bytes)
{
    struct call call;
    call_begin(&call, __builtin_frame_address(0));
    vaddr_t at = allocated(__real_kcalloc(heap, count, size_bytes), count * size_bytes, call.frame);
    call_end(&call);
    return at;
}

vaddr_t __wrap_kmalloc_aligned(const struct heap *heap, uint32_t size_bytes, uint32_t align_bytes)
{
    struct call call;
    call_begin(&call, __builtin_frame_address(0));
    vaddr_t at =
        allocated(__real_kmalloc_aligned(heap, size_bytes, align_bytes), size_bytes, call.frame);
    call_end(&call);
    return at;
}

vaddr_t __wrap_krealloc(const struct heap *heap, vaddr_t at, uint32_t size_bytes)
{
    struct call call;
    call_begin(&call, __builtin_frame_address(0));
    uint32_t old_bytes = leaves(at, call.frame);
    vaddr_t moved = __real_krealloc(heap, at, size_bytes);
    if (vaddr_is_null(moved) && (size_bytes != 0 || call.misused))
        lives_on(at, old_bytes);
    moved = allocated(moved, size_bytes, call.frame);
    call_end(&call);
    return moved;
}

void __wrap_kfree(const struct heap *heap, vaddr_t at)
{
    struct call call;
    call_begin(&call, __builtin_frame_address(0));
    uint32_t size_bytes = leaves(at, call.frame);
    __real_kfree(heap, at);
    if (call.misused)
        lives_on(at, size_bytes);
    call_end(&call);
}

/* Who asks how much may be used may use it. */
uint32_t __wrap_kmalloc_usable_size(const struct heap *heap, vaddr_t at)
{
    struct call call;
    call_begin(&call, __builtin_frame_address(0));
    uint32_t size_bytes = __real_kmalloc_usable_size(heap, at);
    if (size_bytes != 0 && is_live(at)) {
        uint32_t flags = lock();
        shadow_open(at.v, size_bytes);
        block_widened(at.v, size_bytes);
        unlock(flags);
    }
    call_end(&call);
    return size_bytes;
}

/* Comes in the thread that called; calls that are not interposed have none here. */
void __wrap_machine_misuse(const struct misuse *misuse)
{
    struct call *call = calls[thread_running()];
    if (call != NULL)
        call->misused = true;
    if (misuse_ends_run)
        report_misuse(misuse, call != NULL ? call->frame : __builtin_frame_address(0));
    __real_machine_misuse(misuse);
}

void heap_misuse_ends_run(void)
{
    misuse_ends_run = true;
}

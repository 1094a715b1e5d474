/* The example's heap with mistakes on purpose, each by a size that is asked for: so that it can be
 * seen what the kernel makes of them (boot/foreign/foreign_test.sh). */
#include "first_fit.h"

#include "fuzz/foreign/adapter.h"

/* Keep the compiler from knowing what it does. */
static volatile uint32_t zero;
static char *volatile nowhere = NULL;

static char *window;
static char *window_end;
static void *last; /* block */

/* Variables that are brought back before each run: seen anew, they are as here. */
static uint32_t runs_seen;
static uint32_t runs_left = 1;

static const char constant[16] = "constant";

static bool init(void *start, void *limit)
{
    window = start;
    window_end = limit;
    last = NULL;
    return heap_init(start, (size_t)(window_end - window));
}

/* What it adds up keeps the compiler from making a loop of it. */
__attribute__((noinline)) static uint32_t deep(uint32_t depth)
{
    volatile uint32_t room[64];
    room[depth % 64u] = depth;
    uint32_t deeper = depth == 0 ? 0 : deep(depth - 1u);
    return deeper + room[depth % 64u];
}

static void hang(void)
{
    for (;;)
        zero = 0;
}

/* With a variable that was not brought back, this goes wrong the second time. */
static void count_runs(void)
{
    runs_left--;
    if (runs_seen++ != 0 || runs_left != 0)
        adapter_panic("variables of an earlier run");
}

static void mistake(size_t size_bytes)
{
    switch (size_bytes) {
    case 1001: window[-1] = 1; break;
    case 1002: *window_end = 1; break;
    case 1003: hang(); break;
    case 1004: zero = deep(~0u) & 0u; break;
    case 1005: *nowhere = 1; break;
    case 1006: zero = (uint32_t)(uintptr_t)window / zero; break;
    case 1007: adapter_panic("an assertion does not hold"); break;
    case 1008: *(nowhere + 0xA5A5A5A4u) = 1; break; /* in the kernel's direct map */
    case 1009: *(nowhere - 16) = 1; break;          /* in its page directory */
    case 1010: __builtin_trap(); break;
    case 1011: *(volatile char *)(uintptr_t)constant = 1; break;
    case 1012: ((void (*)(void))(uintptr_t)nowhere)(); break;
    case 1013: count_runs(); break;
    default: break;
    }
}

/* 1014: hands a block out twice. */
static void *alloc(size_t size_bytes)
{
    mistake(size_bytes);
    if (size_bytes != 1014u || last == NULL)
        last = kmalloc(size_bytes);
    return last;
}

const struct adapter adapter = {
    .name = "provoked",
    .memory = ADAPTER_POOL,
    .init = init,
    .alloc = alloc,
    .release = kfree,
    .resize = krealloc,
    .start_align = 16,
    .align_bytes = 16,
};

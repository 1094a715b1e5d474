/* An allocator whose alloc does what only a sanitizer sees, by the size that it is asked for. Its
 * blocks are handed out one behind the other, and never again. */
#include "fuzz/foreign/adapter.h"

#define WORDS 4u

static int data_words[WORDS] = {1, 2, 3, 4};
static int bss_words[WORDS];
static char *volatile window_limit;
static char *next;
static char *volatile first;
static volatile int sink;

static bool init(void *start, void *limit)
{
    if (next != NULL || data_words[0] != 1 || bss_words[0] != 0)
        __builtin_trap(); /* its variables were not brought back */
    data_words[0] = 2;
    bss_words[0] = 2;
    next = start;
    window_limit = limit;
    return true;
}

static void fault(size_t size_bytes)
{
    volatile unsigned index = WORDS;
    volatile int most = __INT_MAX__;
    switch (size_bytes) {
    /* A byte of a live payload; the last but for those that share 8 with free ones; into it. */
    case 1001: sink = first[0]; break;
    case 1002: sink = first[95]; break;
    case 1003: first[50] = 1; break;
    /* Behind the window, on its page. */
    case 1004: sink = *window_limit; break;
    case 1005: sink = window_limit[7]; break;
    /* Behind a variable. */
    case 1006: sink = data_words[index]; break;
    case 1007: bss_words[index] = 5; break;
    /* A sum that is undefined. */
    case 1008: sink = most + 1; break;
    default: break;
    }
}

static void *alloc(size_t size_bytes)
{
    char *at = next;
    if (size_bytes > (size_t)(window_limit - next))
        return NULL;
    fault(size_bytes);
    if (first == NULL)
        first = at;
    next += (size_bytes + 31u) / 16u * 16u;
    return at;
}

static void release(void *at)
{
    sink = *(char *)at; /* it is its own now */
}

const struct adapter adapter = {
    .name = "faulty", .memory = ADAPTER_POOL, .init = init, .alloc = alloc, .release = release};

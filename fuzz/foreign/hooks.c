/* The hooks that give memory, one caller at a time: the allocator may be used by several threads.
 */
#include "fuzz/foreign/supply.h"

static char hooks_held;

static void enter(void)
{
    while (__atomic_test_and_set(&hooks_held, __ATOMIC_ACQUIRE))
        continue;
}

static void leave(void)
{
    __atomic_clear(&hooks_held, __ATOMIC_RELEASE);
}

void *adapter_sbrk(intptr_t increment)
{
    enter();
    void *at = supply_sbrk(increment);
    leave();
    return at;
}

void *adapter_pages_take(size_t page_count)
{
    enter();
    void *at = supply_pages_take(page_count);
    leave();
    return at;
}

void adapter_pages_give(void *at, size_t page_count)
{
    enter();
    supply_pages_give(at, page_count);
    leave();
}

bool adapter_map(void *at, size_t page_count)
{
    enter();
    bool granted = supply_map(at, page_count);
    leave();
    return granted;
}

void adapter_unmap(void *at, size_t page_count)
{
    enter();
    supply_unmap(at, page_count);
    leave();
}

bool adapter_may_take(void)
{
    enter();
    bool granted = supply_may_take();
    leave();
    return granted;
}

/* For the C programs that `kheap-NAME to-c' writes: calls of an allocator through its adapter,
 * without the harness. What the calls need is here and nowhere else: a window, hooks that grant and
 * refuse, and a caller who fills the blocks and looks whether they stay as they are. It is to be
 * read by who gets such a program, and stops at the first thing that goes wrong. */
#ifndef KHEAP_FUZZ_FOREIGN_REPRODUCE_H
#define KHEAP_FUZZ_FOREIGN_REPRODUCE_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/foreign/adapter.h"

#define PAGE ((size_t)4096)

struct block {
    unsigned char *at;
    unsigned char *freed_at;
    size_t asked;
    size_t size;
    unsigned char byte; /* what it is full of */
    bool aligned;
};

static struct {
    unsigned char *start, *limit, *base, *base_end; /* the window, and the pages it is in */
    unsigned char *end;                             /* of a pool, and of what was appended */
    unsigned char *high;                            /* the break, or the last run of pages */
    size_t pages_left;
    unsigned long requests, refuse, operation, misuses;
    bool refuse_on;
    struct block *blocks;
    unsigned long count, crowd, crowd_at, crowd_max;
} world;

/* Not by printf, which may call the allocator's malloc. */
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length > 0 && write(1, text, length < 255 ? (size_t)length : 255) < 0)
        _exit(2);
}

#define WRONG(...) (say("operation %lu: ", world.operation), say(__VA_ARGS__), say("\n"), _exit(1))

/* The hooks. */
static bool granted(size_t pages)
{
    world.requests++;
    bool refused = world.refuse != 0 && (world.refuse_on ? world.requests >= world.refuse
                                                         : world.requests == world.refuse);
    if (refused || pages > world.pages_left)
        return false;
    world.pages_left -= pages;
    return true;
}

static void open_pages(unsigned char *at, size_t pages, bool open)
{
    if (pages != 0 && mprotect(at, pages * PAGE, open ? PROT_READ | PROT_WRITE : PROT_NONE) != 0)
        say("mprotect failed\n"), _exit(2);
    if (open)
        memset(at, adapter.zeros ? 0 : 0xA5, pages * PAGE);
}

static unsigned char *page_up(unsigned char *at)
{
    return (unsigned char *)(((uintptr_t)at + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
}

void *adapter_sbrk(intptr_t increment)
{
    unsigned char *old = world.high;
    if (increment > world.limit - old || increment < world.start - old)
        return (void *)-1;
    unsigned char *from = page_up(old), *to = page_up(old + increment);
    if (increment > 0 && !granted((size_t)(to - from) / PAGE))
        return (void *)-1;
    if (increment > 0) {
        open_pages(from, (size_t)(to - from) / PAGE, true);
    } else {
        open_pages(to, (size_t)(from - to) / PAGE, false);
        world.pages_left += (size_t)(from - to) / PAGE;
    }
    world.high = old + increment;
    return old;
}

bool adapter_map(void *at, size_t pages)
{
    if (!granted(pages))
        return false;
    open_pages(at, pages, true);
    return true;
}

void adapter_unmap(void *at, size_t pages)
{
    open_pages(at, pages, false);
    world.pages_left += pages;
}

/* Runs one behind the other; an end of the window that was used is not used again. */
void *adapter_pages_take(size_t pages)
{
    unsigned char *at = page_up(world.high);
    if (adapter.memory == ADAPTER_SBRK)
        at = world.limit - pages * PAGE;
    if (pages > (size_t)(world.limit - page_up(world.high)) / PAGE || !adapter_map(at, pages))
        return NULL;
    if (adapter.memory == ADAPTER_SBRK)
        world.limit = at;
    else
        world.high = at + pages * PAGE;
    return at;
}

void adapter_pages_give(void *at, size_t pages)
{
    adapter_unmap(at, pages);
}

bool adapter_may_take(void)
{
    return granted(0);
}

void adapter_arena(void *start, void *limit)
{
    (void)start;
    (void)limit;
}

void adapter_misuse(const void *at)
{
    (void)at;
    world.misuses++;
}

_Noreturn void adapter_panic(const char *why)
{
    WRONG("the allocator gives up: %s", why != NULL ? why : "it does not say why");
    abort();
}

/* The caller. */
static void window(size_t bytes, size_t offset)
{
    if (world.base != NULL)
        open_pages(world.base, (size_t)(world.base_end - world.base) / PAGE, false);
    world.start = world.high = world.base + offset;
    world.limit = world.end = world.start + bytes;
    if (adapter.memory == ADAPTER_POOL)
        open_pages(world.base, (size_t)(page_up(world.limit) - world.base) / PAGE, true);
    if (!adapter.init(world.start, world.limit))
        say("init takes no window of %zu bytes\n", bytes), _exit(1);
}

/* slots blocks, and crowd more for `greedy'; a window of so many bytes, and so many pages for the
 * hooks. The addresses are those that the harness has. */
static void begin(unsigned long slots, unsigned long crowd, size_t bytes, size_t pages)
{
    size_t room = ((bytes + PAGE - 1) / PAGE + 1024) * PAGE;
    void *place = (void *)(sizeof(void *) == 8 ? (uintptr_t)0x2000C0400000 : (uintptr_t)0xC0400000);
    void *base = mmap(place, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    world.blocks = mmap(NULL, (slots + crowd) * sizeof(struct block), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED || world.blocks == MAP_FAILED)
        say("no memory\n"), _exit(2);
    world.base = base;
    world.base_end = world.base + room;
    world.pages_left = pages;
    world.crowd_at = slots;
    world.count = slots + crowd;
    world.crowd_max = crowd;
    window(bytes, 0);
}

static void look(const struct block *block)
{
    for (size_t i = 0; i < block->size; i++)
        if (block->at[i] != block->byte)
            WRONG("block at %p, %zu bytes: byte %zu is %02x, not %02x as written",
                  (void *)block->at, block->size, i, block->at[i], block->byte);
}

static void look_at_all(void)
{
    for (unsigned long i = 0; i < world.count; i++)
        if (world.blocks[i].at != NULL)
            look(&world.blocks[i]);
}

static void fill(unsigned long slot)
{
    static unsigned char byte;
    struct block *block = &world.blocks[slot];
    block->byte = ++byte;
    memset(block->at, byte, block->size);
}

/* Takes a result into a slot. */
static bool got(unsigned long slot, void *result, size_t align, size_t asked, bool zeroed)
{
    struct block *block = &world.blocks[slot];
    if (world.misuses != 0)
        WRONG("a call that is in order is reported as a misuse");
    if (result == NULL) {
        say("operation %lu: %zu bytes refused\n", world.operation, asked);
        look_at_all();
        return false;
    }
    size_t size = adapter.usable != NULL && asked != 0 ? adapter.usable(result) : asked;
    unsigned char *at = result;
    say("operation %lu: %p, %zu bytes, %zu usable\n", world.operation, result, asked, size);
    if (align < adapter.align_bytes)
        align = adapter.align_bytes;
    if (asked != 0 && align != 0 && (uintptr_t)at % align != 0)
        WRONG("%p is not at a multiple of %zu", result, align);
    if (size < asked || at + size < at || asked > PTRDIFF_MAX)
        WRONG("%zu bytes at %p cannot be for %zu that were asked for", size, result, asked);
    if (asked != 0 && adapter.memory != ADAPTER_OWN &&
        (at < world.start || at + size > world.base_end))
        WRONG("%zu bytes at %p are not in the window", size, result);
    if (adapter.memory == ADAPTER_POOL && asked != 0 && at + size > world.end)
        WRONG("%zu bytes at %p end behind the limit, %p", size, result, (void *)world.end);
    for (unsigned long i = 0; i < world.count && asked != 0; i++)
        if (world.blocks[i].size != 0 && world.blocks[i].at < at + size &&
            at < world.blocks[i].at + world.blocks[i].size)
            WRONG("%zu bytes at %p overlap the live block at %p, %zu bytes", size, result,
                  (void *)world.blocks[i].at, world.blocks[i].size);
    for (size_t i = 0; i < asked && zeroed; i++)
        if (at[i] != 0)
            WRONG("byte %zu of %p is %02x, not 0", i, result, at[i]);
    *block = (struct block){.at = at, .asked = asked, .size = asked != 0 ? size : 0};
    fill(slot);
    return true;
}

static void leave(unsigned long slot)
{
    struct block *block = &world.blocks[slot];
    *block = (struct block){.freed_at = block->at};
}

static void release(unsigned long slot)
{
    struct block block = world.blocks[slot];
    look(&block);
    leave(slot);
    if (block.aligned && adapter.release_aligned != NULL)
        adapter.release_aligned(block.at);
    else
        adapter.release(block.at);
}

static void begin_operation(void)
{
    world.operation++;
    world.misuses = 0;
}

static void end_operation(void)
{
    look_at_all();
    if (adapter.validate != NULL && !adapter.validate())
        WRONG("the allocator's own check of itself fails");
}

static void resize_block(unsigned long slot, size_t size)
{
    struct block old = world.blocks[slot];
    if (old.at == NULL) {
        (void)got(slot, adapter.alloc(size), 0, size, false);
        return;
    }
    look(&old);
    void *result = adapter.resize != NULL ? adapter.resize(old.at, size) : adapter.alloc(size);
    if (result == NULL) {
        say("operation %lu: %zu bytes refused\n", world.operation, size);
        look(&old);
        if (adapter.resize_in_place && size <= old.asked)
            WRONG("a resize from %zu bytes to %zu is refused", old.asked, size);
        return;
    }
    if (adapter.resize == NULL)
        release(slot);
    const unsigned char *bytes = result;
    for (size_t i = 0; adapter.resize != NULL && i < size && i < old.asked; i++)
        if (bytes[i] != old.byte)
            WRONG("resized from %zu bytes at %p to %zu at %p: byte %zu is %02x, not %02x",
                  old.asked, (void *)old.at, size, result, i, bytes[i], old.byte);
    leave(slot);
    (void)got(slot, result, 0, size, false);
}

static void greedy_blocks(size_t size)
{
    bool more = true;
    while (more && world.crowd < world.crowd_max) {
        more = got(world.crowd_at + world.crowd, adapter.alloc(size), 0, size, false);
        world.crowd += more;
    }
    unsigned long slot = world.crowd_at + world.crowd / 2;
    if (more || world.crowd == 0 || world.blocks[slot].asked < size)
        return;
    release(slot);
    if (got(slot, adapter.alloc(size), 0, size, false))
        return;
    if (adapter.same_again)
        WRONG("%zu bytes were freed in a full heap, and cannot be had again", size);
    world.blocks[slot] = world.blocks[world.crowd_at + --world.crowd];
    world.blocks[world.crowd_at + world.crowd] = (struct block){0};
}

static void drain_blocks(unsigned long step)
{
    for (unsigned long i = world.crowd; i > 0 && step == 0; i--)
        release(world.crowd_at + i - 1);
    for (unsigned long from = 0; from < step; from++)
        for (unsigned long i = from; i < world.crowd; i += step)
            release(world.crowd_at + i);
    world.crowd = 0;
}

static void resize_window(bool (*call)(void *, void *, void *), size_t old_end, ptrdiff_t change)
{
    unsigned char *limit = world.start + old_end + change;
    if (change > 0)
        open_pages(page_up(world.limit), (size_t)(page_up(limit) - page_up(world.limit)) / PAGE,
                   true);
    if (call(world.start, world.limit, limit))
        world.limit = world.end = limit;
}

static void append_window(size_t bytes, size_t behind)
{
    size_t align = adapter.start_align != 0 ? adapter.start_align : PAGE;
    uintptr_t at =
        ((uintptr_t)world.end + 1 + behind % (2 * PAGE) + align - 1) & ~(uintptr_t)(align - 1);
    unsigned char *start = (unsigned char *)at, *end = start + bytes;
    open_pages(page_up(world.end), (size_t)(page_up(end) - page_up(world.end)) / PAGE, true);
    world.end = end;
    (void)adapter.append(start, end);
}

static void misuse(void *at)
{
    adapter.release(at);
    if (world.misuses != 1)
        WRONG("%p was given to release, and %lu misuses were reported", at, world.misuses);
}

/* All is freed; a fresh heap has granted `largest` bytes. */
static int end(size_t largest)
{
    world.refuse = 0;
    begin_operation();
    for (unsigned long i = 0; i < world.count; i++)
        if (world.blocks[i].at != NULL)
            release(i);
    end_operation();
    if (largest != 0 && adapter.alloc(largest) == NULL)
        WRONG("all is freed, and %zu bytes that a fresh heap grants are refused", largest);
    say("nothing went wrong\n");
    return 0;
}

/* The statements: one operation each. */
#define OPERATION(...) (begin_operation(), __VA_ARGS__, end_operation())
#define alloc(slot, size) OPERATION((void)got(slot, adapter.alloc(size), 0, size, false))
#define zeroed(slot, count, size)                                                                  \
    OPERATION((void)got(                                                                           \
        slot, adapter.zeroed(count, size), 0,                                                      \
        (size) != 0 && (count) > SIZE_MAX / (size) ? SIZE_MAX : (size_t)(count) * (size), true))
#define aligned(slot, align, size)                                                                 \
    OPERATION(world.blocks[slot].aligned =                                                         \
                  got(slot, adapter.aligned(align, size), align, size, false))
#define resize(slot, size) OPERATION(resize_block(slot, size))
#define resize_same(slot) OPERATION(resize_block(slot, world.blocks[slot].asked))
#define free_block(slot) OPERATION(release(slot))
#define rewrite(slot) OPERATION(fill(slot))
#define trim() OPERATION(adapter.trim())
#define pages_left(n) OPERATION((void)(world.pages_left = (n)))
#define refuse(n)                                                                                  \
    OPERATION((void)(world.refuse = (n) != 0 ? world.requests + (n) : 0),                          \
              (void)(world.refuse_on = false))
#define refuse_from(n)                                                                             \
    OPERATION((void)(world.refuse = (n) != 0 ? world.requests + (n) : 0),                          \
              (void)(world.refuse_on = true))
#define greedy(size) OPERATION(greedy_blocks(size))
#define drain(step) OPERATION(drain_blocks(step))
#define grow(bytes)                                                                                \
    OPERATION(resize_window(adapter.grow, (size_t)(world.limit - world.start), bytes))
#define shrink(bytes)                                                                              \
    OPERATION(                                                                                     \
        resize_window(adapter.shrink, (size_t)(world.limit - world.start), -(ptrdiff_t)(bytes)))
#define append(bytes, behind) OPERATION(append_window(bytes, behind))
#define fresh_window(bytes, offset) OPERATION(window(bytes, offset))
#define look_again() OPERATION(look_at_all())
#define free_again(slot) OPERATION(misuse(world.blocks[slot].freed_at))
#define free_inside(slot, bytes) OPERATION(misuse(world.blocks[slot].at + (bytes)))
#define free_at(offset) OPERATION(misuse(world.base + (offset)))

#endif

#include "first_fit.h"

#include <stdint.h>
#include <string.h>

/* In front of every block, used or free. Blocks are in the order of their addresses. */
struct header {
    size_t size_bytes; /* behind the header */
    struct header *next;
    bool used;
};

#define ALIGN 16u
#define HEADER ((sizeof(struct header) + ALIGN - 1u) / ALIGN * ALIGN)

static struct header *first;

static size_t round_up(size_t size_bytes)
{
    return (size_bytes + ALIGN - 1u) & ~(size_t)(ALIGN - 1u);
}

bool heap_init(void *start, size_t size_bytes)
{
    if (size_bytes < HEADER + ALIGN)
        return false;
    first = start;
    first->size_bytes = (size_bytes - HEADER) & ~(size_t)(ALIGN - 1u);
    first->next = NULL;
    first->used = false;
    return true;
}

/* Cuts what a block does not need off its end, if that is enough for a block. */
static void cut(struct header *block, size_t size_bytes)
{
    if (block->size_bytes < size_bytes + HEADER + ALIGN)
        return;
    struct header *rest = (struct header *)((char *)block + HEADER + size_bytes);
    rest->size_bytes = block->size_bytes - size_bytes - HEADER;
    rest->next = block->next;
    rest->used = false;
    block->size_bytes = size_bytes;
    block->next = rest;
}

/* Joins a free block with the free ones behind it. */
static void join(struct header *block)
{
    while (block->next != NULL && !block->next->used) {
        block->size_bytes += HEADER + block->next->size_bytes;
        block->next = block->next->next;
    }
}

void *kmalloc(size_t size_bytes)
{
    if (size_bytes == 0 || size_bytes > SIZE_MAX / 2u)
        return NULL;
    size_bytes = round_up(size_bytes);
    for (struct header *block = first; block != NULL; block = block->next) {
        if (block->used || block->size_bytes < size_bytes)
            continue;
        cut(block, size_bytes);
        block->used = true;
        return (char *)block + HEADER;
    }
    return NULL;
}

void kfree(void *at)
{
    struct header *block = (struct header *)((char *)at - HEADER);
    block->used = false;
    for (block = first; block != NULL; block = block->next)
        if (!block->used)
            join(block);
}

void *krealloc(void *at, size_t size_bytes)
{
    struct header *block = (struct header *)((char *)at - HEADER);
    if (size_bytes <= block->size_bytes) {
        cut(block, round_up(size_bytes));
        if (block->next != NULL && !block->next->used)
            join(block->next);
        return at;
    }
    void *moved = kmalloc(size_bytes);
    if (moved == NULL)
        return NULL;
    memcpy(moved, at, block->size_bytes);
    kfree(at);
    return moved;
}

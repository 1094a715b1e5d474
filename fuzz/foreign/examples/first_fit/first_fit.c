#include "first_fit.h"

#include <stdint.h>
#include <string.h>

/* In front of every block, used or free. Blocks are in the order of their addresses, back to back.
 */
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
    return (size_bytes + ALIGN - 1u) / ALIGN * ALIGN;
}

static struct header *header_of(void *at)
{
    return (struct header *)((char *)at - HEADER);
}

bool heap_init(void *start, size_t size_bytes)
{
    if (size_bytes < HEADER + ALIGN)
        return false;
    first = start;
    first->size_bytes = (size_bytes - HEADER) / ALIGN * ALIGN;
    first->next = NULL;
    first->used = false;
    return true;
}

/* Makes a free block of what a block does not need, if that is enough for one. */
static void split(struct header *block, size_t size_bytes)
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

void *kmalloc(size_t size_bytes)
{
    if (size_bytes == 0 || size_bytes > SIZE_MAX / 2u)
        return NULL;
    size_bytes = round_up(size_bytes);
    for (struct header *block = first; block != NULL; block = block->next) {
        if (block->used || block->size_bytes < size_bytes)
            continue;
        split(block, size_bytes);
        block->used = true;
        return (char *)block + HEADER;
    }
    return NULL;
}

/* Makes one block of a free block and the one behind it, if that is free. */
static void merge_next(struct header *block)
{
    if (block->next == NULL || block->next->used)
        return;
    block->size_bytes += HEADER + block->next->size_bytes;
    block->next = block->next->next;
}

void kfree(void *at)
{
    struct header *block = header_of(at);
    struct header *before = first;
    block->used = false;
    merge_next(block);
    while (before != block && before->next != block)
        before = before->next;
    if (before != block && !before->used)
        merge_next(before);
}

void *krealloc(void *at, size_t size_bytes)
{
    size_t old_bytes = header_of(at)->size_bytes;
    void *moved = kmalloc(size_bytes);
    if (moved == NULL)
        return NULL;
    memcpy(moved, at, old_bytes < size_bytes ? old_bytes : size_bytes);
    kfree(at);
    return moved;
}

/* The four functions that a compiler may call in freestanding code (GCC manual, "Standards"). The
 * string instructions keep it from finding its own loops here and calling them again. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size_bytes);
void *memmove(void *to, const void *from, size_t size_bytes);
void *memset(void *to, int byte, size_t size_bytes);
int memcmp(const void *left, const void *right, size_t size_bytes);

static void copy_up(void *to, const void *from, size_t size_bytes)
{
    size_t words = size_bytes / 4u;
    size_t rest = size_bytes % 4u;
    __asm__ volatile("rep movsl\n\tmovl %3, %%ecx\n\trep movsb"
                     : "+D"(to), "+S"(from), "+c"(words)
                     : "r"(rest)
                     : "memory");
}

static void copy_down(void *to, const void *from, size_t size_bytes)
{
    char *last_to = (char *)to + size_bytes - 1;
    const char *last_from = (const char *)from + size_bytes - 1;
    __asm__ volatile("std\n\trep movsb\n\tcld"
                     : "+D"(last_to), "+S"(last_from), "+c"(size_bytes)
                     :
                     : "memory", "cc");
}

void *memcpy(void *restrict to, const void *restrict from, size_t size_bytes)
{
    copy_up(to, from, size_bytes);
    return to;
}

void *memmove(void *to, const void *from, size_t size_bytes)
{
    if ((uintptr_t)to - (uintptr_t)from >= size_bytes)
        copy_up(to, from, size_bytes);
    else
        copy_down(to, from, size_bytes);
    return to;
}

void *memset(void *to, int byte, size_t size_bytes)
{
    void *at = to;
    size_t words = size_bytes / 4u;
    size_t rest = size_bytes % 4u;
    uint32_t pattern = (uint8_t)byte * 0x01010101u;
    __asm__ volatile("rep stosl\n\tmovl %2, %%ecx\n\trep stosb"
                     : "+D"(at), "+c"(words)
                     : "r"(rest), "a"(pattern)
                     : "memory");
    return to;
}

int memcmp(const void *left, const void *right, size_t size_bytes)
{
    const uint8_t *l = left;
    const uint8_t *r = right;
    for (size_t i = 0; i < size_bytes; i++)
        if (l[i] != r[i])
            return l[i] < r[i] ? -1 : 1;
    return 0;
}

/* All of the C library that an allocator has in the kernel. */
#ifndef KHEAP_BOOT_FOREIGN_FREESTANDING_STRING_H
#define KHEAP_BOOT_FOREIGN_FREESTANDING_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size_bytes);
void *memmove(void *to, const void *from, size_t size_bytes);
void *memset(void *to, int byte, size_t size_bytes);
int memcmp(const void *left, const void *right, size_t size_bytes);
size_t strlen(const char *text);

#endif

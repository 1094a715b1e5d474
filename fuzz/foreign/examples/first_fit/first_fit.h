/* A small first-fit heap, as many kernels begin with: the example of fuzz/foreign/README.md. */
#ifndef FIRST_FIT_H
#define FIRST_FIT_H

#include <stdbool.h>
#include <stddef.h>

/* All blocks lie in these bytes, which start at a multiple of 16. Returns false if they are too
 * few. */
bool heap_init(void *start, size_t size_bytes);

/* Blocks are aligned to 16. NULL: there is no room. */
void *kmalloc(size_t size_bytes);
void *krealloc(void *at, size_t size_bytes);
void kfree(void *at);

#endif

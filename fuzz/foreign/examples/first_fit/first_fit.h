/* A small first-fit heap, as many kernels begin with: the example of fuzz/foreign/README.md. */
#ifndef FIRST_FIT_H
#define FIRST_FIT_H

#include <stdbool.h>
#include <stddef.h>

bool heap_init(void *start, size_t size_bytes);
void *kmalloc(size_t size_bytes);
void kfree(void *at);
void *krealloc(void *at, size_t size_bytes);

#endif

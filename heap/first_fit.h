/* First fit: one list of all free blocks but the last in the order of their addresses, its head at
 * HEAP_FREELIST. The classic small kernel's heap, kept as the second policy: simple to read, linear
 * to search. */
#ifndef KHEAP_HEAP_FIRST_FIT_H
#define KHEAP_HEAP_FIRST_FIT_H

#include "heap/block.h"

#define FIRST_FIT_HEAD HEAP_FREELIST

/* The handle comes by value: a quick call (heap/verify.h) keeps its copy in registers, which the
 * compiler cannot do with one whose address is given away. */
void first_fit_insert(struct heap heap, block_t block);

#endif

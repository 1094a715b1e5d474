/* The foreign allocator's static variables: the sections that sealing puts them in
 * (fuzz/foreign/allocators.cmake), kept and brought back. */
#ifndef KHEAP_FUZZ_FOREIGN_STATE_H
#define KHEAP_FUZZ_FOREIGN_STATE_H

#include <stdint.h>

/* The bytes that state_keep copies to. */
uintptr_t state_size_bytes(void);

/* Keeps the variables as they are, in so many bytes at `kept`: before any call of the adapter. */
void state_keep(void *kept);

/* Brings them back. Requires state_keep. */
void state_restore(void);

#endif

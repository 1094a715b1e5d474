/* Bytes of any object. */
#ifndef KHEAP_FUZZ_FOREIGN_BYTES_H
#define KHEAP_FUZZ_FOREIGN_BYTES_H

#include <stdint.h>

typedef uint8_t __attribute__((may_alias)) byte_t;

#endif

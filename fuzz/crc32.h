/* CRC-32 (ISO-HDLC, as in zip and Ethernet: polynomial 04C11DB7, here reflected as EDB88320). */
#ifndef KHEAP_FUZZ_CRC32_H
#define KHEAP_FUZZ_CRC32_H

#include <stdint.h>

/* The CRC of size_bytes bytes, continued from `crc`, which starts as 0. The CRC of "123456789" is
 * CBF43926. */
uint32_t crc32_update(uint32_t crc, const uint8_t *data, uint32_t size_bytes);

#endif

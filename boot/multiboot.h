/* What a Multiboot loader hands over (Multiboot Specification 0.6.96, section 3.3). All addresses
 * are physical. */
#ifndef KHEAP_BOOT_MULTIBOOT_H
#define KHEAP_BOOT_MULTIBOOT_H

#include <stdint.h>

#define MULTIBOOT_LOADER_MAGIC 0x2BADB002u

/* Bits of `flags`: which fields are valid. */
#define MULTIBOOT_HAS_MEMORY 0x01u
#define MULTIBOOT_HAS_COMMAND_LINE 0x04u
#define MULTIBOOT_HAS_MODULES 0x08u
#define MULTIBOOT_HAS_MAP 0x40u

struct multiboot_info {
    uint32_t flags;
    uint32_t memory_lower_kib; /* from 0 on */
    uint32_t memory_upper_kib; /* from 1 MiB on */
    uint32_t boot_device;
    uint32_t command_line_at;
    uint32_t module_count;
    uint32_t modules_at;
    uint32_t symbols[4];
    uint32_t map_size_bytes;
    uint32_t map_at;
};

struct multiboot_module {
    uint32_t start;
    uint32_t end;
    uint32_t command_line_at;
    uint32_t reserved;
};

#define MULTIBOOT_MAP_AVAILABLE 1u

/* The next one starts size_bytes + 4 behind the start of this one. */
struct __attribute__((packed)) multiboot_map_entry {
    uint32_t size_bytes;
    uint64_t first;
    uint64_t length;
    uint32_t kind;
};

#endif

/* The modules as a stream of named inputs: a pack gives each of its own, any other module is one
 * input. */
#ifndef KHEAP_BOOT_MODULES_H
#define KHEAP_BOOT_MODULES_H

#include "boot/multiboot.h"
#include "fuzz/pack.h"

struct modules {
    const struct multiboot_module *next;
    uint32_t left; /* modules not opened yet */
    struct pack pack;
    bool in_pack;
    struct pack_input packed;
};

struct named_input {
    const char *name; /* stays until the next input is asked for */
    const uint8_t *data;
    uint32_t size_bytes;
    const char *error; /* null, or why this module is no pack of inputs; then data is null */
};

void modules_open(struct modules *modules, const struct multiboot_info *info);

/* The next input. Returns false at the end. */
bool modules_next(struct modules *modules, struct named_input *input);

/* The slots of the largest input that can be run, 1 at least. */
uint32_t modules_slots(const struct multiboot_info *info);

#endif

/* The port of mmu_x86/machine.h for kheap's own heap under the foreign harness: the kernel's
 * addresses, moved to where the window lies, through plain pointers. What a page costs, the harness
 * grants: a page of the window when the core takes a frame for it (adapter_map), and takes it back
 * when its table entry is cleared. So the core must not touch a page that is not mapped, and the
 * harness refuses frames.
 *
 * Page tables, and the frame bitmap below the window, are kept elsewhere (port.c). Frames are only
 * tokens, and there are always enough. */
#ifndef KHEAP_FUZZ_FOREIGN_EXAMPLES_KHEAP_MACHINE_PORT_H
#define KHEAP_FUZZ_FOREIGN_EXAMPLES_KHEAP_MACHINE_PORT_H

#include "mmu_x86/window/no_processor.h"

/* HEAP_WINDOW_START, which no port may include. */
#define PORT_WINDOW_START 0xC0400000u

/* The same bytes are payloads of any type to their users. */
typedef uint32_t __attribute__((may_alias)) port_word_t;

struct port {
    uintptr_t base;   /* what is added to an address of the window; */
    uintptr_t boot;   /* to one below it; */
    uintptr_t tables; /* and to one of the recursive window */
    vaddr_t entry;    /* of a page table, that was looked at last */
    bool refused;     /* a frame has been, since this was set to false */
};

extern struct port port;

/* A write to the recursive window. */
void port_entry_store(vaddr_t at, uint32_t word);

/* A frame for the entry that was looked at last. */
bool port_frame_granted(void);

static inline port_word_t *port_word(vaddr_t at)
{
    uintptr_t base = at.v >= TABLES_AT           ? port.tables
                     : at.v >= PORT_WINDOW_START ? port.base
                                                 : port.boot;
    return (port_word_t *)(base + at.v);
}

static inline uint32_t machine_load(vaddr_t at)
{
    if (at.v >= TABLES_AT)
        port.entry = at;
    return *port_word(at);
}

static inline void machine_store(vaddr_t at, uint32_t word)
{
    if (at.v >= TABLES_AT)
        port_entry_store(at, word);
    else
        *port_word(at) = word;
}

static inline void machine_fill(vaddr_t at, uint8_t byte, uint32_t size_bytes)
{
    __builtin_memset(port_word(at), byte, size_bytes);
}

static inline void machine_copy(vaddr_t to, vaddr_t from, uint32_t size_bytes)
{
    __builtin_memcpy(port_word(to), port_word(from), size_bytes);
}

static inline bool machine_frame_granted(void)
{
    return port_frame_granted();
}

#endif

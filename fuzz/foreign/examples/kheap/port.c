#include "port.h"

#include <sys/mman.h>

#include "fuzz/foreign/adapter.h"
#include "heap/kmalloc.h"

_Static_assert(PORT_WINDOW_START == HEAP_WINDOW_START, "the port's window is the heap's");

#define BOOT_BYTES (PORT_WINDOW_START - BOARD_BOOT_AT)

struct port port;

/* Room for what lies outside of the window. In a section of its own, it is not among the variables
 * that are brought back before each run. */
static char *port_room __attribute__((section("adapter_kept")));

bool port_boot(uintptr_t start, uint32_t page_count, struct boot_state *boot)
{
    if (port_room == NULL) {
        void *room = mmap(NULL, BOOT_BYTES + (size_t)TABLE_SPAN, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (room == MAP_FAILED)
            return false;
        port_room = room;
    }
    port = (struct port){
        .base = start - PORT_WINDOW_START,
        .boot = (uintptr_t)port_room - BOARD_BOOT_AT,
        .tables = (uintptr_t)port_room + BOOT_BYTES - TABLES_AT,
    };
    board_describe(page_count + page_count / TABLE_ENTRIES + 2u, boot);
    board_tables(boot, port_word(vaddr_of(DIRECTORY_AT)),
                 port_word(vaddr_of(TABLES_AT + PROBE_SLOT_KERNEL * PAGE_SIZE)));
    return frames_init(boot->frames_at, boot->frames_size_bytes, &boot->map) == FRAMES_OK;
}

/* Where the page lies that a table entry is for; null for an entry of the directory. */
static void *page_of(vaddr_t entry)
{
    return entry.v < DIRECTORY_AT
               ? (void *)(port.base + (entry.v - TABLES_AT) / 4u * (uintptr_t)PAGE_SIZE)
               : NULL;
}

/* The core has looked at the entry, and found nothing in it. */
bool port_frame_granted(void)
{
    void *page = page_of(port.entry);
    bool granted = page != NULL ? adapter_map(page, 1) : adapter_may_take();
    port.refused = port.refused || !granted;
    return granted;
}

/* An entry that is not zero holds its frame, present or not. */
void port_entry_store(vaddr_t at, uint32_t word)
{
    port_word_t *entry = port_word(at);
    void *page = page_of(at);
    if (*entry != 0 && word == 0 && page != NULL)
        adapter_unmap(page, 1);
    *entry = word;
}

/* Reading virtual memory as it stands: a table is looked up once for the 4 MiB that it maps, a page
 * once for the words in it. */
#ifndef KHEAP_INVARIANTS_EYE_H
#define KHEAP_INVARIANTS_EYE_H

#include "mmu_x86/probe.h"

struct eye {
    uint32_t slot; /* of the table looked at; TABLE_ENTRIES: none */
    const uint32_t *table;
    uint32_t page; /* the address of the page looked at; 1: none */
    const uint32_t *words;
};

#define EYE_OPEN ((struct eye){TABLE_ENTRIES, (const uint32_t *)0, 1u, (const uint32_t *)0})

/* The table entry for `at`; 0 if there is no table. */
static inline uint32_t eye_entry(struct eye *eye, uint32_t at)
{
    uint32_t slot = directory_slot(vaddr_of(at));
    if (slot != eye->slot) {
        eye->slot = slot;
        eye->table = probe_table(slot);
    }
    return eye->table == (const uint32_t *)0 ? 0 : eye->table[table_index(vaddr_of(at))];
}

/* True if the page at `page` is mapped. */
static inline bool eye_mapped(struct eye *eye, uint32_t page)
{
    return (eye_entry(eye, page) & ENTRY_PRESENT) != 0;
}

/* The words from the aligned address `at` on, to the end of its page; null if it is not mapped. */
static inline const uint32_t *eye_words(struct eye *eye, uint32_t at)
{
    uint32_t page = page_round_down(at);
    if (page != eye->page) {
        eye->page = page;
        eye->words = probe_mapped(vaddr_of(page), eye_entry(eye, page));
    }
    return eye->words == (const uint32_t *)0 ? eye->words : &eye->words[(at & PAGE_MASK) / 4u];
}

/* Reads the aligned word at `at`. Returns false if its page is not mapped. */
static inline bool eye_read(struct eye *eye, uint32_t at, uint32_t *word)
{
    const uint32_t *words = eye_words(eye, at);
    if (words == (const uint32_t *)0)
        return false;
    *word = *words;
    return true;
}

#endif

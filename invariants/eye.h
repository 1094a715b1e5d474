/* Reading virtual memory as it stands, a page looked up once at a time. */
#ifndef KHEAP_INVARIANTS_EYE_H
#define KHEAP_INVARIANTS_EYE_H

#include "mmu_x86/probe.h"

struct eye {
    uint32_t page; /* the address of the page looked at; 1: none */
    const uint32_t *words;
};

#define EYE_OPEN ((struct eye){1u, (const uint32_t *)0})

/* Reads the aligned word at `at`. Returns false if its page is not mapped. */
static inline bool eye_read(struct eye *eye, uint32_t at, uint32_t *word)
{
    uint32_t page = page_round_down(at);
    if (page != eye->page) {
        eye->page = page;
        eye->words = probe_page(vaddr_of(page));
    }
    if (eye->words == (const uint32_t *)0)
        return false;
    *word = eye->words[(at & PAGE_MASK) / 4u];
    return true;
}

#endif

/* The model that the paging target compares page tables, frame bitmap and TLB with: every entry of
 * three page tables, and the set of free frames. */
#ifndef KHEAP_FUZZ_PAGING_MODEL_H
#define KHEAP_FUZZ_PAGING_MODEL_H

#include "mmu_x86/paging.h"
#include "mmu_x86/probe.h"

#define MODEL_FRAMES 2048u
#define MODEL_SLOTS 3u
#define MODEL_FIRST_SLOT 769u
#define MODEL_PAGES (MODEL_SLOTS * TABLE_ENTRIES)

/* What the processor sets by itself, and no caller asks for. */
#define MODEL_IGNORED (ENTRY_ACCESSED | ENTRY_DIRTY)

struct paging_model {
    const struct boot_state *boot;
    uint32_t entries[MODEL_PAGES]; /* 0, or flags and frame without MODEL_IGNORED */
    uint32_t mapped[MODEL_SLOTS];  /* pages of a table that are mapped */
    uint32_t tables[MODEL_SLOTS];  /* the directory entry of a table, or 0 */
    uint32_t free[MODEL_FRAMES / 32u];
    uint32_t free_count;
};

extern struct paging_model model;

/* A machine after boot: nothing mapped, all frames of the memory map free. */
void model_make(const struct boot_state *boot);

/* The address of a page of the model, 0 .. MODEL_PAGES - 1. */
static inline vaddr_t model_address(uint32_t page)
{
    return vaddr_of((MODEL_FIRST_SLOT << TABLE_SHIFT) + page * PAGE_SIZE);
}

/* Takes a free frame, or gives a taken one back. */
void model_frame_flip(uint32_t frame);

void model_map(uint32_t page, uint32_t entry);
void model_unmap(uint32_t page);

/* Adopts what the tables now say of [first, end), where the model had nothing: a range that was
 * mapped. Ends the process unless every page has a frame that was free. */
void model_adopt(uint32_t first, uint32_t end);

/* The pages and tables that mapping [first, end) makes. */
struct paging_change model_needed(uint32_t first, uint32_t end);

/* Whether frame_count requests in a row are all granted. */
bool model_granted(uint32_t frame_count);

/* Compares the whole machine with the model; ends the process at a difference. */
void model_check(void);

#endif

#include "boot/asan/pool.h"

#include <stddef.h>

#include "boot/exit.h"
#include "boot/layout.h"
#include "boot/serial.h"
#include "mmu_x86/i386.h"

/* Pages never used yet; those given back are a list through their first words. */
static uint32_t *next_page;
static uint32_t left;
static uint32_t *given_back;

void pool_start(void *pages, uint32_t page_count)
{
    next_page = pages;
    left = page_count;
}

uint32_t *pool_take(void)
{
    uint32_t *page = given_back;
    if (page != NULL) {
        given_back = (uint32_t *)page[0];
        return page;
    }
    if (left == 0) {
        serial_text("kheap: error: too little memory for AddressSanitizer's shadow of this heap\n");
        exit_machine(EXIT_LITTLE_MEMORY);
    }
    left--;
    page = next_page;
    next_page += TABLE_ENTRIES;
    return page;
}

void pool_give_back(uint32_t *page)
{
    page[0] = (uint32_t)(uintptr_t)given_back;
    given_back = page;
}

uint32_t pool_entry(const uint32_t *page, uint32_t flags)
{
    return ((uint32_t)(uintptr_t)page - DIRECT_AT) | ENTRY_PRESENT | flags;
}

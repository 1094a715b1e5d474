/* The probe's answers on a machine that keeps its TLB and the core's accesses to itself: on metal,
 * and in plain memory. */
#include "mmu_x86/probe.h"

uint32_t probe_tlb_count(void)
{
    return 0;
}

struct tlb_entry probe_tlb_entry(uint32_t i)
{
    (void)i;
    return (struct tlb_entry){VADDR_NULL, 0};
}

const struct journal_entry *probe_journal(uint32_t *count, bool *lost)
{
    static const struct journal_entry none;
    *count = 0;
    *lost = false;
    return &none;
}

void probe_free_bitmap(vaddr_t at, uint32_t frame_count)
{
    (void)at;
    (void)frame_count;
}

bool probe_freed_in_use(frame_t *frame)
{
    (void)frame;
    return false;
}

void probe_loads_allow(uint64_t count)
{
    (void)count;
}

vaddr_t probe_unlocked(void)
{
    return VADDR_NULL;
}

void probe_journal_clear(void)
{
}

void probe_payloads(const uint32_t *owned, vaddr_t from, uint32_t size_bytes)
{
    (void)owned;
    (void)from;
    (void)size_bytes;
}

void probe_prefetch(vaddr_t at)
{
    (void)at;
}

vaddr_t probe_trespass(void)
{
    return VADDR_NULL;
}

uint32_t probe_tlb_of(vaddr_t page)
{
    (void)page;
    return 0;
}

bool probe_stale_use(struct stale_use *use)
{
    (void)use;
    return false;
}

const uint32_t *probe_frame(frame_t frame)
{
    (void)frame;
    return (const uint32_t *)0;
}

bool probe_journal_kept(void)
{
    return false;
}

const struct bulk_entry *probe_bulk(uint32_t *count)
{
    static const struct bulk_entry none;
    *count = 0;
    return &none;
}

struct probe_counts probe_counts(void)
{
    return (struct probe_counts){0};
}

#include "invariants/boot_runs.h"

#include "invariants/check.h"

#define PROCESSOR_BITS (ENTRY_ACCESSED | ENTRY_DIRTY)

void boot_runs_take(struct boot_runs *runs, const uint32_t *entries, uint32_t count)
{
    runs->count = 0;
    for (uint32_t i = 0; i < count;) {
        if (runs->count == BOOT_RUNS_MAX) {
            runs->count = 0;
            return;
        }
        uint32_t last = entries[i] & ~PROCESSOR_BITS;
        struct boot_run run = {i + 1u, last, 0};
        if (run.end < count)
            run.step = (entries[run.end] & ~PROCESSOR_BITS) - last;
        for (; run.end < count; run.end++) {
            uint32_t entry = entries[run.end] & ~PROCESSOR_BITS;
            if (entry - last != run.step)
                break;
            last = entry;
        }
        runs->runs[runs->count++] = run;
        i = run.end;
    }
}

/* The bits that are set in the words up to `end`. */
CHECK_LOOP CHECK_BULK static uint32_t any_bits(const uint32_t *word, const uint32_t *end)
{
    uint32_t any = 0;
    for (; end - word >= (int)CHECK_STRIDE; word += CHECK_STRIDE)
        any |= check_any(word);
    for (; word < end; word++)
        any |= *word;
    return any;
}

/* The bits in which the words up to `end` differ from `entry`, which grows by `step`. */
__attribute__((always_inline)) CHECK_BULK static inline uint32_t step_differs(const uint32_t *word,
                                                                              const uint32_t *end,
                                                                              uint32_t entry,
                                                                              uint32_t step)
{
    uint32_t differ = 0;
    for (; end - word >= (int)CHECK_STRIDE; word += CHECK_STRIDE, entry += CHECK_STRIDE * step)
        for (uint32_t i = 0; i < CHECK_STRIDE; i++)
            differ |= word[i] ^ (entry + i * step);
    for (; word < end; word++, entry += step)
        differ |= *word ^ entry;
    return differ;
}

/* Frames in a row, and stretches of 4 MiB in a row: with a constant for the step. */
CHECK_LOOP CHECK_BULK static uint32_t pages_differ(const uint32_t *word, const uint32_t *end,
                                                   uint32_t entry)
{
    return step_differs(word, end, entry, PAGE_SIZE);
}

CHECK_LOOP CHECK_BULK static uint32_t spans_differ(const uint32_t *word, const uint32_t *end,
                                                   uint32_t entry)
{
    return step_differs(word, end, entry, TABLE_SPAN);
}

static uint32_t run_differs(const struct boot_run *run, const uint32_t *word, const uint32_t *end)
{
    if ((run->entry | run->step) == 0)
        return any_bits(word, end);
    if (run->step == PAGE_SIZE)
        return pages_differ(word, end, run->entry);
    if (run->step == TABLE_SPAN)
        return spans_differ(word, end, run->entry);
    return step_differs(word, end, run->entry, run->step);
}

bool boot_runs_hold(const struct boot_runs *runs, const uint32_t *words)
{
    uint32_t differ = 0;
    uint32_t first = 0;
    for (uint32_t r = 0; r < runs->count; r++) {
        const struct boot_run *run = &runs->runs[r];
        differ |= run_differs(run, words + first, words + run->end);
        first = run->end;
    }
    return runs->count != 0 && (differ & ~PROCESSOR_BITS) == 0;
}

static void take_if_changed(struct boot_runs *runs, const uint32_t *entries, uint32_t count)
{
    if (!boot_runs_hold(runs, entries))
        boot_runs_take(runs, entries, count);
}

void boot_entries_take(struct boot_entries *entries)
{
    take_if_changed(&entries->directory, probe_boot_directory(), PROBE_SLOT_DEVICE);
    take_if_changed(&entries->table, probe_boot_table(), TABLE_ENTRIES);
}

/* Boot's entries in short. What a boot loader leaves in directory and table is empty slots and
 * stretches of frames in a row: runs, in which each entry is greater than the one before by the
 * same step. Nearly two thousand entries are a dozen runs, and who compares with those loads each
 * entry once and nothing beside it; in QEMU, where loads are dear, rule P4 is most of a check.
 *
 * The runs are taken from what the machine says of its boot (probe_boot_directory), not from its
 * tables, and leave out the accessed and dirty bits. */
#ifndef KHEAP_INVARIANTS_BOOT_RUNS_H
#define KHEAP_INVARIANTS_BOOT_RUNS_H

#include <stdbool.h>
#include <stdint.h>

struct boot_run {
    uint32_t end;   /* the index behind its last entry; it starts where the one before ends */
    uint32_t entry; /* the first */
    uint32_t step;
};

#define BOOT_RUNS_MAX 64u

struct boot_runs {
    uint32_t count;
    struct boot_run runs[BOOT_RUNS_MAX];
};

/* Of the directory below PROBE_SLOT_DEVICE, and of the kernel's own table. */
struct boot_entries {
    struct boot_runs directory;
    struct boot_runs table;
};

/* Takes them from the machine, after each probe_reset: boot may have left something else than
 * before. Cost: where it has not, a look. Requires that `entries` is zeroed, or has been taken. */
void boot_entries_take(struct boot_entries *entries);

/* The runs of entries [0, count). If there are more than BOOT_RUNS_MAX, none are kept. */
void boot_runs_take(struct boot_runs *runs, const uint32_t *entries, uint32_t count);

/* True if the words are proven to be the entries, but for accessed and dirty bits. False if one
 * differs, or if no runs were kept: then only a comparison with the entries themselves can tell. */
bool boot_runs_hold(const struct boot_runs *runs, const uint32_t *words);

#endif

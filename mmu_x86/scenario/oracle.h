/* The oracle: what a processor may do, from the manual alone (SDM 3A chapter 4).
 *
 * The manual leaves a processor choices. It may go on using a translation that the tables no longer
 * agree with until it is flushed, or not; it has more than one TLB, so it may use a newer one and
 * then that again; it may keep directory entries as well; and where an access faults behind a
 * directory entry, that entry may be marked accessed or not. So the oracle keeps all worlds in
 * which a processor may be. A step turns each into those that may follow, and what was observed
 * leaves those that agree with it: none left means that the machine did what no processor may do.
 *
 * It assumes that a processor keeps only what it has used: neither the emulator nor QEMU looks
 * ahead (SDM 3A 4.10.2.3 would allow it). It shares the constants of mmu_x86/i386.h with the
 * emulator, and no code. */
#ifndef KHEAP_MMU_X86_SCENARIO_ORACLE_H
#define KHEAP_MMU_X86_SCENARIO_ORACLE_H

#include "mmu_x86/scenario/scenario.h"

/* Why worlds may differ, as bits. */
#define ORACLE_STALE 1u    /* a translation that was not flushed may live on or not */
#define ORACLE_ACCESSED 2u /* an access that faulted may have marked the directory entry */

/* What is known of a machine beside the manual, as bits. It may depart from it, both times as
 * QEMU's translator does (TCG, version 7.2), and then the oracle allows that as well. Or it may
 * promise more: then the oracle holds it to that. */
#define ORACLE_DEPARTS_RESERVED 1u /* a reserved bit's fault comes without FAULT_PRESENT (4.7) */
#define ORACLE_DEPARTS_KEEPS 2u    /* a fault drops no translation (4.10.4.1) */
#define ORACLE_DEPARTS (ORACLE_DEPARTS_RESERVED | ORACLE_DEPARTS_KEEPS)
#define ORACLE_PROMISES 4u /* a page of 4 KiB that was used is kept, and reads use what is kept */

/* The pages whose translations are followed: those of the targets. */
enum oracle_page { PAGE_FIRST, PAGE_NEXT, PAGE_TABLE, PAGE_DIRECTORY, PAGE_COUNT };

/* What a processor may have kept: of a page's translation (SDM 3A 4.10.2.2), or of a directory
 * entry that leads to a table (4.10.3.1), whose `frame` is the table's. */
struct oracle_kept {
    uint32_t frame;
    bool writable, user;
    bool dirty, large; /* of a translation */
};

/* All that it may have kept of one page or directory entry since the last flush. */
#define ORACLE_KEPT_MAX 4u
struct oracle_cache {
    uint32_t count;
    struct oracle_kept kept[ORACLE_KEPT_MAX];
};

struct oracle_world {
    struct scenario_outcome now; /* of the last step; its cells are this world's memory */
    struct oracle_cache pages[PAGE_COUNT];
    struct oracle_cache tables[2]; /* through SCENARIO_SLOT, and through RECURSIVE_SLOT */
    uint32_t reasons;
};

#define ORACLE_WORLDS_MAX 48u

struct oracle {
    uint32_t root; /* CR3, CR0.WP, CR4.PSE */
    bool protect;
    bool page_sizes;
    uint32_t traits;
    bool lost; /* more worlds than fit, or an access to a word that is no cell: a bad scenario */
    uint32_t world_count;
    struct oracle_world worlds[ORACLE_WORLDS_MAX];
};

/* One world, as the scenario wants it. */
void oracle_start(struct oracle *oracle, const struct scenario *scenario, uint32_t traits);

/* What may come of the next step, in all worlds. */
void oracle_step(struct oracle *oracle, const struct scenario_step *step);

/* Leaves the worlds in which *outcome came of the last step. Returns false, and leaves all of them,
 * if there are none. */
bool oracle_observe(struct oracle *oracle, const struct scenario_outcome *outcome);

/* Why what comes of some step of the scenario is not settled: bits, 0 if everything is. Uses
 * *oracle; *lost says whether the scenario is a bad one. */
uint32_t oracle_reasons(struct oracle *oracle, const struct scenario *scenario, bool *lost);

#endif

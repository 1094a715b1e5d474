/* Rules as statements about one thing at a time: the full check makes them about everything, a step
 * about what has changed. */
#ifndef KHEAP_INVARIANTS_PREDICATES_H
#define KHEAP_INVARIANTS_PREDICATES_H

#include "invariants/check.h"

/* A tag at `at`, with `room` bytes from there to the epilogue. */
CHECK_RESULT bool rule_H1(uint32_t at, uint32_t tag, uint32_t room, struct violation *violation);

/* The footer at `at`. */
CHECK_RESULT bool rule_H2(uint32_t at, uint32_t header, uint32_t footer,
                          struct violation *violation);

/* The block at `at`, behind one that is free or not. */
CHECK_RESULT bool rule_H3(uint32_t at, uint32_t tag, bool previous_free,
                          struct violation *violation);

/* The bin for blocks of a size, and the smallest size in a bin, worked out as the table in
 * heap/bins.h says and not as the core does. */
uint32_t check_bin(uint32_t size);
uint32_t check_bin_size(uint32_t bin);

/* An entry that is present, for `at`. */
CHECK_RESULT bool rule_P1(uint32_t at, uint32_t entry, struct violation *violation);

/* An entry that is not zero, for `at`: rules P1, P3, P5. census->end is the heap's end. */
CHECK_RESULT bool rule_entry(const struct scene *scene, const struct census *census, uint32_t at,
                             uint32_t entry, struct violation *violation);

/* The root, and boot's entries of directory and table. */
CHECK_RESULT bool rule_P4_root(struct violation *violation);
CHECK_RESULT bool rule_P4(const struct scene *scene, const uint32_t *directory,
                          struct violation *violation);

/* The table for `at`, which has entry_count entries. */
CHECK_RESULT bool rule_P5(uint32_t at, uint32_t entry_count, struct violation *violation);

/* The whole TLB. */
CHECK_RESULT bool rule_P6(struct violation *violation);

/* Every page that the device's user mapped is mapped. */
CHECK_RESULT bool check_device(const struct scene *scene, struct violation *violation);

/* The first entry from i on that is not zero, or TABLE_ENTRIES. */
uint32_t check_next_entry(const uint32_t *table, uint32_t i);

/* A word of the frame bitmap, from frame number `frame` on. */
CHECK_RESULT bool rule_F1(uint32_t frame, uint32_t free, uint32_t managed,
                          struct violation *violation);
CHECK_RESULT bool rule_F2(uint32_t frame, uint32_t summary_bit, uint32_t free, uint32_t hint,
                          struct violation *violation);
CHECK_RESULT bool rule_F5(const struct scene *scene, uint32_t w, uint32_t managed,
                          struct violation *violation);

/* The bitmap's counters. */
struct tally {
    uint32_t free;
    uint32_t managed;
};
CHECK_RESULT bool rule_F3(const struct scene *scene, const struct tally *tally, uint32_t free_count,
                          uint32_t managed_count, struct violation *violation);

#endif

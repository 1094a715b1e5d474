/* A recorded load on its way into operations: calls with the addresses that they had, each address
 * turned into the slot of the block that lives there.
 *
 * A recording has holes: it begins when blocks are live already, and events get lost. A free of
 * what is not known is left out. An allocation at an address that is live says that its free was
 * missed, which is put in before it. */
#ifndef KHEAP_FUZZ_RECORDING_H
#define KHEAP_FUZZ_RECORDING_H

#include <stdio.h>

#include "fuzz/line.h"
#include "fuzz/op_list.h"

struct recording_entry;

/* All zeros is an empty recording. */
struct recording {
    struct op_list ops;
    uint32_t op_count_max; /* 0: as many as fit; otherwise what comes behind them is left out */
    uint32_t frame_count;  /* 0: as trace_machine chooses; otherwise the frames of its machine */
    /* What was not taken as it was. */
    uint64_t unknown_frees;
    uint64_t missed_frees;
    uint64_t null_count; /* refused allocations, frees of null, blocks of no bytes */
    uint64_t too_large;  /* larger than any heap of 32 bits */
    uint64_t left_out;   /* behind op_count_max */
    /* The live blocks by their addresses, and their bytes, overhead included. */
    struct recording_entry *entries;
    uint32_t entry_capacity;
    uint32_t entry_count;
    uint32_t slot_count;
    uint64_t block_bytes;
    uint64_t peak_block_bytes;
};

/* Each takes one call. They return false if there is no memory for it. An alignment that is no
 * power of two, or one that each block has, counts as none. */
bool recording_alloc(struct recording *recording, uint64_t at, uint64_t size_bytes,
                     uint64_t align_bytes);
bool recording_free(struct recording *recording, uint64_t at);

/* A resize in two halves, as others may get the old address in between. recording_leave gives the
 * slot that `at' had, or RECORDING_UNKNOWN; recording_resize takes what became of it: size_bytes
 * bytes at `at', which is null if it was refused and the block is still at `before', or with size 0
 * freed. */
#define RECORDING_UNKNOWN UINT32_MAX
uint32_t recording_leave(struct recording *recording, uint64_t at);
bool recording_resize(struct recording *recording, uint32_t slot, uint64_t before, uint64_t at,
                      uint64_t size_bytes);

/* The packed trace. Returns null with *error set if there is nothing in it, or it is too large. */
uint8_t *recording_pack(const struct recording *recording, uint32_t *size_bytes,
                        struct line *error);

/* What was taken and what was not, a line for each; and whether the machine of a trace can hold
 * it. */
void recording_report(const struct recording *recording, FILE *out);

/* The same as members of a JSON object, without its braces. */
void recording_json(const struct recording *recording, FILE *out);

void recording_end(struct recording *recording);

#endif

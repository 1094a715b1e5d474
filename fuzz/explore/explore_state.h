/* States of a session and its machine, kept on a stack (mmu_x86/emulator/snapshot.h): taken, gone
 * back to, dropped. */
#ifndef KHEAP_FUZZ_EXPLORE_EXPLORE_STATE_H
#define KHEAP_FUZZ_EXPLORE_EXPLORE_STATE_H

#include "fuzz/session_internal.h"

/* Room for depth_max states of a session with slot_count slots, on the machine that is powered on.
 * Returns false if there is no memory for it. */
bool states_make(uint32_t depth_max, uint32_t slot_count, uint32_t frame_count);

/* Require: push: fewer than depth_max on the stack; the others: one at least. */
void state_push(const struct session *session);
void state_restore(struct session *session);
void state_pop(struct session *session);

/* A state in a canonical form, as words: two states with the same words behave alike, whatever
 * comes. Returns the number of words, at most CANONICAL_WORDS_MAX.
 *
 * The form holds the blocks in order with their sizes and flags, the order of the lists, the pages
 * that are mapped, the pages that the TLB holds, what the device's user has mapped, and how many
 * frames the other user holds. Left out are
 *
 *   which slot holds which block, and what it contains: slots are symmetric, contents are not
 *   looked at by the core;
 *   which frame backs which page: the rules are symmetric in them;
 *   counters that no decision depends on (peaks, refusals, misuses);
 *   what frames and free blocks hold that nobody has written since;
 *   everything that the rules derive from the rest: footers, prev links, heads, bitmaps, sums. */
#define CANONICAL_WORDS_MAX 4096u
uint32_t state_canonical(const struct session *session, uint32_t *words);

#endif

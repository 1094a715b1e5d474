/* Snapshots of the emulated machine, kept on a stack: for a search that tries many continuations of
 * one state, and goes back after each.
 *
 *     snapshot_push()          remembers the machine as it is
 *     ... run ...
 *     snapshot_restore()       back to that state, as often as wanted
 *     ... run ...
 *     snapshot_pop()           back to that state, which is forgotten: the one below is the last
 *
 * All that a run can see comes back: RAM, the TLB with its dirty bits, registers, counters, fault
 * injection, and which frames were never written. Taking and restoring cost what was written in
 * between and the TLB's entries, not the size of the memory: the TLB's dirty bits are taken away
 * (EMULATOR_CLEAN), so that the first write to each page comes by and its frame is copied then. */
#ifndef KHEAP_MMU_X86_EMULATOR_SNAPSHOT_H
#define KHEAP_MMU_X86_EMULATOR_SNAPSHOT_H

#include "mmu_x86/emulator/emulator.h"

/* Makes room for a stack of depth_max snapshots of the machine that is powered on. Returns false if
 * there is no host memory for it. Host memory is used as frames are written. */
bool snapshots_make(uint32_t depth_max);

/* Gives the stack's memory back. Requires that it is empty, or that the machine was powered on
 * anew or reset. */
void snapshots_free(void);

/* Snapshots on the stack. */
uint32_t snapshot_depth(void);

/* Require: push: snapshot_depth() < depth_max; the others: snapshot_depth() > 0. Since the last
 * push there was no probe_reset. */
void snapshot_push(void);
void snapshot_restore(void);
void snapshot_pop(void);

#endif

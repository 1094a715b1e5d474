/* The heap under interrupts and threads, for a while: the kernel's mode `stress`.
 *
 * Threads allocate, resize and free at random, each block's contents checked against the shadow
 * model (fuzz/shadow.h), whose memory is not the heap's. They are preempted by the timer, whose
 * handler allocates and frees as well, with interrupts enabled, so that another interrupt comes
 * inside it, whose handler does the same. A thread of its own reclaims, slice by slice, and thread
 * 0 checks every rule over everything, every few milliseconds. At the end everything is given back,
 * and the heap must be what it was at the start (rule S7).
 *
 * Words on the command line, all optional:
 *
 *   seconds=N   until the real-time clock has counted so many seconds: 5
 *   ticks=N     or until so many timer interrupts have come, if that is sooner
 *   hz=N        timer interrupts a second, 100 to 20000: 5000. Fewer come where QEMU has to share
 *               its processor
 *   threads=N   threads that allocate, 1 to 8: 4
 *   seed=N      of what they do: 1
 *   frames=N    frames for the heap, 2 at least: 16384. With fewer than these a refusal may be due,
 *               and is counted; otherwise it is a violation of rule S4
 *   first-fit   the heap's other policy
 *
 * When an interrupt comes depends on the machine, so two runs of the same seed differ; under QEMU's
 * -icount (boot/run --icount) they are the same, to the last switch. */
#ifndef KHEAP_BOOT_STRESS_H
#define KHEAP_BOOT_STRESS_H

#include "boot/exit.h"
#include "boot/multiboot.h"

/* Runs it, and prints what it did and a closing summary; after a violation the rule and its
 * evidence. Requires memory described (boot/memory.h) and interrupts on. Returns how the run is to
 * end. */
enum exit_value stress_run(const struct multiboot_info *info);

#endif

/* Fault injection, shared by the ports that are under test: which frame requests are refused, and
 * at which point an interrupt comes. All of it is the harness's; the core only asks
 * machine_frame_granted and switches interrupts. */
#ifndef KHEAP_MMU_X86_INJECTION_H
#define KHEAP_MMU_X86_INJECTION_H

#include <stdbool.h>
#include <stdint.h>

struct injection {
    uint32_t frame_requests;      /* requests asked so far */
    uint32_t frames_refused;      /* of these, refused by injection */
    uint32_t refuse_countdown;    /* 0: grant all; k: refuse the k-th request from now */
    bool refuse_all_after;        /* from the refused one on, refuse all */
    uint32_t refuse_request;      /* 0: none; k: refuse the k-th request of the run as well, */
    bool refuse_request_on;       /* and all after it */
    uint32_t interrupt_countdown; /* 0: none; k: interrupt at the k-th point where they are enabled
                                     again */
    void (*interrupt_handler)(void);
};

extern struct injection injection;

/* The answer to machine_frame_granted. */
static inline bool injection_frame_granted(void)
{
    injection.frame_requests++;
    if (injection.refuse_request != 0 &&
        (injection.frame_requests == injection.refuse_request ||
         (injection.refuse_request_on && injection.frame_requests > injection.refuse_request))) {
        injection.frames_refused++;
        return false;
    }
    if (injection.refuse_countdown == 0)
        return true;
    if (injection.refuse_countdown > 1) {
        injection.refuse_countdown--;
        return true;
    }
    if (!injection.refuse_all_after)
        injection.refuse_countdown = 0;
    injection.frames_refused++;
    return false;
}

/* To be asked when interrupts are about to be enabled again: true if one is due at this point. */
static inline bool injection_interrupt_due(void)
{
    return injection.interrupt_countdown != 0 && --injection.interrupt_countdown == 0;
}

#endif

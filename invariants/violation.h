/* A broken rule with its evidence. */
#ifndef KHEAP_INVARIANTS_VIOLATION_H
#define KHEAP_INVARIANTS_VIOLATION_H

#include <stdbool.h>
#include <stdint.h>

#include "invariants/rules.h"

struct violation {
    enum rule rule;
    uint32_t at;       /* where: a virtual address, or a frame number for rules F and P2 */
    uint32_t expected; /* what should stand there, or be true */
    uint32_t found;    /* what does */
    const char *what;  /* what `at`, `expected` and `found` are, in a few words */
};

/* Fills *violation. Returns false, so that a checker can return its result. */
__attribute__((cold)) bool violation_set(struct violation *violation, enum rule rule, uint32_t at,
                                         uint32_t expected, uint32_t found, const char *what);

#endif

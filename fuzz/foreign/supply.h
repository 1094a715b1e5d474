/* The memory that a foreign allocator gets: its window, and what the hooks of adapter.h grant and
 * refuse. Keeps the rules
 *
 * A4   nothing is written outside of what was granted: bytes that share a page with granted ones
 * are as they were; other pages are not accessible at all A16  the hooks are used as adapter.h says
 */
#ifndef KHEAP_FUZZ_FOREIGN_SUPPLY_H
#define KHEAP_FUZZ_FOREIGN_SUPPLY_H

#include "fuzz/foreign/adapter.h"
#include "fuzz/foreign/grants.h"
#include "invariants/violation.h"

/* A window. The hooks grant page_count pages of it at most. */
struct supply_window {
    uintptr_t start;
    uintptr_t limit;
    uintptr_t page_count;
};

struct supply {
    enum adapter_memory memory;
    struct supply_window window;
    struct grants grants;
    uintptr_t break_at;     /* ADAPTER_SBRK */
    uintptr_t pages_taken;  /* by hooks */
    uintptr_t pages_left;   /* that they may still grant */
    uint32_t request_count; /* of hooks, so far */
    uint32_t refusal_count;
    uint32_t refuse_request;    /* 0, or the number of the request to refuse */
    bool refuse_on;             /* and all behind it */
    bool calling;               /* a call of the adapter is being made */
    struct violation violation; /* of rule A16: its first */
};

extern struct supply supply;

/* What stands in memory that was never granted, and in what has just been. */
#define SUPPLY_WATCHED 0x5Cu
#define SUPPLY_FRESH 0xA5u

/* A window anew, with no request made or refused and none to be. A pool is granted whole. Returns
 * false if the machine has no memory for it. */
bool supply_begin(enum adapter_memory memory, const struct supply_window *window);

/* Grants [start, end) of memory, of which nothing is granted; takes it back, of which all is.
 * Return false, with nothing changed, if there is no memory. */
bool supply_grant(uintptr_t start, uintptr_t end);
bool supply_revoke(uintptr_t start, uintptr_t end);

/* How far the break can go up before something else begins. */
uintptr_t supply_break_room(void);

/* Rule A4: of the bytes that share a page with granted ones, those beside these, or all. */
bool supply_rule_A4(bool all, struct violation *violation);

/* Rule A16. */
bool supply_rule_A16(struct violation *violation);

#endif

/* The memory that a foreign allocator gets: its window, and what the hooks of adapter.h grant and
 * refuse. Keeps the rules
 *
 * A4   nothing is written outside of what was granted: bytes that share a page with granted ones
 *      are as they were; other pages are not accessible at all
 * A16  the hooks are used as adapter.h says
 *
 * and, as memory that is given back is no longer granted, A1 of the blocks that live in it. */
#ifndef KHEAP_FUZZ_FOREIGN_SUPPLY_H
#define KHEAP_FUZZ_FOREIGN_SUPPLY_H

#include "fuzz/foreign/adapter.h"
#include "fuzz/foreign/grants.h"
#include "fuzz/foreign/model.h"

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
    uint32_t injected_count;  /* of these, not for want of memory */
    uint32_t refuse_request;  /* 0, or the number of the request to refuse */
    bool refuse_on;           /* and all behind it */
    bool calling;             /* a call of the adapter is being made */
    const struct model *live; /* the blocks that memory must not be taken back from; may be null */
    struct violation violation; /* the first that a hook has come upon */
};

extern struct supply supply;

/* What stands in memory that was never granted, and in what has just been. */
#define SUPPLY_WATCHED 0x5Cu
#define SUPPLY_FRESH 0xA5u

/* A window anew, with no request made or refused and none to be; `live` stays. A pool is granted
 * whole. Returns false if the machine has no memory for it. */
bool supply_begin(enum adapter_memory memory, const struct supply_window *window);

/* Grants [start, end) of memory, of which nothing is granted; takes it back, of which all is.
 * Return false, with nothing changed, if there is no memory. */
bool supply_grant(uintptr_t start, uintptr_t end);
bool supply_revoke(uintptr_t start, uintptr_t end);

/* What the hooks of adapter.h do, by one caller at a time (hooks.c). */
void *supply_sbrk(intptr_t increment);
void *supply_pages_take(size_t page_count);
void supply_pages_give(void *at, size_t page_count);
bool supply_map(void *at, size_t page_count);
void supply_unmap(void *at, size_t page_count);
bool supply_may_take(void);

/* How far the break can go up before something else begins; and where it can go with the pages that
 * are left. */
uintptr_t supply_break_room(void);
uintptr_t supply_break_end(void);

/* Rule A4: of the bytes that share a page with granted ones, those beside these, or all. */
bool supply_rule_A4(bool all, struct violation *violation);

/* Rule A16, and what else a hook has come upon: by these a call's violation becomes known when it
 * has returned. */
bool supply_rule_A16(struct violation *violation);

#endif

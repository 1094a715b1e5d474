/* A session: one input run from a fresh machine to its verdict.
 *
 *     session_begin(session, config)
 *     while (session_apply(session, &op)) ...
 *     session_end(session)
 *
 * The session decodes nothing and prints nothing. It drives the core through its public calls,
 * keeps the shadow model of what must be true (fuzz/shadow.h), and has everything checked after
 * each operation. It is freestanding and never allocates: its memory is handed to it. */
#ifndef KHEAP_FUZZ_SESSION_H
#define KHEAP_FUZZ_SESSION_H

#include "fuzz/input.h"
#include "fuzz/line.h"
#include "invariants/violation.h"

/* How much is checked after an operation. At the end of a session everything is. */
enum session_check {
    SESSION_CHECK_STEP,  /* every rule over what the operation has changed (check_step); where there
                            is no journal as FULL, for traces as LOCAL */
    SESSION_CHECK_BOTH,  /* STEP and FULL, and compared: rule K1 */
    SESSION_CHECK_FULL,  /* every rule over everything */
    SESSION_CHECK_LOCAL, /* the block that the operation touched and its neighbours; everything
                            every SESSION_FULL_EVERY operations */
    SESSION_CHECK_SHADOW, /* the shadow model alone, to the end: what other harnesses have */
    SESSION_CHECK_NONE,   /* for measuring what the checks cost */
};
#define SESSION_CHECK_COUNT (SESSION_CHECK_NONE + 1u)
#define SESSION_FULL_EVERY 4096u

struct session;

/* The bytes of memory that a session for slot_count slots needs. */
uint64_t session_size_bytes(uint32_t slot_count);

/* Makes a session in `memory`, session_size_bytes(slot_count) bytes, zeroed, 8-byte aligned. */
struct session *session_make(void *memory, uint32_t slot_count);

/* Gives the session a mirror (invariants/mirror.h), which SESSION_CHECK_STEP needs. */
struct mirror;
void session_mirror(struct session *session, struct mirror *mirror);

/* What operations have cost, in loads and stores (rule C1): for each kind, the one that came
 * closest to its bound. */
struct session_worst {
    uint32_t accesses;
    uint32_t bound;
    uint32_t operation; /* its number; 0: none yet */
};

/* True if `worst` came at least as close to its bound as `other`. */
static inline bool session_worst_as_close(const struct session_worst *worst,
                                          const struct session_worst *other)
{
    return (uint64_t)worst->accesses * (other->bound + 1u) >=
           (uint64_t)other->accesses * (worst->bound + 1u);
}

/* OP_KIND_COUNT of them: of the last run. */
const struct session_worst *session_costs(const struct session *session);

/* What an operation did. */
struct session_result {
    const struct op *op;
    uint32_t operation; /* its number, from 1 */
    bool applied;       /* otherwise it was skipped */
    bool violated;      /* a rule is broken, and no operation follows */
    bool interrupted;   /* a handler came in the middle */
    bool refused;       /* a request was: the operation's, or the handler's */
    uint32_t before_at; /* the block in its slot before and after it; 0: none */
    uint32_t at;
    uint32_t usable_bytes;
    uint32_t handler_at;   /* the block in the handler's slot; 0: none */
    uint32_t misuse_count; /* reported */
    uint32_t misuse_at;    /* of the last: the pointer */
    const char *misuse_reason;
    uint32_t frames_free_before;
    uint32_t frames_free;
    uint32_t end; /* of the heap */
};

/* What is asked of a run beside its input. */
struct session_plan {
    enum session_check check;
    uint32_t refuse_request; /* 0, or the number of the frame request to refuse, from 1 */
    bool refuse_on;          /* and all after it */
    bool brief_end;   /* ask the empty heap for a small block, not for the largest: a fuzzer has no
                         time for that in every run; nor for reading a foreign allocator's blocks
                         oftener than each before it is freed */
    uint32_t stop_at; /* 0, or the number of the operation before which guilty_operation is called;
                         one past the last: the end */
    /* If not null: called after each operation, but for one that does not return. */
    void (*observe)(void *observer, const struct session_result *result);
    void *observer;
};

/* Does nothing: it is there for a debugger's breakpoint, which stops a run, a struct session or a
 * struct run (fuzz/foreign/run.h), at one operation of a million and costs the others nothing. */
struct op;
void guilty_operation(const void *run, const struct op *op);

struct verdict {
    bool ok;
    struct violation violation; /* if not ok */
    uint32_t operation; /* if not ok: the number of the operation, from 1; past the last: the end */
    uint32_t operation_count; /* operations in the input that were reached */
    uint32_t applied_count;   /* of these, those that applied */
    uint32_t frame_requests;  /* of the core, up to the end; if not ok: in all */
    uint64_t digest;          /* of results and final state: equal on all ports */
};

/* Runs one input from a fresh machine to its verdict. Requires input->slot_count to be within the
 * session's. A page fault of the core does not return here: it goes to the port. */
void session_run(struct session *session, struct input *input, const struct session_plan *plan,
                 struct verdict *verdict);

/* The verdict of a session that cannot go on because the core faulted at `at` (rule P7). */
void session_faulted(struct session *session, uint32_t at, uint32_t error_code,
                     struct verdict *verdict);

/* The verdict of a session in which a call of the core did not come to an end (rule C1). */
void session_exhausted(struct session *session, struct verdict *verdict);

/* The heap under test, for who looks at it when the session cannot go on. It stays where it is, and
 * may not have been made yet. */
struct heap;
const struct heap *session_heap(const struct session *session);

/* The operation that is being run, or was last. */
const struct op *session_operation(const struct session *session);

/* Its number, from 1. */
uint32_t session_operation_number(const struct session *session);

/* The verdict line: "NAME ok operations=30 applied=28 digest=0123456789abcdef", or
 * "NAME violation rule=H2 operation=17 operations=17 applied=16 digest=...". Equal on all ports. */
void verdict_line(const struct verdict *verdict, const char *name, struct line *line);

/* The evidence: "H2: header and footer of a block agree: footer at c0401000: expected 00000041,
 * found 00000049". */
void violation_line(const struct violation *violation, struct line *line);

#endif

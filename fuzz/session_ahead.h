/* What comes next in a long input, brought into the caches while what comes before it still runs.
 *
 * A trace of a hundred thousand live objects frees them in an order that no cache foresees, and
 * each takes some thirty lines from memory: of the block and those beside it, of the model, of the
 * mirror. The session knows the next operations, so it can ask for those lines early. That changes
 * nothing but time. */
#ifndef KHEAP_FUZZ_SESSION_AHEAD_H
#define KHEAP_FUZZ_SESSION_AHEAD_H

#include "fuzz/session.h"

#define SESSION_AHEAD 8u

/* Operations that have been read and not been run: a ring. Zeroed: none. */
struct session_ahead {
    struct op ops[SESSION_AHEAD];
    uint32_t first;
    uint32_t count;
};

/* The next operation of the input, as input_next gives it. Of a trace with many live blocks what
 * the operations behind it need is asked for; inputs of a fuzzer's size are left alone. Requires
 * the trace's slots to be within the session's. Cost: constant. */
bool session_ahead_next(struct session_ahead *ahead, const struct session *session,
                        struct input *input, struct op *op);

#endif

/* What a reader must know of the machine and the heap to make something of their words. */
#ifndef KHEAP_FUZZ_EXPLAIN_EXPLAIN_FACTS_H
#define KHEAP_FUZZ_EXPLAIN_EXPLAIN_FACTS_H

#include "fuzz/explain/explain_text.h"
#include "fuzz/session_internal.h"

/* Appends the member "machine": constants, addresses, the key, the names of the control block's
 * words. */
void facts_write(const struct session *session, struct text *text);

#endif

/* What operations did, as text and as JSON: for `kheap replay --trace' and `kheap show --results'.
 */
#ifndef KHEAP_FUZZ_OP_RESULT_H
#define KHEAP_FUZZ_OP_RESULT_H

#include <stdio.h>

#include "fuzz/session.h"

/* Appends what the operation did, without a line end: "c0400838, 104 bytes; 1 frame taken",
 * "freed c0400838", "refused", "skipped", "misuse reported at c0400838: free already". */
void op_result_line(const struct session_result *result, struct line *line);

/* Writes an operation with its result as a JSON object:
 *   operation  its number, from 1
 *   text       as fuzz/op_text.h writes it
 *   applied    false: it was skipped
 *   violated   true: a rule is broken, and no operation follows
 *   at, usable_bytes   the block in its slot afterwards; null and 0: none
 *   freed      the block that it freed, or moved away from; null: none
 *   refused, interrupted   whether a request was refused, whether a handler came in the middle
 *   handler_at the block in the handler's slot, if interrupted; otherwise null
 *   misuses    reported, of which misuse_reason and misuse_at are the last one's, or null
 *   frames_taken   frames fewer that are free; negative: given back
 *   end        the heap's end
 * Addresses are strings of eight hexadecimal digits. */
void op_result_json(const struct session_result *result, FILE *out);

#endif

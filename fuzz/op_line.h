/* Operations as lines of text, for people. The kernel writes them as well; reading them is the
 * host's business (fuzz/op_text.h, which describes the form). */
#ifndef KHEAP_FUZZ_OP_LINE_H
#define KHEAP_FUZZ_OP_LINE_H

#include "fuzz/line.h"
#include "fuzz/op.h"

/* Appends an operation: its word and its arguments, without a line end. */
void op_line(const struct op *op, struct line *line);

/* Appends the configuration, "heap bins 64 256". */
void op_line_config(const struct op_config *config, struct line *line);

#endif

/* Recorded loads as text, one operation a line, fields split by blanks, numbers in decimal:
 *
 *   a ID SIZE         allocate
 *   m ID SIZE ALIGN   allocate at a multiple of ALIGN, a power of two
 *   r ID SIZE         resize; the ID stays the same
 *   f ID              free
 *
 * IDs count up from 1 in the order of allocation and are never used twice; a free or a resize is of
 * a live one. What follows a # is a comment. IDs are slots + 1. Before the first operation a line
 * as in a text of operations, "heap bins 1024 260096", may say the machine (frames, pages of the
 * window) that it runs on; otherwise trace_machine chooses it. */
#ifndef KHEAP_FUZZ_TRACE_TEXT_H
#define KHEAP_FUZZ_TRACE_TEXT_H

#include <stdio.h>

#include "fuzz/line.h"
#include "fuzz/op_list.h"

/* Reads a recorded load to its end, into *ops and the machine that it runs on.
 * Returns false with *error set: "line 7: id 12 is not live". Every line must end with a line end:
 * one that does not was cut off. */
bool trace_text_read(FILE *in, struct op_list *ops, struct op_config *config, struct line *error);

/* The line of one operation of a trace, without a line end. */
void trace_text_line(const struct op *op, struct line *line);

#endif

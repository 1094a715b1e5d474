/* Recorded loads as text, one operation a line, fields split by blanks, numbers in decimal:
 *
 *   a ID SIZE         allocate
 *   m ID SIZE ALIGN   allocate at a multiple of ALIGN, a power of two
 *   r ID SIZE         resize; the ID stays the same
 *   f ID              free
 *
 * IDs count up from 1 in the order of allocation and are never used twice; a free or a resize is of
 * a live one. Lines that start with # are comments. IDs are slots + 1. */
#ifndef KHEAP_FUZZ_TRACE_TEXT_H
#define KHEAP_FUZZ_TRACE_TEXT_H

#include <stdio.h>

#include "fuzz/line.h"
#include "fuzz/op_list.h"

/* Reads a recorded load to its end, into *ops and a machine that it runs on (trace_machine).
 * Returns false with *error set: "line 7: id 12 is not live". Every line must end with a line end:
 * one that does not was cut off. */
bool trace_text_read(FILE *in, struct op_list *ops, struct op_config *config, struct line *error);

/* Writes one operation of a trace as a line. */
void trace_text_write(FILE *out, const struct op *op);

#endif

/* Operations as text, for people: one a line.
 *
 *     # kheap
 *     # frees a block between two free ones
 *     heap bins 64 256
 *     a 0 100
 *     f 0
 *
 * The first line is always "# kheap", which tells text from operation bytes. "heap" has the policy
 * (bins or first-fit), the frames and the pages of the window; it comes before the first operation,
 * or not at all: then the configuration is the default (fuzz/op.h). An operation is its word and
 * its arguments (fuzz/op.h), in decimal or, with 0x, in hexadecimal. Words are split by blanks;
 * what follows a # is a comment, and lines may be empty.
 *
 * Text to bytes to text is exact but for comments, blanks and the notation of numbers; bytes to
 * text to bytes gives bytes that decode alike. */
#ifndef KHEAP_FUZZ_OP_TEXT_H
#define KHEAP_FUZZ_OP_TEXT_H

#include <stdio.h>

#include "fuzz/line.h"
#include "fuzz/op_list.h"

#define OP_TEXT_MAGIC "# kheap"

/* True if the first line is OP_TEXT_MAGIC. */
bool op_text_recognise(const char *text, size_t size_bytes);

/* True if bytes that op_text_recognise does not take look like a text without its first line. */
bool op_text_resembles(const char *text, size_t size_bytes);

/* Reads a whole text, and replaces *ops by its operations. Returns false with *error set to the
 * number of the line and what is wrong with it: "line 7: unknown operation `fre'". */
bool op_text_parse(const char *text, size_t size_bytes, struct op_config *config,
                   struct op_list *ops, struct line *error);

/* Writes a whole text. `comment` becomes its second line, if it is not null. Returns false if it
 * could not be written. */
bool op_text_write(FILE *out, const char *comment, const struct op_config *config,
                   const struct op_list *ops);

#endif

/* A case: an input as a list of operations that can be cut, changed, and written again. */
#ifndef KHEAP_FUZZ_CRASH_CASE_H
#define KHEAP_FUZZ_CRASH_CASE_H

#include "fuzz/file.h"
#include "fuzz/op_list.h"

/* All zeros is an empty case. */
struct op_case {
    struct op_config config;
    struct op_list ops;
    uint32_t slot_count; /* slots are below this */
};

/* Reads a file of operation bytes, a text of operations or a packed trace. Returns false with
 * *error set: it cannot be read, is damaged, or holds several inputs. */
bool case_read(const char *path, struct op_case *one, struct line *error);

/* Makes *to the same as *from. Returns false if there is no memory for it. */
bool case_copy(struct op_case *to, const struct op_case *from);

/* Gives the slots the lowest numbers that can be had, in the order of their use; with `reuse`, one
 * that ends with a free leaves its number to the next. Returns false if there is no memory for it.
 */
bool case_renumber(struct op_case *one, bool reuse);

/* Gives the slots the lowest numbers that leave them in their order, in which they are freed at the
 * end of a run. Returns false if there is no memory for it. */
bool case_close_ranks(struct op_case *one);

/* True if it can be written as text and bytes: few slots and frames. A recorded load that cannot
 * stays a packed trace. */
bool case_is_text(const struct op_case *one);

/* Writes it as text, with the comment as its second line unless that is null. Requires
 * case_is_text. Returns false with *error set. */
bool case_write_text(const struct op_case *one, const char *comment, const char *path,
                     struct line *error);

/* Writes it as operation bytes if case_is_text, otherwise as a packed trace. */
bool case_write_bytes(const struct op_case *one, const char *path, struct line *error);

/* Its operation bytes: malloc'ed, or null if there is no memory. Requires case_is_text. */
uint8_t *case_bytes(const struct op_case *one, uint32_t *size_bytes);

void case_free(struct op_case *one);

#endif

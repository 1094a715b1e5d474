/* A list of operations in host memory, for the tool, the mutator and tests. */
#ifndef KHEAP_FUZZ_OP_LIST_H
#define KHEAP_FUZZ_OP_LIST_H

#include <stddef.h>

#include "fuzz/op.h"

/* The most operations of a list: 1 GiB of them. */
#define OP_LIST_MAX (1u << 26)

/* All zeros is an empty list. */
struct op_list {
    struct op *ops;
    uint32_t count;
    uint32_t capacity;
};

/* Makes room for `capacity` operations in all. Returns false if there is no memory for them. */
bool op_list_reserve(struct op_list *list, uint32_t capacity);

/* Adds one at the end. Returns false, with nothing changed, if there is no memory for it. */
bool op_list_append(struct op_list *list, const struct op *op);

/* Gives the memory back; the list is empty then. */
void op_list_free(struct op_list *list);

/* Replaces the list by what the bytes say (fuzz/op_bytes.h). Returns false if there is no memory
 * for it. */
bool op_list_decode(struct op_list *list, struct op_config *config, const uint8_t *data,
                    uint32_t size_bytes);

/* Writes configuration and operations as bytes, as many of the first as fit into size_max. Returns
 * the bytes written: 0 if not even the configuration fits. */
uint32_t op_list_encode(const struct op_list *list, const struct op_config *config, uint8_t *out,
                        uint32_t size_max);

#endif

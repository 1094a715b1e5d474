/* The page, as fuzz/explain/page has it, up to where the data stands, and from there on. Made at
 * build by fuzz/explain/embed.cmake. */
#ifndef KHEAP_FUZZ_EXPLAIN_EXPLAIN_TEMPLATE_H
#define KHEAP_FUZZ_EXPLAIN_EXPLAIN_TEMPLATE_H

#include <stdint.h>

extern const uint8_t explain_head[];
extern const uint8_t explain_tail[];
extern const uint32_t explain_head_bytes;
extern const uint32_t explain_tail_bytes;

#endif

/* The C program that makes the same calls as an input (fuzz/crash/to_c.h), for the page. */
#ifndef KHEAP_FUZZ_EXPLAIN_EXPLAIN_REPRODUCER_H
#define KHEAP_FUZZ_EXPLAIN_EXPLAIN_REPRODUCER_H

#include "fuzz/explain/explain_text.h"

/* An input, and what it breaks. */
struct reproducer {
    const char *name;
    const uint8_t *data;
    uint32_t size_bytes;
    uint32_t operation; /* the guilty one */
    const char *evidence;
};

/* Appends the member "reproducer". Returns null, or a few words that say why it could not be made.
 * Requires an input that input_open takes. */
const char *reproducer_write(const struct reproducer *reproducer, struct text *text);

#endif

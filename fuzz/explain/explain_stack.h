/* Names for the addresses of a stack: from the debugging information where llvm-symbolizer or
 * addr2line is installed, otherwise from what the dynamic linker knows. */
#ifndef KHEAP_FUZZ_EXPLAIN_EXPLAIN_STACK_H
#define KHEAP_FUZZ_EXPLAIN_EXPLAIN_STACK_H

#include "fuzz/explain/explain_run.h"
#include "fuzz/explain/explain_text.h"

/* Appends the members "with", what gave the names, and "frames", the innermost first: triples of
 * function, place (file:line, or module+offset) and 1 for a function that was inlined into the next
 * one, else 0. Ends with the function that applies an operation. Requires that the addresses are of
 * this process's program. */
void stack_write(const struct run_stack *stack, struct text *text);

#endif

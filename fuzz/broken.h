/* The end of a fuzzer's run at a broken rule. */
#ifndef KHEAP_FUZZ_BROKEN_H
#define KHEAP_FUZZ_BROKEN_H

#include "invariants/violation.h"

/* Prints the evidence and traps, in a function of the rule's own (kheap_broken_H2 and so on), so
 * that the stack trace names the rule and services that group crashes by their top frames keep
 * different rules apart. */
_Noreturn void broken_rule(const struct violation *violation);

#endif

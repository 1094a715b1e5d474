#include "fuzz/broken.h"

#include <stdio.h>

#include "fuzz/session.h"

/* Not inlined, and each with a text of its own, so that no compiler folds them into one. */
#define BROKEN(id, claim)                                                                          \
    __attribute__((noinline)) _Noreturn static void kheap_broken_##id(const char *evidence)        \
    {                                                                                              \
        (void)fprintf(stderr, "kheap: rule " #id " broken (" claim ")\n%s\n", evidence);           \
        __builtin_trap();                                                                          \
    }
KHEAP_RULES(BROKEN)

_Noreturn void broken_rule(const struct violation *violation)
{
    struct line line;
    violation_line(violation, &line);
    switch (violation->rule) {
#define CASE(id, claim)                                                                            \
    case RULE_##id: kheap_broken_##id(line.text);
        KHEAP_RULES(CASE)
    default: break;
    }
    (void)fprintf(stderr, "kheap: an unknown rule is broken\n%s\n", line.text);
    __builtin_trap();
}

#include "invariants/rules.h"

#define RULE_ID(id, claim) #id,
#define RULE_CLAIM(id, claim) claim,

const char *rule_id(enum rule rule)
{
    static const char *const ids[] = {"none", KHEAP_RULES(RULE_ID)};
    return rule < RULE_COUNT ? ids[rule] : "unknown";
}

const char *rule_claim(enum rule rule)
{
    static const char *const claims[] = {"no rule is broken", KHEAP_RULES(RULE_CLAIM)};
    return rule < RULE_COUNT ? claims[rule] : "unknown rule";
}

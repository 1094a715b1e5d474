#include "invariants/violation.h"

bool violation_set(struct violation *violation, enum rule rule, uint32_t at, uint32_t expected,
                   uint32_t found, const char *what)
{
    *violation = (struct violation){rule, at, expected, found, what};
    return false;
}

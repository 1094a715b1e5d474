#include "fuzz/session.h"

void verdict_line(const struct verdict *verdict, const char *name, struct line *line)
{
    line_clear(line);
    line_text(line, name);
    line_text(line, verdict->ok ? " ok" : " violation rule=");
    if (!verdict->ok) {
        line_text(line, rule_id(verdict->violation.rule));
        line_text(line, " operation=");
        line_decimal(line, verdict->operation);
    }
    line_text(line, " operations=");
    line_decimal(line, verdict->operation_count);
    line_text(line, " applied=");
    line_decimal(line, verdict->applied_count);
    line_text(line, " digest=");
    line_hex(line, verdict->digest, 16);
}

void violation_line(const struct violation *violation, struct line *line)
{
    line_clear(line);
    line_text(line, rule_id(violation->rule));
    line_text(line, ": ");
    line_text(line, rule_claim(violation->rule));
    line_text(line, ": ");
    line_text(line, violation->what);
    line_text(line, " ");
    line_hex(line, violation->at, 8);
    line_text(line, ": expected ");
    line_hex(line, violation->expected, 8);
    line_text(line, ", found ");
    line_hex(line, violation->found, 8);
}

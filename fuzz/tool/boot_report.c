/* What the host and the kernel said, for people and for machines. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/file.h"
#include "fuzz/out_file.h"
#include "fuzz/tool/boot.h"

bool boot_equal(const struct boot_input *input)
{
    return strcmp(input->host_line.text, input->guest_line.text) == 0;
}

/* "equal", "differs", or "none" where the kernel gave no verdict. */
static const char *agreement(const struct boot_input *input)
{
    if (input->guest_line.length == 0)
        return "none";
    return boot_equal(input) ? "equal" : "differs";
}

/* Rules that need a look at the TLB, at the journal or at the number of loads and stores, which
 * hardware shows nobody. */
static bool emulator_alone_sees(enum rule rule)
{
    return rule == RULE_P6 || rule == RULE_P8 || rule == RULE_O1 || rule == RULE_S5 ||
           rule == RULE_C1 || rule == RULE_K1;
}

/* What the kernel said of an input, where that is not what the host says. */
static void report_guest(FILE *out, const struct boot_input *input)
{
    if (input->guest_line.length == 0) {
        (void)fprintf(out, "  in QEMU: no verdict: %s\n", input->guest_why.text);
        return;
    }
    (void)fprintf(out, "  in QEMU: %s\n", input->guest_line.text);
    if (input->guest_evidence.length != 0)
        (void)fprintf(out, "    %s\n", input->guest_evidence.text);
    else if (!input->host.ok && emulator_alone_sees(input->host.violation.rule))
        (void)fprintf(out, "    rule %s may be broken where only the emulator sees it\n",
                      rule_id(input->host.violation.rule));
}

bool boot_report_input(FILE *out, const struct boot_input *input)
{
    static const char *const alone[] = {
        [BOOT_ALONE_SAME] = "the same",
        [BOOT_ALONE_EQUAL] = "the host's verdict; so it needs the inputs before it",
        [BOOT_ALONE_OTHER] = "something else, and not the host's verdict",
    };
    bool equal = boot_equal(input);
    (void)fprintf(out, "%s qemu=%s\n", input->host_line.text, agreement(input));
    if (input->host_why.length != 0) {
        (void)fprintf(out, "  %s\n", input->host_why.text);
    } else if (!input->host.ok) {
        struct line line;
        violation_line(&input->host.violation, &line);
        (void)fprintf(out, "  %s\n", line.text);
        if (input->host_operation.length != 0)
            (void)fprintf(out, "  at operation %u: %s\n", input->host.operation,
                          input->host_operation.text);
    }
    if (equal)
        return true;
    report_guest(out, input);
    if (input->alone != BOOT_ALONE_UNKNOWN)
        (void)fprintf(out, "  alone in a boot: %s\n", alone[input->alone]);
    return false;
}

static void json_string(FILE *out, const char *text)
{
    (void)fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < ' ' || c == '"' || c == '\\')
            (void)fprintf(out, "\\u%04x", c);
        else
            (void)fputc(c, out);
    }
    (void)fputc('"', out);
}

/* A member of an object; an empty line is null. */
static void json_line(FILE *out, const char *key, const struct line *line)
{
    (void)fprintf(out, ", \"%s\": ", key);
    if (line->length == 0)
        (void)fputs("null", out);
    else
        json_string(out, line->text);
}

static void json_input(FILE *out, const struct boot_input *input)
{
    static const char *const alone[] = {
        [BOOT_ALONE_UNKNOWN] = "null",
        [BOOT_ALONE_SAME] = "\"same\"",
        [BOOT_ALONE_EQUAL] = "\"equal\"",
        [BOOT_ALONE_OTHER] = "\"other\"",
    };
    (void)fputs("{\"name\": ", out);
    json_string(out, input->name);
    (void)fputs(", \"file\": ", out);
    json_string(out, input->path);
    (void)fprintf(out,
                  ", \"ok\": %s, \"qemu\": \"%s\", \"rule\": ", input->host.ok ? "true" : "false",
                  agreement(input));
    if (input->host.ok || input->host_why.length != 0)
        (void)fputs("null", out);
    else
        json_string(out, rule_id(input->host.violation.rule));
    (void)fprintf(out, ", \"operations\": %u, \"operation\": %u", input->host.operation_count,
                  input->host.ok ? 0 : input->host.operation);
    json_line(out, "host_verdict", &input->host_line);
    json_line(out, "host_error", &input->host_why);
    json_line(out, "qemu_verdict", &input->guest_line);
    json_line(out, "qemu_evidence", &input->guest_evidence);
    json_line(out, "qemu_error", &input->guest_why);
    (void)fprintf(out, ", \"qemu_alone\": %s", alone[input->alone]);
    (void)fputc('}', out);
}

static void json_report(FILE *out, const struct boot_plan *plan, const struct boot_inputs *inputs)
{
    uint32_t ok_count = 0;
    uint32_t equal_count = 0;
    (void)fputs("{\"tool\": \"kheap boot\", \"kernel\": ", out);
    json_string(out, plan->kernel);
    (void)fputs(",\n \"results\": [", out);
    for (uint32_t i = 0; i < inputs->count; i++) {
        (void)fputs(i == 0 ? "\n  " : ",\n  ", out);
        json_input(out, &inputs->list[i]);
        ok_count += inputs->list[i].host.ok;
        equal_count += boot_equal(&inputs->list[i]);
    }
    (void)fprintf(out,
                  "],\n \"inputs\": %u, \"ok\": %u, \"violations\": %u, \"equal\": %u, "
                  "\"unreadable\": %u}\n",
                  inputs->count, ok_count, inputs->count - ok_count, equal_count,
                  inputs->error_count);
}

bool boot_report_json(const char *path, const struct boot_plan *plan,
                      const struct boot_inputs *inputs, struct line *error)
{
    struct out_file json;
    if (!out_file_open(&json, path, error))
        return false;
    json_report(json.stream, plan, inputs);
    return out_file_close(&json, error);
}

/* Whether what the kernel did with an input is the input's doing: once more, with nothing else in
 * the boot. */
#include <string.h>

#include "fuzz/tool/boot.h"

/* Boots are slow, and a kernel that fails with everything needs no more proof than this. */
#define ALONE_MAX 8u

static bool same(const struct boot_input *one, const struct boot_input *other)
{
    return one->guest_status == other->guest_status &&
           strcmp(one->guest_line.text, other->guest_line.text) == 0;
}

static enum boot_alone run_alone(const struct boot_plan *plan, const struct boot_input *input)
{
    struct boot_input copy = *input;
    struct boot_inputs alone = {&copy, 1, 1, 0};
    struct line error;
    copy.guest_status = 0;
    line_clear(&copy.guest_line);
    line_clear(&copy.guest_evidence);
    line_clear(&copy.guest_why);
    if (!boot_guest(plan, &alone, &error))
        return BOOT_ALONE_UNKNOWN;
    if (same(input, &copy))
        return BOOT_ALONE_SAME;
    return boot_equal(&copy) ? BOOT_ALONE_EQUAL : BOOT_ALONE_OTHER;
}

void boot_confirm(const struct boot_plan *plan, struct boot_inputs *inputs)
{
    uint32_t boots = 0;
    for (uint32_t i = 0; inputs->count > 1u && i < inputs->count; i++) {
        struct boot_input *input = &inputs->list[i];
        if (boot_equal(input) || boots == ALONE_MAX || boot_interrupted() != 0)
            continue;
        boots++;
        input->alone = run_alone(plan, input);
    }
}

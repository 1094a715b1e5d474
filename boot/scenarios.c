#include "boot/scenarios.h"

#include "boot/serial.h"
#include "mmu_x86/scenario/generate.h"
#include "mmu_x86/scenario/machine.h"
#include "mmu_x86/scenario/run.h"

enum exit_value scenarios_run(const struct multiboot_info *info)
{
    static struct scenario_run run;
    struct line line;
    uint32_t disagree_count = 0;
    (void)info;
    if (!machine_scenario_prepare()) {
        serial_text("kheap: error: too little memory for the scenarios\n");
        return EXIT_LITTLE_MEMORY;
    }
    for (uint32_t n = 0; n < scenario_count(); n++) {
        scenario_run(n, &run);
        scenario_line(n, &run, &line);
        serial_line(&line);
        disagree_count += run.verdict == SCENARIO_DISAGREES;
    }
    line_clear(&line);
    line_text(&line, "kheap: ");
    line_decimal(&line, scenario_count());
    line_text(&line, " scenarios, ");
    line_decimal(&line, disagree_count);
    line_text(&line, " disagree");
    serial_line(&line);
    return disagree_count == 0 ? EXIT_OK : EXIT_VIOLATION;
}

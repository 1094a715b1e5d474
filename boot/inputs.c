#include "boot/inputs.h"

#include <stddef.h>

#include "boot/command_line.h"
#include "boot/memory.h"
#include "boot/modules.h"
#include "boot/runner.h"
#include "boot/serial.h"

struct tally {
    uint32_t input_count;
    uint32_t ok_count;
    uint32_t violation_count;
    uint32_t error_count;
    uint64_t operation_count;
    bool little_memory;
};

/* Of the input that runs now. */
static const char *running_name;

static void print_error(const char *name, const char *error)
{
    struct line line;
    line_clear(&line);
    line_text(&line, name);
    line_text(&line, ": error: ");
    line_text(&line, error);
    serial_line(&line);
}

static void print_verdict(const struct verdict *verdict, const char *name)
{
    struct line line;
    verdict_line(verdict, name, &line);
    serial_line(&line);
    if (verdict->ok)
        return;
    violation_line(&verdict->violation, &line);
    serial_line(&line);
}

static void count_text(struct line *line, uint64_t count, const char *noun)
{
    line_decimal(line, count);
    line_text(line, " ");
    line_text(line, noun);
    if (count != 1)
        line_text(line, "s");
}

static void print_summary(const struct tally *tally)
{
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap: ");
    count_text(&line, tally->input_count, "input");
    line_text(&line, ", ");
    line_decimal(&line, tally->ok_count);
    line_text(&line, " ok, ");
    count_text(&line, tally->violation_count, "violation");
    line_text(&line, ", ");
    count_text(&line, tally->operation_count, "operation");
    if (tally->error_count != 0) {
        line_text(&line, ", ");
        count_text(&line, tally->error_count, "error");
    }
    serial_line(&line);
}

/* Returns false, having said so, if there is no memory for the harness. */
static bool harness_start(uint32_t slot_count)
{
    uint64_t needed = runner_size_bytes(slot_count);
    uint64_t longest;
    void *area = memory_carve(needed, &longest);
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap: error: ");
    if (area != NULL) {
        const char *error = runner_start(area, slot_count);
        if (error == NULL)
            return true;
        line_text(&line, error);
    } else {
        line_text(&line, "too little memory: the harness needs ");
        line_decimal(&line, (needed + 1023u) >> 10);
        line_text(&line, " KiB in one piece for ");
        count_text(&line, slot_count, "slot");
        line_text(&line, ", the largest free piece is ");
        line_decimal(&line, longest >> 10);
        line_text(&line, " KiB");
    }
    serial_line(&line);
    return false;
}

static bool frames_suffice(const struct input *input, const char *name)
{
    if (input->config.frame_count <= runner_frame_count_max())
        return true;
    struct line line;
    line_clear(&line);
    line_text(&line, name);
    line_text(&line, ": error: too little memory: it wants ");
    count_text(&line, input->config.frame_count, "frame");
    line_text(&line, ", the machine has ");
    line_decimal(&line, runner_frame_count_max());
    serial_line(&line);
    return false;
}

static void run(const struct named_input *named, uint32_t stop_at, struct tally *tally)
{
    struct input input;
    struct verdict verdict;
    const char *error = named->error;
    tally->input_count++;
    if (error == NULL)
        error = runner_open(&input, named->data, named->size_bytes);
    if (error == NULL && !frames_suffice(&input, named->name)) {
        tally->error_count++;
        tally->little_memory = true;
        return;
    }
    if (error == NULL) {
        running_name = named->name;
        error = runner_run(&input, stop_at, &verdict);
        tally->little_memory |= error != NULL;
    }
    if (error != NULL) {
        print_error(named->name, error);
        tally->error_count++;
        return;
    }
    print_verdict(&verdict, named->name);
    tally->ok_count += verdict.ok;
    tally->violation_count += !verdict.ok;
    tally->operation_count += verdict.operation_count;
}

/* What is found wrong with the heap outweighs what is wrong with the inputs. */
static enum exit_value tally_exit(const struct tally *tally)
{
    if (tally->violation_count != 0)
        return EXIT_VIOLATION;
    if (tally->little_memory)
        return EXIT_LITTLE_MEMORY;
    return tally->error_count != 0 ? EXIT_BAD_INPUT : EXIT_OK;
}

enum exit_value inputs_run(const struct multiboot_info *info, uint32_t stop_at)
{
    struct tally tally = {0};
    struct modules modules;
    struct named_input named;
    if (!command_line_done(info))
        return EXIT_BAD_INPUT;
    modules_open(&modules, info);
    if (modules.left == 0) {
        serial_text("kheap: error: no module: there is nothing to run\n");
        return EXIT_BAD_INPUT;
    }
    if (!harness_start(modules_slots(info)))
        return EXIT_LITTLE_MEMORY;
    while (modules_next(&modules, &named))
        run(&named, stop_at, &tally);
    print_summary(&tally);
    return tally_exit(&tally);
}

void inputs_ended(const struct verdict *verdict)
{
    print_verdict(verdict, running_name);
}

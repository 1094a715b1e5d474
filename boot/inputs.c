#include "boot/inputs.h"

#include <stddef.h>

#include "boot/command_line.h"
#include "boot/memory.h"
#include "boot/modules.h"
#include "boot/nearest_block.h"
#include "boot/probe.h"
#include "boot/serial.h"
#include "fuzz/session.h"

struct tally {
    uint32_t input_count;
    uint32_t ok_count;
    uint32_t violation_count;
    uint32_t error_count;
    uint64_t operation_count;
    bool little_memory;
};

/* The session that runs now, for a fault to find; null between inputs. */
static struct session *running;
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

static struct session *session_carve(uint32_t slot_count)
{
    uint64_t needed = session_size_bytes(slot_count);
    uint64_t longest;
    void *area = memory_carve(needed, &longest);
    if (area != NULL)
        return session_make(area, slot_count);
    struct line line;
    line_clear(&line);
    line_text(&line, "kheap: error: too little memory: the harness needs ");
    line_decimal(&line, (needed + 1023u) >> 10);
    line_text(&line, " KiB in one piece for ");
    count_text(&line, slot_count, "slot");
    line_text(&line, ", the largest free piece is ");
    line_decimal(&line, longest >> 10);
    line_text(&line, " KiB");
    serial_line(&line);
    return NULL;
}

static bool frames_suffice(const struct input *input, const char *name)
{
    if (input->config.frame_count <= probe_frame_count_max())
        return true;
    struct line line;
    line_clear(&line);
    line_text(&line, name);
    line_text(&line, ": error: too little memory: it wants ");
    count_text(&line, input->config.frame_count, "frame");
    line_text(&line, ", the machine has ");
    line_decimal(&line, probe_frame_count_max());
    serial_line(&line);
    return false;
}

static void run(struct session *session, const struct named_input *named, uint32_t stop_at,
                struct tally *tally)
{
    struct input input;
    struct verdict verdict;
    const char *error = named->error;
    tally->input_count++;
    if (error == NULL)
        error = input_open(&input, named->data, named->size_bytes);
    if (error != NULL) {
        print_error(named->name, error);
        tally->error_count++;
        return;
    }
    if (!frames_suffice(&input, named->name)) {
        tally->error_count++;
        tally->little_memory = true;
        return;
    }
    running_name = named->name;
    running = session;
    nearest_block_watch(session_heap(session));
    struct session_plan plan = {.check = SESSION_CHECK_STEP, .stop_at = stop_at};
    session_run(session, &input, &plan, &verdict);
    running = NULL;
    nearest_block_watch(NULL);
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
    struct session *session = session_carve(modules_slots(info));
    if (session == NULL)
        return EXIT_LITTLE_MEMORY;
    if (!probe_start()) {
        serial_text("kheap: error: the room for the frame bitmap is too small\n");
        return EXIT_LITTLE_MEMORY;
    }
    while (modules_next(&modules, &named))
        run(session, &named, stop_at, &tally);
    print_summary(&tally);
    return tally_exit(&tally);
}

void inputs_faulted(uint32_t at, uint32_t error_code)
{
    struct session *session = running;
    struct verdict verdict;
    if (session == NULL)
        return;
    running = NULL;
    session_faulted(session, at, error_code, &verdict);
    print_verdict(&verdict, running_name);
}

/* The kernel's verdicts: the inputs in a pack, boot/run, and what the kernel says on its serial
 * line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/file.h"
#include "fuzz/tool/boot.h"

/* What boot/run's exit statuses mean here (boot/run --help). */
enum {
    RUN_OK,
    RUN_VIOLATION,
    RUN_PAGE_FAULT,
    RUN_BAD_INPUT,
    RUN_HANG,
    RUN_RESET,
    RUN_DOUBLE_FAULT = 21,
    RUN_GENERAL_PROTECTION,
    RUN_EXCEPTION,
};

/* One boot: the inputs from `next` on have no answer yet. */
struct guest {
    struct boot_inputs *inputs;
    uint32_t next;
    bool evidence;    /* the next line is the evidence for the last verdict */
    struct line last; /* what boot/run, or the kernel, said last about itself */
};

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void set(struct line *line, const char *text)
{
    line_clear(line);
    line_text(line, text);
}

/* The kernel answers in the order of the pack, each input with one line that starts with its name.
 */
static void take_line(struct guest *guest, const char *text)
{
    struct boot_inputs *inputs = guest->inputs;
    if (guest->evidence) {
        guest->evidence = false;
        set(&inputs->list[guest->next - 1u].guest_evidence, text);
        return;
    }
    struct boot_input *input = guest->next < inputs->count ? &inputs->list[guest->next] : NULL;
    size_t length = input != NULL ? strlen(input->name) : 0;
    if (input != NULL && strncmp(text, input->name, length) == 0) {
        const char *rest = text + length;
        guest->evidence = starts(rest, " violation rule=");
        if (guest->evidence || starts(rest, " ok operations=")) {
            set(&input->guest_line, text);
            guest->next++;
            return;
        }
        if (starts(rest, ": error: ")) {
            set(&input->guest_why, rest + strlen(": error: "));
            guest->next++;
            return;
        }
    }
    if (starts(text, "boot: "))
        set(&guest->last, text + strlen("boot: "));
    else if (starts(text, "kheap: error: "))
        set(&guest->last, text + strlen("kheap: error: "));
}

static void read_lines(struct guest *guest, int descriptor)
{
    FILE *in = fdopen(descriptor, "r");
    char *text = NULL;
    size_t capacity = 0;
    ssize_t length;
    if (in == NULL) {
        (void)close(descriptor);
        return;
    }
    while (boot_interrupted() == 0 && (length = getline(&text, &capacity, in)) > 0) {
        while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
            text[--length] = '\0';
        take_line(guest, text);
    }
    free(text);
    (void)fclose(in);
}

/* A boot takes a part of a second, an input a few milliseconds, and the slowest machine runs some
 * thousand operations a second. */
static uint32_t seconds_for(const struct boot_plan *plan, const struct guest *guest)
{
    uint64_t operations = 0;
    if (plan->seconds != 0)
        return plan->seconds;
    for (uint32_t i = guest->next; i < guest->inputs->count; i++)
        operations += guest->inputs->list[i].host.operation_count;
    uint64_t seconds = 30u + (guest->inputs->count - guest->next) / 20u + operations / 5000u;
    return seconds < 86400u ? (uint32_t)seconds : 86400u;
}

/* Boots once. Returns boot/run's exit status; -1 with *error set if it could not be started. */
static int boot_once(const struct boot_plan *plan, struct guest *guest, const char *pack,
                     struct line *error)
{
    char seconds[16];
    int ends[2];
    const char *extra[] = {"--timeout", seconds, NULL};
    (void)snprintf(seconds, sizeof(seconds), "%u", seconds_for(plan, guest));
    if (boot_pack_write(guest->inputs, guest->next, pack, error) == 0)
        return -1;
    if (pipe(ends) != 0) {
        (void)boot_errno(error, "boot/run");
        return -1;
    }
    line_clear(&guest->last);
    guest->evidence = false;
    pid_t child = boot_start(plan, pack, extra, ends[1], false, error);
    (void)close(ends[1]);
    if (child < 0) {
        (void)close(ends[0]);
        return -1;
    }
    read_lines(guest, ends[0]);
    return boot_wait(child);
}

/* True if the input that was running has ended the kernel, so that it will have no verdict. */
static bool ended_by_input(int status)
{
    return status == RUN_PAGE_FAULT || status == RUN_HANG || status == RUN_RESET ||
           (status >= RUN_DOUBLE_FAULT && status <= RUN_EXCEPTION);
}

/* A boot has ended, and inputs are left. True if the kernel can be booted again for them. */
static bool go_on(struct guest *guest, uint32_t first, int status, struct line *error)
{
    struct boot_input *left = &guest->inputs->list[guest->next];
    /* A fault of the core is its session's verdict, and the end of the kernel. */
    if (status == RUN_PAGE_FAULT && guest->next > first &&
        guest->inputs->list[guest->next - 1u].guest_line.length != 0 &&
        strstr(guest->inputs->list[guest->next - 1u].guest_line.text, " rule=P7 ") != NULL)
        return true;
    if (ended_by_input(status)) {
        left->guest_why = guest->last;
        left->guest_status = status;
        guest->next++;
        return true;
    }
    if (guest->last.length != 0) {
        *error = guest->last;
        return false;
    }
    line_clear(error);
    line_text(error, "boot/run ended with status ");
    line_decimal(error, (uint32_t)status);
    line_text(error, " and without a verdict for ");
    line_text(error, left->name);
    return false;
}

bool boot_guest(const struct boot_plan *plan, struct boot_inputs *inputs, struct line *error)
{
    struct guest guest = {.inputs = inputs};
    char directory[BOOT_PATH_MAX - 16u];
    char pack[BOOT_PATH_MAX];
    if (!boot_scratch_make(directory, sizeof(directory), error))
        return false;
    (void)snprintf(pack, sizeof(pack), "%s/inputs", directory);
    bool ok = true;
    while (ok && guest.next < inputs->count) {
        uint32_t first = guest.next;
        int status = boot_once(plan, &guest, pack, error);
        if (boot_interrupted() != 0) {
            set(error, "interrupted");
            ok = false;
        } else if (status < 0) {
            ok = false;
        } else if (guest.next < inputs->count) {
            ok = go_on(&guest, first, status, error);
        }
    }
    boot_scratch_remove(directory, (const char *const[]){pack, NULL});
    return ok;
}

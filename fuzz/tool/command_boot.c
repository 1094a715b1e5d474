/* kheap boot: inputs in QEMU, compared with the host. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/file.h"
#include "fuzz/tool/boot.h"
#include "fuzz/tool/command.h"

static const char help_text[] =
    "usage: kheap boot [OPTION...] FILE|DIRECTORY...\n"
    "       kheap boot --gdb [OPTION...] FILE\n"
    "\n"
    "Runs each input on the host, as `kheap replay' does, and in the kernel in QEMU, and compares\n"
    "the verdict lines, digest included. Prints the host's, and qemu=equal, qemu=differs with "
    "what\n"
    "the kernel said, or qemu=none with the reason why it gave no verdict. An input that ends the\n"
    "kernel costs only its own verdict: the ones behind it get another boot. What is not equal is\n"
    "run once more, alone in a boot, to see whether it is that input's doing.\n"
    "\n"
    "  --kernel FILE      the kernel (default: in build/boot of this repository, kheap.elf; for a\n"
    "                     foreign allocator kheap-NAME.elf, which an i386 kheap-NAME is held "
    "against)\n"
    "  --memory MIB       memory of the machine in QEMU (default: 512)\n"
    "  --machine TYPE     microvm (default) or pc\n"
    "  --kvm              on KVM, where it can be used, instead of QEMU's own translator\n"
    "  --timeout SECONDS  the longest that a boot may take (default: as its operations need)\n"
    "  --json FILE        the results for machines too; - is standard output, and the text for\n"
    "                     people goes to standard error then\n"
    "  --quiet            print only violations, differences and the summary\n"
    "\n"
    "With --gdb, for one input: stops the kernel as it begins the operation that breaks a rule on\n"
    "the host, with gdb at it and the commands of invariants/gdb loaded (`help kheap').\n"
    "\n"
    "  --at N             stop at operation N instead, from 1; N may be one past the last: the "
    "end\n"
    "  --gdb-commands FILE\n"
    "                     run the commands in FILE instead of asking for some, and end; gdb's\n"
    "                     exit status becomes this one's\n"
    "\n"
    "Exit status: 0 all hold and are equal, 1 a rule is broken or a verdict differs, 2 the "
    "command\n"
    "line was not understood, 3 something is missing (QEMU, the kernel, gdb), or a file is\n"
    "unreadable or damaged, 130 interrupted.\n";

struct boot {
    struct boot_plan plan;
    struct boot_inputs inputs;
    struct file_list files;
    const char *kernel;
    const char *json;
    const char *gdb_commands;
    uint32_t at;
    bool gdb;
    bool quiet;
};

static bool is_machine(const char *word)
{
    return word != NULL && (strcmp(word, "microvm") == 0 || strcmp(word, "pc") == 0);
}

/* The options that say how the kernel is booted: *status is not EXIT_OK if one of them is wrong. */
static bool parse_plan(int argc, char **argv, int *i, struct boot *boot, int *status)
{
    const char *value;
    uint32_t number;
    if (command_option(argc, argv, i, "--memory", &value)) {
        boot->plan.memory = value;
        if (!command_number(value, UINT32_MAX - 1u, &number))
            *status = command_usage("boot", "--memory takes a number of MiB, not", value);
    } else if (command_option(argc, argv, i, "--machine", &value)) {
        boot->plan.machine = value;
        if (!is_machine(value))
            *status = command_usage("boot", "--machine takes microvm or pc, not", value);
    } else if (command_option(argc, argv, i, "--timeout", &value)) {
        if (!command_number(value, UINT32_MAX - 1u, &boot->plan.seconds))
            *status = command_usage("boot", "--timeout takes a number of seconds, not", value);
    } else if (command_option(argc, argv, i, "--kernel", &value)) {
        boot->kernel = value;
        if (value == NULL)
            *status = command_usage("boot", "--kernel takes a file, not", value);
    } else if (strcmp(argv[*i], "--kvm") == 0) {
        boot->plan.kvm = true;
    } else {
        return false;
    }
    return true;
}

static int parse(int argc, char **argv, struct boot *boot)
{
    struct line error;
    const char *value;
    int status = EXIT_OK;
    for (int i = 1; status == EXIT_OK && i < argc; i++) {
        if (parse_plan(argc, argv, &i, boot, &status))
            continue;
        if (command_option(argc, argv, &i, "--json", &value)) {
            boot->json = value;
            if (value == NULL)
                return command_usage("boot", "--json takes a file, not", value);
        } else if (command_option(argc, argv, &i, "--gdb-commands", &value)) {
            boot->gdb_commands = value;
            if (value == NULL)
                return command_usage("boot", "--gdb-commands takes a file, not", value);
        } else if (command_option(argc, argv, &i, "--at", &value)) {
            if (!command_number(value, UINT32_MAX - 1u, &boot->at))
                return command_usage("boot", "--at takes the number of an operation, not", value);
        } else if (strcmp(argv[i], "--gdb") == 0) {
            boot->gdb = true;
        } else if (strcmp(argv[i], "--quiet") == 0) {
            boot->quiet = true;
        } else if (argv[i][0] == '-') {
            return command_usage("boot", "unknown option", argv[i]);
        } else if (!file_list_add(&boot->files, argv[i], &error)) {
            (void)fprintf(stderr, "%s\n", error.text);
            return EXIT_INPUT;
        }
    }
    if (status == EXIT_OK && boot->files.count == 0)
        return command_usage("boot", "names no input", argc > 1 ? argv[argc - 1] : NULL);
    if (status == EXIT_OK && boot->gdb && boot->json != NULL)
        return command_usage("boot", "does not go with --gdb", "--json");
    if (status == EXIT_OK && !boot->gdb && (boot->at != 0 || boot->gdb_commands != NULL))
        return command_usage("boot", "goes with --gdb only",
                             boot->at != 0 ? "--at" : "--gdb-commands");
    return status;
}

static int failed(const struct line *error)
{
    (void)fflush(stdout);
    (void)fprintf(stderr, "kheap boot: %s\n", error->text);
    return EXIT_INPUT;
}

static int interrupted(void)
{
    (void)fflush(stdout);
    (void)fputs("kheap boot: interrupted\n", stderr);
    return 128 + boot_interrupted();
}

static int report(const struct boot *boot)
{
    const struct boot_inputs *inputs = &boot->inputs;
    FILE *out = boot->json != NULL && strcmp(boot->json, "-") == 0 ? stderr : stdout;
    struct line error;
    uint32_t ok_count = 0;
    uint32_t equal_count = 0;
    for (uint32_t i = 0; i < inputs->count; i++) {
        const struct boot_input *input = &inputs->list[i];
        ok_count += input->host.ok;
        equal_count += boot_equal(input);
        if (!boot->quiet || !input->host.ok || !boot_equal(input))
            (void)boot_report_input(out, input);
    }
    (void)fflush(out);
    (void)fprintf(stderr,
                  "%u inputs: %u ok, %u violations; %u equal in QEMU, %u not; %u unreadable\n",
                  inputs->count, ok_count, inputs->count - ok_count, equal_count,
                  inputs->count - equal_count, inputs->error_count);
    if (equal_count != inputs->count && boot_kernel_is_old(&boot->plan))
        (void)fprintf(
            stderr, "  %s is older than this tool: cmake --build --preset kernel builds it anew\n",
            boot->plan.kernel);
    if (boot->json != NULL && !boot_report_json(boot->json, &boot->plan, inputs, &error))
        return failed(&error);
    if (inputs->error_count > 0)
        return EXIT_INPUT;
    return ok_count == inputs->count && equal_count == inputs->count ? EXIT_OK : EXIT_VIOLATION;
}

static int compare(struct boot *boot)
{
    struct line error;
    for (uint32_t i = 0; i < boot->files.count && boot_interrupted() == 0; i++)
        boot_inputs_read(&boot->inputs, boot->files.paths[i]);
    if (boot_interrupted() != 0)
        return interrupted();
    if (!boot_guest(&boot->plan, &boot->inputs, &error))
        return boot_interrupted() != 0 ? interrupted() : failed(&error);
    boot_confirm(&boot->plan, &boot->inputs);
    if (boot_interrupted() != 0)
        return interrupted();
    return report(boot);
}

/* The operation to stop at: the one asked for, or the one that breaks a rule on the host. */
static bool stop_at(const struct boot *boot, const struct boot_input *input, uint32_t *operation,
                    struct line *error)
{
    uint32_t end = input->host.operation_count + (uint32_t)input->host.ok;
    *operation = boot->at != 0 ? boot->at : input->host.operation;
    if (input->host.ok && boot->at == 0)
        return file_error(error, input->path,
                          "breaks no rule on the host; --at N stops at an operation that you name");
    if (input->host.ok && boot->at > end) {
        line_clear(error);
        line_text(error, input->path);
        line_text(error, ": --at is past the end, which is operation ");
        line_decimal(error, end);
        return false;
    }
    return true;
}

static int debug(struct boot *boot)
{
    struct line error;
    uint32_t operation;
    int status = EXIT_INPUT;
    if (boot->files.count == 1u)
        boot_inputs_read(&boot->inputs, boot->files.paths[0]);
    if (boot->inputs.error_count > 0)
        return EXIT_INPUT;
    if (boot->inputs.count != 1u)
        return command_usage("boot", "--gdb takes one input, and got more with",
                             boot->files.paths[boot->files.count - 1u]);
    const struct boot_input *input = &boot->inputs.list[0];
    if (!stop_at(boot, input, &operation, &error))
        return failed(&error);
    (void)fprintf(stderr, "%s\nkheap boot: gdb stops at operation %u\n", input->host_line.text,
                  operation);
    if (!boot_gdb(&boot->plan, input, operation, boot->gdb_commands, &status, &error))
        return boot_interrupted() != 0 ? interrupted() : failed(&error);
    return boot_interrupted() != 0 ? interrupted() : status;
}

int command_boot(int argc, char **argv)
{
    static struct boot boot;
    struct line error;
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(help_text, stdout);
        return EXIT_OK;
    }
    int status = parse(argc, argv, &boot);
    if (status == EXIT_OK && !(boot_find_repository(&boot.plan, &error) &&
                               boot_host_fits(&boot.plan, argv - 1, &error) &&
                               boot_find_kernel(&boot.plan, boot.kernel, &error)))
        status = failed(&error);
    if (status == EXIT_OK) {
        boot_catch_interrupts();
        status = boot.gdb ? debug(&boot) : compare(&boot);
    }
    boot_inputs_free(&boot.inputs);
    file_list_free(&boot.files);
    return status;
}

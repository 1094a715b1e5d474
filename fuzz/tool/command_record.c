/* kheap record: the load of any program's malloc. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "fuzz/file.h"
#include "fuzz/json.h"
#include "fuzz/out_file.h"
#include "fuzz/record/record_read.h"
#include "fuzz/tool/command.h"
#include "fuzz/tool/record.h"
#include "fuzz/trace.h"

#define COUNT_MAX_DEFAULT 10000000u

static const char help_text[] =
    "usage: kheap record [OPTION...] [--] COMMAND [ARGUMENT...]\n"
    "\n"
    "Runs the command with a recorder preloaded, and makes a packed trace of its calls of malloc,\n"
    "calloc, realloc, free, posix_memalign and their kin, which `kheap replay', `kheap bench' and\n"
    "boot/run take. What is recorded stays, however the command ends. Its threads are recorded "
    "in\n"
    "the order of their calls. If its process runs several programs one after the other (exec), "
    "the\n"
    "last one counts. Reports go to standard error.\n"
    "\n"
    "  --output FILE    the trace; without, NAME.trace of the command's name\n"
    "  --children       make traces of the processes that it starts as well, and of the programs\n"
    "                   that its own ran before: FILE.PID.N, N counting those of a process from 0\n"
    "  --operations N   record the first N calls of each process (default 10000000)\n"
    "  --frames N       the frames of the trace's machine, 1 to 65536; without, twice what its\n"
    "                   blocks take at most\n"
    "  --json FILE      write what was recorded as JSON\n"
    "\n"
    "Nothing can be recorded of programs that are linked statically, run as another user\n"
    "(set-user-ID), are of another word size than this tool, or bring a heap of their own.\n"
    "\n"
    "Exit status: 0 the load is written, 1 it is, and the command ended with a status other than "
    "0\n"
    "or by a signal, 2 the command line was not understood, 3 the command could not be run, "
    "nothing\n"
    "was recorded, a disk was full, or a file could not be written, 130 as 1, by Ctrl-C. On a "
    "full\n"
    "disk what came before is kept.\n";

struct record_request {
    struct record_run run;
    const char *output;
    const char *json_path;
    uint32_t frame_count;
    char default_output[256];
    struct out_file json;
    uint32_t trace_count;
    bool ended_early; /* a recording, by an error */
    int empty_error;  /* that kept one from beginning, or 0 */
};

/* What became of one file. */
static void report(struct record_request *request, const char *output,
                   const struct record_head *head, const struct recording *recording,
                   uint32_t size_bytes)
{
    (void)fprintf(stderr, "%s: %u bytes, of %s, process %u\n", output, size_bytes, head->program,
                  head->process);
    recording_report(recording, stderr);
    if (head->missed != 0)
        (void)fprintf(stderr, "  %llu calls behind these were not recorded: %s\n",
                      (unsigned long long)head->missed,
                      head->error != 0 ? strerror(head->error) : "--operations");
    request->ended_early |= head->error != 0;
    if (request->json.stream == NULL)
        return;
    (void)fputs(request->trace_count == 0 ? "\n{\"output\": " : ",\n{\"output\": ",
                request->json.stream);
    json_text(request->json.stream, output);
    (void)fputs(", \"program\": ", request->json.stream);
    json_text(request->json.stream, head->program);
    (void)fprintf(request->json.stream, ", \"process\": %u, \"not_recorded\": %llu, ",
                  head->process, (unsigned long long)head->missed);
    recording_json(recording, request->json.stream);
    (void)fputc('}', request->json.stream);
}

/* Makes a trace of one file. One without an allocation is none, and no mistake. */
static bool convert(struct record_request *request, const char *path, const char *output,
                    struct line *error)
{
    struct recording recording = {.frame_count = request->frame_count};
    struct record_head head;
    struct file file = {NULL, 0};
    bool ok = record_read(path, &head, &recording, error);
    if (ok && recording.slot_count == 0 && head.error != 0) {
        request->ended_early = true;
        request->empty_error = head.error;
    }
    if (ok && recording.slot_count != 0) {
        file.data = recording_pack(&recording, &file.size_bytes, error);
        ok = file.data != NULL && file_write(output, file.data, file.size_bytes, error);
        if (ok) {
            report(request, output, &head, &recording, file.size_bytes);
            request->trace_count++;
        } else if (file.data == NULL) {
            (void)file_error(error, output, "too much for one trace; --operations takes less");
        }
    }
    file_free(&file);
    recording_end(&recording);
    return ok;
}

/* True if the file PID.N is of the command's own process; then *image is N. */
static bool is_process(const struct record_request *request, const char *name, uint32_t *image)
{
    char *dot = NULL;
    long process = strtol(name, &dot, 10);
    *image = *dot == '.' ? (uint32_t)strtoul(dot + 1, NULL, 10) : 0;
    return process == (long)request->run.process;
}

/* The last program of the command's own process. */
static const char *main_of(const struct record_request *request, const struct file_list *files)
{
    const char *found = NULL;
    uint32_t highest = 0;
    for (uint32_t i = 0; i < files->count; i++) {
        uint32_t image;
        if (is_process(request, file_name(files->paths[i]), &image) &&
            (found == NULL || image > highest)) {
            found = files->paths[i];
            highest = image;
        }
    }
    return found;
}

static bool convert_all(struct record_request *request, const struct file_list *files,
                        struct line *error)
{
    char output[4096];
    const char *main = main_of(request, files);
    if (main != NULL && !convert(request, main, request->output, error))
        return false;
    bool recorded = request->trace_count != 0;
    for (uint32_t i = 0; request->run.children && i < files->count; i++) {
        (void)snprintf(output, sizeof(output), "%s.%s", request->output,
                       file_name(files->paths[i]));
        if (files->paths[i] != main && !convert(request, files->paths[i], output, error))
            return false;
    }
    if (request->trace_count == 0 && request->empty_error != 0)
        return file_error(error, request->output, strerror(request->empty_error));
    return recorded || request->trace_count != 0 ||
           file_error(error, request->run.command[0],
                      "nothing was recorded: it is linked statically, runs as another user, has "
                      "another word size or a heap of its own, or allocates nothing");
}

static int end_status(const struct record_request *request)
{
    int status = request->run.status;
    const char *name = request->run.command[0];
    if (request->ended_early)
        return EXIT_INPUT;
    if (WIFSIGNALED(status))
        (void)fprintf(stderr, "kheap record: %s was ended by signal %d, %s\n", name,
                      WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        (void)fprintf(stderr, "kheap record: %s ended with status %d\n", name, WEXITSTATUS(status));
    else
        return EXIT_OK;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGINT ? EXIT_INTERRUPTED : EXIT_VIOLATION;
}

static bool json_begin(struct record_request *request, struct line *error)
{
    if (request->json_path == NULL)
        return true;
    if (!out_file_open(&request->json, request->json_path, error))
        return false;
    (void)fputs("{\"tool\": \"kheap record\", \"traces\": [", request->json.stream);
    return true;
}

static bool json_finish(struct record_request *request, struct line *error)
{
    int status = request->run.status;
    if (request->json.stream == NULL)
        return true;
    (void)fputs("\n],\n\"command\": ", request->json.stream);
    json_text(request->json.stream, request->run.command[0]);
    (void)fprintf(request->json.stream, ", \"status\": %d, \"signal\": %d}\n",
                  WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                  WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    return out_file_close(&request->json, error);
}

static int record(struct record_request *request)
{
    struct file_list files = {0};
    struct line error;
    bool ok = json_begin(request, &error) &&
              record_command(&request->run, request->output, &error) &&
              file_list_add(&files, request->run.directory, &error) &&
              convert_all(request, &files, &error) && json_finish(request, &error);
    record_remove(&request->run);
    file_list_free(&files);
    out_file_drop(&request->json);
    if (ok)
        return end_status(request);
    (void)fprintf(stderr, "kheap record: %s\n", error.text);
    return EXIT_INPUT;
}

static int parse(int argc, char **argv, struct record_request *request)
{
    const char *value;
    uint32_t number = COUNT_MAX_DEFAULT;
    int i = 1;
    for (; i < argc && argv[i][0] == '-' && strcmp(argv[i], "--") != 0; i++) {
        if (command_option(argc, argv, &i, "--output", &request->output)) {
            if (request->output == NULL || *request->output == '\0')
                return command_usage("record", "--output takes a file, not", request->output);
        } else if (command_option(argc, argv, &i, "--json", &request->json_path)) {
            if (request->json_path == NULL || *request->json_path == '\0')
                return command_usage("record", "--json takes a file, not", request->json_path);
        } else if (command_option(argc, argv, &i, "--operations", &value)) {
            if (!command_number(value, OP_LIST_MAX, &number))
                return command_usage("record", "--operations takes a number, not", value);
        } else if (command_option(argc, argv, &i, "--frames", &value)) {
            if (!command_number(value, TRACE_FRAMES_MAX, &request->frame_count))
                return command_usage("record", "--frames takes 1 to 65536, not", value);
        } else if (strcmp(argv[i], "--children") == 0) {
            request->run.children = true;
        } else {
            return command_usage("record", "unknown option", argv[i]);
        }
    }
    i += i < argc && strcmp(argv[i], "--") == 0;
    if (i >= argc)
        return command_usage("record", "names no command", NULL);
    request->run.command = argv + i;
    request->run.count_max = number;
    return EXIT_OK;
}

int command_record(int argc, char **argv)
{
    struct record_request request = {0};
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(help_text, stdout);
        return EXIT_OK;
    }
    int status = parse(argc, argv, &request);
    if (status != EXIT_OK || request.run.command == NULL)
        return status;
    if (request.output == NULL) {
        (void)snprintf(request.default_output, sizeof(request.default_output), "%.200s.trace",
                       file_name(request.run.command[0]));
        request.output = request.default_output;
    }
    return record(&request);
}

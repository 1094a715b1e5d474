#include "fuzz/tool/crash.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/crc32.h"
#include "fuzz/json.h"
#include "fuzz/op_line.h"
#include "fuzz/out_file.h"
#include "fuzz/tool/command.h"

/* Processor time for an input that is only run. */
#define CRASH_TRY_SECONDS 60u

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

void crash_catch_interrupt(void)
{
    struct sigaction action = {.sa_handler = interrupt};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

bool crash_interrupted(void)
{
    return interrupted != 0;
}

static bool parse_seconds(const char *word, double *seconds)
{
    char *end = NULL;
    *seconds = word != NULL && *word >= '0' && *word <= '9' ? strtod(word, &end) : 0;
    return end != NULL && *end == '\0' && *seconds > 0 && *seconds < 1e6;
}

static bool rule_known(const char *word)
{
    if (word == NULL)
        return false;
    for (uint32_t rule = RULE_NONE + 1u; rule < RULE_COUNT; rule++)
        if (strcmp(word, rule_id((enum rule)rule)) == 0)
            return true;
    return strcmp(word, "crash") == 0 || strcmp(word, "hang") == 0;
}

bool crash_option(int argc, char **argv, int *i, const char *command, struct crash_request *request,
                  int *status)
{
    const char *value;
    *status = EXIT_OK;
    if (strcmp(argv[*i], "--quiet") == 0) {
        request->quiet = true;
    } else if (command_option(argc, argv, i, "--rule", &value)) {
        if (!rule_known(value))
            *status =
                command_usage(command, "--rule takes the id of a rule, crash or hang, not", value);
        request->rule = value;
    } else if (command_option(argc, argv, i, "--policy", &value)) {
        request->options.policy_given = true;
        if (!command_policy(value, &request->options.policy))
            *status = command_usage(command, "--policy takes bins or first-fit, not", value);
    } else if (command_option(argc, argv, i, "--seconds", &value)) {
        if (!parse_seconds(value, &request->seconds))
            *status = command_usage(command, "--seconds takes a number, not", value);
    } else if (command_option(argc, argv, i, "--json", &value)) {
        if (value == NULL)
            *status = command_usage(command, "--json takes a file, not", value);
        request->json = value;
    } else {
        return false;
    }
    return true;
}

static void progress(const struct shrink *shrink)
{
    static double shown;
    bool terminal = isatty(STDERR_FILENO) == 1;
    if (shrink->seconds_used < shown)
        shown = 0; /* another input */
    if (shrink->seconds_used - shown < (terminal ? 0.2 : 10.0))
        return;
    shown = shrink->seconds_used;
    (void)fprintf(
        stderr, "%s  shrinking: %u operations became %u, %u trials, %.0f s, at most %.0f s left%s",
        terminal ? "\r" : "", shrink->op_count, shrink->best.ops.count, shrink->trial_count,
        shrink->seconds_used, shrink->seconds - shrink->seconds_used, terminal ? "\033[K" : "\n");
}

static int refused(const char *path, const char *why, int status)
{
    (void)fprintf(stderr, "%s: %s\n", path, why);
    return status;
}

int crash_shrink(const struct crash_request *request, const char *path, const struct op_case *one,
                 struct shrink *shrink)
{
    shrink->options = request->options;
    shrink->seconds = request->seconds;
    shrink->stop = &interrupted;
    shrink->progress = request->quiet ? NULL : progress;
    shrink->rule = request->rule;
    crash_catch_interrupt();
    enum shrink_result result = shrink_run(shrink, one);
    if (!request->quiet && isatty(STDERR_FILENO) == 1)
        (void)fputs("\r\033[K", stderr);
    switch (result) {
    case SHRINK_DONE: return EXIT_OK;
    case SHRINK_PASSES: return refused(path, "breaks no rule: nothing to shrink", EXIT_VIOLATION);
    case SHRINK_REFUSED: return refused(path, shrink->trial.why, EXIT_INPUT);
    case SHRINK_OTHER:
        (void)fprintf(stderr, "%s: fails by %s, not by %s\n", path, trial_rule(&shrink->trial),
                      request->rule);
        return EXIT_VIOLATION;
    case SHRINK_STOPPED:
        return refused(path, "stopped before it had been run once", EXIT_INTERRUPTED);
    default: return refused(path, "no memory or no process to run it", EXIT_INPUT);
    }
}

FILE *crash_out(const struct crash_request *request)
{
    return request->json != NULL && strcmp(request->json, "-") == 0 ? stderr : stdout;
}

static void member(FILE *json, const char *name, const char *text)
{
    (void)fprintf(json, ", \"%s\": ", name);
    json_text(json, text);
}

void crash_json_members(FILE *json, const struct shrink *shrink, const char *source,
                        const char *output)
{
    struct line line;
    (void)fputs("\"input\": ", json);
    json_text(json, source);
    member(json, "rule", trial_rule(&shrink->trial));
    trial_evidence(&shrink->trial, &line);
    member(json, "evidence", line.text);
    if (output != NULL)
        member(json, "output", output);
    (void)fprintf(json,
                  ", \"operations_before\": %u, \"operations\": %u, \"trials\": %u, "
                  "\"seconds\": %.2f, \"stopped\": %s, \"text\": [",
                  shrink->op_count, shrink->best.ops.count, shrink->trial_count,
                  shrink->seconds_used, shrink->stopped ? "true" : "false");
    line_clear(&line);
    op_line_config(&shrink->best.config, &line);
    json_text(json, line.text);
    for (uint32_t i = 0; i < shrink->best.ops.count; i++) {
        line_clear(&line);
        op_line(&shrink->best.ops.ops[i], &line);
        (void)fputs(", ", json);
        json_text(json, line.text);
    }
    (void)fputc(']', json);
}

bool crash_json_write(const struct crash_request *request, const struct shrink *shrink,
                      const char *source, const char *output, struct line *error)
{
    struct out_file json;
    if (request->json == NULL)
        return true;
    if (!out_file_open(&json, request->json, error))
        return false;
    (void)fputc('{', json.stream);
    crash_json_members(json.stream, shrink, source, output);
    (void)fputs("}\n", json.stream);
    return out_file_close(&json, error);
}

bool crash_try(const struct crash_request *request, const struct op_case *one, struct trial *trial)
{
    struct trials trials;
    bool ok = trials_open(&trials, one->ops.count, CRASH_TRY_SECONDS);
    trials.stop = &interrupted;
    trials.options = request->options;
    ok = ok &&
         trials_run(&trials, &one->config, one->ops.ops, one->ops.count, one->slot_count, trial);
    trials_close(&trials);
    return ok;
}

void crash_name(const struct shrink *shrink, char *name, size_t size_bytes)
{
    uint32_t hash =
        crc32_update(0, (const uint8_t *)&shrink->best.config, sizeof(shrink->best.config));
    hash = crc32_update(hash, (const uint8_t *)shrink->best.ops.ops,
                        shrink->best.ops.count * (uint32_t)sizeof(struct op));
    (void)snprintf(name, size_bytes, "%s-%08x", trial_rule(&shrink->trial), hash);
}

bool crash_write(const struct shrink *shrink, const char *source, const char *path,
                 struct line *error)
{
    char text_path[4096];
    char comment[LINE_SIZE + 300u];
    struct line words;
    failure_words(&shrink->failure, &words);
    (void)snprintf(comment, sizeof(comment), "%s; shrunk from %u operations of %.200s", words.text,
                   shrink->op_count, file_name(source));
    if (!case_write_bytes(&shrink->best, path, error))
        return false;
    if (!case_is_text(&shrink->best)) {
        (void)fprintf(stderr,
                      "%s: has more slots or frames than a text can name: only the packed trace is "
                      "written\n",
                      path);
        return true;
    }
    if ((size_t)snprintf(text_path, sizeof(text_path), "%s.txt", path) >= sizeof(text_path))
        return file_error(error, path, "the name is too long");
    return case_write_text(&shrink->best, comment, text_path, error);
}

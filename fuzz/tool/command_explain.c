/* kheap explain: a page that shows why an input breaks a rule. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/explain/explain.h"
#include "fuzz/file.h"
#include "fuzz/pack.h"
#include "fuzz/tool/command.h"

static const char help_text[] =
    "usage: kheap explain [OPTION...] FILE\n"
    "\n"
    "Runs an input and writes one HTML page, which needs no network and no other file: the broken\n"
    "rule and its evidence, the operations, and before and after each of them the heap, the page\n"
    "tables, the TLB and the frames, word by word; the stack of the core's last store to the "
    "guilty\n"
    "word; and the commands that run it again. An input that breaks nothing is shown as well.\n"
    "\n"
    "  --output OUT.html  where the page goes (default: FILE.html, in the current directory)\n"
    "  --before N         operations shown before the guilty one, or before the end\n"
    "  --after N          and after it, where there are any (of an input with up to 1,000\n"
    "                     operations all are shown by default, otherwise 200 before and 20 after)\n"
    "  --around N         show operation N and what is around it instead\n"
    "  --json FILE        what the page shows, for machines; - is standard output. Then there is "
    "a\n"
    "                     page only with --output\n"
    "\n"
    "Exit status: 0 the input breaks nothing, 1 it breaks a rule, crashes or hangs, 2 the command\n"
    "line was not understood, 3 a file could not be read, written or understood. With 0 and 1 "
    "what\n"
    "was asked for has been written.\n";

struct options {
    struct explain_request request;
    const char *output;
    const char *json;
};

static bool parse_count(const char *word, uint32_t *count)
{
    char *end = NULL;
    unsigned long value =
        word != NULL && *word >= '0' && *word <= '9' ? strtoul(word, &end, 10) : 0;
    *count = (uint32_t)value;
    return end != NULL && *end == '\0' && value <= 1000000000u;
}

/* An option with its value. Returns null, or what is wrong with the value. */
static const char *parse_value(struct options *options, const char *name, const char *value)
{
    struct explain_request *request = &options->request;
    if (strcmp(name, "--output") == 0 || strcmp(name, "--json") == 0) {
        *(name[2] == 'o' ? &options->output : &options->json) = value;
        return value != NULL ? NULL : "a file's name is missing";
    }
    if (strcmp(name, "--around") == 0)
        return parse_count(value, &request->around) && request->around != 0
                   ? NULL
                   : "--around takes the number of an operation, not";
    request->stretch_given = true;
    if (strcmp(name, "--before") == 0)
        return parse_count(value, &request->before) ? NULL
                                                    : "--before takes a number of operations, not";
    return parse_count(value, &request->after) ? NULL : "--after takes a number of operations, not";
}

/* Returns null, or what is wrong with the argument. */
static const char *parse_argument(struct options *options, const char *argument)
{
    if (argument[0] == '-' && argument[1] != '\0')
        return "unknown option";
    if (options->request.path != NULL)
        return "takes one input, and got also";
    options->request.path = argument;
    return NULL;
}

static int parse(int argc, char **argv, struct options *options)
{
    static const char *const valued[] = {"--output", "--json", "--before", "--after", "--around"};
    for (int i = 1; i < argc; i++) {
        const char *value = argv[i];
        size_t n = 0;
        while (n < sizeof(valued) / sizeof(valued[0]) &&
               !command_option(argc, argv, &i, valued[n], &value))
            n++;
        const char *wrong = n < sizeof(valued) / sizeof(valued[0])
                                ? parse_value(options, valued[n], value)
                                : parse_argument(options, value);
        if (wrong != NULL)
            return command_usage("explain", wrong, value);
    }
    if (options->request.path == NULL)
        return command_usage("explain", "names no input", NULL);
    return EXIT_OK;
}

static bool write_json(const char *path, const struct text *json, struct line *error)
{
    if (strcmp(path, "-") != 0)
        return file_write(path, (const uint8_t *)json->bytes, json->committed, error);
    return fwrite(json->bytes, 1, json->committed, stdout) == json->committed ||
           file_error(error, "standard output", "cannot be written");
}

/* FILE.html, here. */
static char *default_output(const char *path)
{
    const char *name = file_name(path);
    size_t length = strlen(name) + sizeof(".html");
    char *output = malloc(length);
    if (output != NULL)
        (void)snprintf(output, length, "%s.html", name);
    return output;
}

static int write_files(const struct options *options, const struct explain_answer *answer)
{
    struct line error;
    char *made = NULL;
    const char *output = options->output;
    if (output == NULL && options->json == NULL)
        output = made = default_output(options->request.path);
    bool ok = options->json == NULL || write_json(options->json, answer->json, &error);
    if (ok && output != NULL)
        ok = explain_page_write(output, answer->json, &error);
    if (!ok)
        (void)fprintf(stderr, "%s\n", error.text);
    bool quiet = options->json != NULL && strcmp(options->json, "-") == 0;
    if (ok && !quiet) {
        puts(answer->verdict.text);
        if (answer->fails)
            printf("  %s\n", answer->evidence.text);
    }
    if (ok && !quiet && output != NULL)
        printf("  %u of %u operations shown in %s\n", answer->shown, answer->operations, output);
    free(made);
    if (!ok)
        return EXIT_INPUT;
    return answer->fails ? EXIT_VIOLATION : EXIT_OK;
}

static int explain(struct options *options, const struct file *file)
{
    struct explain_answer answer;
    int status = EXIT_INPUT;
    options->request.data = file->data;
    options->request.size_bytes = file->size_bytes;
    if (pack_recognise(file->data, file->size_bytes)) {
        (void)fprintf(stderr, "%s: is a pack: explain one of its inputs\n", options->request.path);
        return status;
    }
    const char *why = explain_input(&options->request, &answer);
    if (why != NULL)
        (void)fprintf(stderr, "%s: %s\n", options->request.path, why);
    else
        status = write_files(options, &answer);
    text_free(answer.json);
    return status;
}

int command_explain(int argc, char **argv)
{
    struct options options = {.request = {.before = EXPLAIN_BEFORE, .after = EXPLAIN_AFTER}};
    struct file file;
    struct line error;
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(help_text, stdout);
        return EXIT_OK;
    }
    int status = parse(argc, argv, &options);
    if (status != EXIT_OK)
        return status;
    if (!command_output(options.request.path, options.output, &error) ||
        !command_output(options.request.path, options.json, &error) ||
        !file_read_input(options.request.path, &file, &error)) {
        (void)fprintf(stderr, "%s\n", error.text);
        return EXIT_INPUT;
    }
    status = explain(&options, &file);
    file_free(&file);
    return status;
}

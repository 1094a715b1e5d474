/* kheap import: text to bytes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/file.h"
#include "fuzz/ftrace.h"
#include "fuzz/json.h"
#include "fuzz/op_bytes.h"
#include "fuzz/op_text.h"
#include "fuzz/out_file.h"
#include "fuzz/tool/command.h"
#include "fuzz/trace.h"
#include "fuzz/trace_text.h"
#include "fuzz/trace_write.h"

/* What is looked at to tell the form. */
#define HEAD_BYTES (1u << 16)

static const char help_text[] =
    "usage: kheap import [OPTION...] TEXT OUTPUT\n"
    "\n"
    "Turns a text into the input OUTPUT, and says what it has taken and what not. What the text "
    "is,\n"
    "is told by its beginning:\n"
    "\n"
    "  operations   its first line is `# kheap'; becomes operation bytes (fuzz/op_text.h)\n"
    "  ftrace       what `trace-cmd report', tracefs or `perf script' print of the Linux "
    "kernel's\n"
    "               kmem events: kmalloc, kfree, kmem_cache_alloc, kmem_cache_free; becomes a\n"
    "               packed trace (fuzz/ftrace.h)\n"
    "  load         any other: a recorded load, one operation a line; becomes a packed trace\n"
    "               (fuzz/trace_text.h):\n"
    "                 a ID SIZE        allocate; IDs count up from 1\n"
    "                 m ID SIZE ALIGN  allocate at a multiple of ALIGN\n"
    "                 r ID SIZE        resize\n"
    "                 f ID             free\n"
    "\n"
    "  --form FORM       operations, ftrace or load, whatever it looks like\n"
    "  --operations N    take the first N operations of a load\n"
    "  --frames N        the frames of a load's machine, 1 to 65536; without, twice what its\n"
    "                    blocks take at most\n"
    "  --kmalloc-only    of ftrace: leave out the slab caches' events\n"
    "  --json FILE       write what was taken as JSON; - is the standard output\n"
    "\n"
    "`-' as TEXT is the standard input: zcat recording.gz | kheap import - recording.trace\n"
    "`kheap show OUTPUT' is the way back. To record a kernel:\n"
    "  trace-cmd record -e kmem:kmalloc -e kmem:kfree -e kmem:kmem_cache_alloc \\\n"
    "      -e kmem:kmem_cache_free COMMAND && trace-cmd report | kheap import - recording.trace\n"
    "\n"
    "Exit status: 0 it is written, 2 the command line was not understood, 3 a file could not be\n"
    "read, understood or written.\n";

enum form { FORM_GUESS, FORM_OPERATIONS, FORM_FTRACE, FORM_LOAD, FORM_COUNT };
static const char *const form_words[FORM_COUNT] = {
    [FORM_GUESS] = "",
    [FORM_OPERATIONS] = "operations",
    [FORM_FTRACE] = "ftrace",
    [FORM_LOAD] = "load",
};

struct import {
    const char *path;
    const char *output;
    enum form form;
    uint32_t op_count_max; /* 0: all */
    uint32_t frame_count;  /* 0: as the load needs */
    bool kmalloc_only;
    FILE *in;
    const char *json_path;
    FILE *summary; /* what was taken: text, */
    FILE *json;    /* and JSON */
    char *head;    /* what was read to tell the form, and is read again */
    size_t head_bytes;
    size_t head_next;
};

/* Reads what was looked at, and then the rest. */
static ssize_t again_read(void *cookie, char *data, size_t size_bytes)
{
    struct import *import = cookie;
    size_t left = import->head_bytes - import->head_next;
    if (left == 0) {
        size_t got = fread(data, 1, size_bytes, import->in);
        return got == 0 && ferror(import->in) != 0 ? -1 : (ssize_t)got;
    }
    left = left < size_bytes ? left : size_bytes;
    memcpy(data, import->head + import->head_next, left);
    import->head_next += left;
    return (ssize_t)left;
}

static bool bytes_from_ops(const struct op_list *ops, const struct op_config *config,
                           struct file *file)
{
    uint32_t size_max = OP_BYTES_MAX * (ops->count + 1u);
    file->data = malloc(size_max);
    if (file->data != NULL)
        file->size_bytes = op_list_encode(ops, config, file->data, size_max);
    return file->data != NULL;
}

static bool import_operations(struct import *import, FILE *text, struct file *file,
                              struct line *error)
{
    struct op_list ops = {0};
    struct op_config config;
    char *data = NULL;
    size_t capacity = 0;
    ssize_t length = getdelim(&data, &capacity, '\0', text);
    bool ok = length >= 0 && ferror(text) == 0;
    if (!ok)
        line_text(error, ferror(text) != 0 ? strerror(errno) : "holds nothing");
    ok = ok && op_text_parse(data, (size_t)length, &config, &ops, error);
    if (ok && !bytes_from_ops(&ops, &config, file)) {
        line_text(error, "not enough memory to read it");
        ok = false;
    }
    if (ok) {
        (void)fprintf(import->summary, "  %u operations\n", ops.count);
        (void)fprintf(import->json, "\"operations\": %u", ops.count);
    }
    free(data);
    op_list_free(&ops);
    return ok;
}

static bool import_ftrace(struct import *import, FILE *text, struct file *file, struct line *error)
{
    struct ftrace ftrace = {.kmalloc_only = import->kmalloc_only};
    struct recording recording = {
        .op_count_max = import->op_count_max,
        .frame_count = import->frame_count,
    };
    bool ok = ftrace_read(text, &ftrace, &recording, error);
    if (ok) {
        ftrace_report(&ftrace, import->summary);
        recording_report(&recording, import->summary);
        recording_json(&recording, import->json);
        ftrace_json(&ftrace, import->json);
        file->data = recording_pack(&recording, &file->size_bytes, error);
        ok = file->data != NULL;
    }
    recording_end(&recording);
    return ok;
}

static bool import_load(struct import *import, FILE *text, struct file *file, struct line *error)
{
    struct op_list ops = {0};
    struct op_config config;
    bool ok = trace_text_read(text, &ops, &config, error);
    if (ok) {
        if (import->op_count_max != 0 && import->op_count_max < ops.count)
            ops.count = import->op_count_max;
        if (import->frame_count != 0)
            config.frame_count = import->frame_count;
        (void)fprintf(import->summary, "  %u operations; %u frames\n", ops.count,
                      config.frame_count);
        (void)fprintf(import->json, "\"operations\": %u, \"frames\": %u", ops.count,
                      config.frame_count);
        file->data = trace_write(&ops, &config, &file->size_bytes);
        ok = file->data != NULL;
        if (!ok)
            line_text(error, "holds no allocation, or too much for one trace");
    }
    op_list_free(&ops);
    return ok;
}

static enum form form_of(const struct import *import)
{
    if (import->form != FORM_GUESS)
        return import->form;
    if (op_text_recognise(import->head, import->head_bytes))
        return FORM_OPERATIONS;
    return ftrace_recognise(import->head, import->head_bytes) ? FORM_FTRACE : FORM_LOAD;
}

static bool import_as(struct import *import, FILE *text, struct file *file, struct line *why)
{
    if (import->head_bytes >= 2u && memcmp(import->head, "\x1f\x8b", 2) == 0) {
        line_text(why, "is compressed: zcat it, and import `-'");
        return false;
    }
    import->form = form_of(import);
    (void)fprintf(import->json, ", \"form\": \"%s\", ", form_words[import->form]);
    switch (import->form) {
    case FORM_OPERATIONS: return import_operations(import, text, file, why);
    case FORM_FTRACE: return import_ftrace(import, text, file, why);
    default: return import_load(import, text, file, why);
    }
}

static bool import_text(struct import *import, struct file *file, struct line *why)
{
    cookie_io_functions_t functions = {.read = again_read};
    import->head = malloc(HEAD_BYTES);
    if (import->head != NULL)
        import->head_bytes = fread(import->head, 1, HEAD_BYTES, import->in);
    FILE *text = import->head != NULL ? fopencookie(import, "r", functions) : NULL;
    bool ok = text != NULL && ferror(import->in) == 0;
    if (!ok)
        line_text(why, strerror(errno));
    ok = ok && import_as(import, text, file, why);
    if (text != NULL)
        (void)fclose(text);
    free(import->head);
    return ok;
}

static int import_run(struct import *import)
{
    struct file file = {NULL, 0};
    struct out_file json;
    struct line why;
    struct line error;
    char *summary = NULL;
    size_t summary_bytes;
    line_clear(&why);
    import->in = strcmp(import->path, "-") == 0 ? stdin : fopen(import->path, "r");
    import->summary = open_memstream(&summary, &summary_bytes);
    /* Made whether it is asked for or not. */
    const char *json_path = import->json_path != NULL ? import->json_path : import->output;
    bool ok =
        out_file_open(&json, json_path, &error) && import->in != NULL && import->summary != NULL;
    import->json = json.stream;
    if (ok) {
        (void)fputs("{\"tool\": \"kheap import\", \"output\": ", import->json);
        json_text(import->json, import->output);
        ok = import_text(import, &file, &why);
        (void)fprintf(import->json, ", \"bytes\": %u}\n", file.size_bytes);
    } else {
        line_text(&why, strerror(errno));
    }
    if (import->summary != NULL)
        (void)fclose(import->summary);
    ok = ok ? file_write(import->output, file.data, file.size_bytes, &error)
            : file_error(&error, import->path, why.text);
    if (ok && import->json_path != NULL)
        ok = out_file_close(&json, &error);
    else
        out_file_drop(&json);
    if (!ok)
        (void)fprintf(stderr, "%s\n", error.text);
    else if (import->json_path == NULL || strcmp(import->json_path, "-") != 0)
        printf("%s: %u bytes\n%s", import->output, file.size_bytes, summary);
    if (import->in != NULL && import->in != stdin)
        (void)fclose(import->in);
    file_free(&file);
    free(summary);
    return ok ? EXIT_OK : EXIT_INPUT;
}

static bool parse_form(const char *word, enum form *form)
{
    for (uint32_t i = FORM_GUESS + 1u; i < FORM_COUNT; i++)
        if (word != NULL && strcmp(word, form_words[i]) == 0) {
            *form = (enum form)i;
            return true;
        }
    return false;
}

int command_import(int argc, char **argv)
{
    struct import import = {0};
    const char *value;
    struct line error;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            (void)fputs(help_text, stdout);
            return EXIT_OK;
        }
        if (command_option(argc, argv, &i, "--form", &value)) {
            if (!parse_form(value, &import.form))
                return command_usage("import", "--form takes operations, ftrace or load, not",
                                     value);
        } else if (command_option(argc, argv, &i, "--operations", &value)) {
            if (!command_number(value, OP_LIST_MAX, &import.op_count_max))
                return command_usage("import", "--operations takes a number, not", value);
        } else if (command_option(argc, argv, &i, "--frames", &value)) {
            if (!command_number(value, TRACE_FRAMES_MAX, &import.frame_count))
                return command_usage("import", "--frames takes 1 to 65536, not", value);
        } else if (command_option(argc, argv, &i, "--json", &import.json_path)) {
            if (import.json_path == NULL || *import.json_path == '\0')
                return command_usage("import", "--json takes a file, or -, not", NULL);
        } else if (strcmp(argv[i], "--kmalloc-only") == 0) {
            import.kmalloc_only = true;
        } else if (argv[i][0] == '-' && argv[i][1] != '\0') {
            return command_usage("import", "unknown option", argv[i]);
        } else if (import.path == NULL) {
            import.path = argv[i];
        } else if (import.output == NULL) {
            import.output = argv[i];
        } else {
            return command_usage("import", "takes a text and an output, and got another", argv[i]);
        }
    }
    if (import.output == NULL)
        return command_usage("import", "takes a text and an output, and got", import.path);
    if (!command_output(import.path, import.output, &error) ||
        !command_output(import.path, import.json_path, &error)) {
        (void)fprintf(stderr, "%s\n", error.text);
        return EXIT_INPUT;
    }
    return import_run(&import);
}

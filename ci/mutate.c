/* The mutation generator (ci/mutants): what can be changed in a C source, and the changed source.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ci/mutate_points.h"

#define EXIT_USAGE 2
#define EXIT_INPUT 3

static const char help_text[] =
    "usage: mutate list FILE...\n"
    "       mutate write FILE LINE:COLUMN:OPERATOR\n"
    "\n"
    "list prints the mutants of each file, one in a line, in three columns with tabs between "
    "them:\n"
    "  FILE:LINE:COLUMN:OPERATOR\n"
    "  FILE FUNCTION OPERATOR#ORDINAL :: the text of the line\n"
    "  what is replaced, and by what\n"
    "The second column stays the same if other lines move.\n"
    "write prints the file with one mutation made.\n"
    "\n"
    "Exit status: 0 done, 2 the command line was not understood, 3 the file is unreadable or not\n"
    "understood, or has no such mutant.\n";

struct file {
    const char *path;
    char *text;
    struct source source;
    struct points points;
};

static char *text_read(const char *path, uint32_t *size_bytes)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    char *text = NULL;
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    if (size >= 0 && size < INT32_MAX && fseek(file, 0, SEEK_SET) == 0)
        text = calloc(1, (size_t)size + 1u);
    if (text != NULL && fread(text, 1, (size_t)size, file) != (size_t)size) {
        free(text);
        text = NULL;
    }
    (void)fclose(file);
    *size_bytes = (uint32_t)size;
    return text;
}

static bool file_open(struct file *file, const char *path)
{
    uint32_t size;
    uint32_t line = 0;
    *file = (struct file){.path = path, .text = text_read(path, &size)};
    if (file->text == NULL) {
        perror(path);
        return false;
    }
    const char *why = source_open(&file->source, file->text, size, &line);
    if (why == NULL)
        why = points_find(&file->points, &file->source, &line);
    if (why != NULL)
        (void)fprintf(stderr, "%s:%u: %s\n", path, line, why);
    return why == NULL;
}

static void file_close(struct file *file)
{
    points_free(&file->points);
    source_close(&file->source);
    free(file->text);
}

/* Prints a text with each stretch of space as one space. */
static void print_squeezed(const char *text, size_t length)
{
    bool space = false;
    for (size_t i = 0; i < length; i++) {
        bool is_space = strchr(" \t\n", text[i]) != NULL;
        if (!is_space || !space)
            (void)putchar(is_space ? ' ' : text[i]);
        space = is_space;
    }
}

static void point_print(const struct file *file, const struct point *point)
{
    const struct source *source = &file->source;
    const struct token *token = &source->tokens[point->token];
    uint32_t length;
    const char *line = points_line(source, point->token, &length);
    printf("%s:%u:%u:%s\t%s %.*s %s#%u :: ", file->path, token->line, token->column,
           point->operator_name, file->path,
           TOKENS_TEXT(source, point->function, point->function + 1u), point->operator_name,
           point->ordinal);
    print_squeezed(line, length);
    (void)putchar('\t');
    print_squeezed(source->text + point->begin, point->end - point->begin);
    (void)fputs(" -> ", stdout);
    print_squeezed(point->replacement, strlen(point->replacement));
    (void)putchar('\n');
}

static bool point_is(const struct source *source, const struct point *point, const char *id)
{
    char name[80];
    const struct token *token = &source->tokens[point->token];
    (void)snprintf(name, sizeof(name), "%u:%u:%s", token->line, token->column,
                   point->operator_name);
    return strcmp(name, id) == 0;
}

static int file_list(const struct file *file)
{
    for (uint32_t i = 0; i < file->points.count; i++)
        point_print(file, &file->points.all[i]);
    return EXIT_SUCCESS;
}

static int file_write(const struct file *file, const char *id)
{
    for (uint32_t i = 0; i < file->points.count; i++) {
        const struct point *point = &file->points.all[i];
        if (!point_is(&file->source, point, id))
            continue;
        (void)fwrite(file->text, 1, point->begin, stdout);
        (void)fputs(point->replacement, stdout);
        (void)fputs(file->text + point->end, stdout);
        return EXIT_SUCCESS;
    }
    (void)fprintf(stderr, "mutate: %s has no mutant %s\n", file->path, id);
    return EXIT_INPUT;
}

int main(int argc, char **argv)
{
    bool list = argc >= 3 && strcmp(argv[1], "list") == 0;
    bool write = argc == 4 && strcmp(argv[1], "write") == 0;
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(help_text, stdout);
        return EXIT_SUCCESS;
    }
    if (!list && !write) {
        (void)fputs("mutate: takes list or write, and files (see mutate --help)\n", stderr);
        return EXIT_USAGE;
    }
    int status = EXIT_SUCCESS;
    for (int i = 2; i < (list ? argc : 3) && status == EXIT_SUCCESS; i++) {
        struct file file;
        status = EXIT_INPUT;
        if (file_open(&file, argv[i]))
            status = list ? file_list(&file) : file_write(&file, argv[3]);
        file_close(&file);
    }
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        (void)fputs("mutate: the output could not be written\n", stderr);
        status = EXIT_INPUT;
    }
    return status;
}

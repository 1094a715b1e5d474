/* kheap new-adapter: the beginnings of an adapter, by which a foreign allocator comes under the
 * harness. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/out_file.h"
#include "fuzz/tool/adapter_text.h"
#include "fuzz/tool/command.h"

static const char help_text[] =
    "usage: kheap new-adapter NAME [OPTION...]\n"
    "\n"
    "Writes adapter.c and CMakeLists.txt, by which an allocator that is not this project's comes\n"
    "under its checks (fuzz/foreign/README.md). adapter.c compiles as it is, and has comments "
    "that\n"
    "say what to fill in. Files that are there already are left alone.\n"
    "\n"
    "  --folder DIR         where (default: NAME); it is made if it is not there\n"
    "  --sources FILE...    the allocator's C files, up to the next option\n"
    "  --memory KIND        how it comes by memory (default: pool):\n"
    "     pool              it is given a stretch of memory when it starts\n"
    "     sbrk              it moves a break\n"
    "     pages             it asks for runs of pages\n"
    "     map               it maps pages at addresses that it chooses\n"
    "     own               it has memory of its own\n"
    "\n"
    "Exit status: 0 they are written, 2 the command line was not understood, 3 a source is not\n"
    "there, or a file is there already or cannot be written.\n";

struct new_adapter {
    const char *name;
    const char *folder;
    const struct adapter_kind *kind;
    char **sources;
    int source_count;
};

static bool is_name(const char *word)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    return *word != '\0' && *word != '-' && word[strspn(word, letters)] == '\0';
}

static const struct adapter_kind *kind_find(const char *word)
{
    for (uint32_t i = 0; word != NULL && i < adapter_kind_count; i++)
        if (strcmp(adapter_kinds[i].word, word) == 0)
            return &adapter_kinds[i];
    return NULL;
}

/* Writes a source as CMake reads it: from the folder on if it lies in there, otherwise from the
 * root. Both paths are whole. Returns false if CMake would read another name. */
static bool source_write(FILE *out, const char *folder, const char *source)
{
    size_t length = strlen(folder);
    if (strpbrk(source, "\"\\$;\n") != NULL)
        return false;
    if (strncmp(source, folder, length) == 0 && source[length] == '/')
        source += length + 1u;
    (void)fprintf(out, strpbrk(source, " ()#") != NULL ? " \"%s\"" : " %s", source);
    return true;
}

static bool sources_write(FILE *out, const struct new_adapter *new, struct line *error)
{
    char *folder = realpath(new->folder, NULL);
    if (folder == NULL)
        return file_error(error, new->folder, strerror(errno));
    bool ok = true;
    for (int i = 0; ok && i < new->source_count; i++) {
        char *source = realpath(new->sources[i], NULL);
        ok = source != NULL ? source_write(out, folder, source) ||
                                  file_error(error, source, "is not a name that CMake takes")
                            : file_error(error, new->sources[i], strerror(errno));
        free(source);
    }
    free(folder);
    return ok;
}

/* Writes a text with its words filled in. */
static bool text_write(FILE *out, const char *text, const struct new_adapter *new,
                       struct line *error)
{
    const struct {
        const char *word;
        const char *text;
    } words[] = {
        {"@NAME@", new->name},         {"@MEMORY@", new->kind->memory},
        {"@HOOKS@", new->kind->hooks}, {"@INIT@", new->kind->init},
        {"@SOURCES@", NULL},
    };
    while (*text != '\0') {
        size_t i = 0;
        size_t plain = strcspn(text, "@");
        (void)fwrite(text, 1, plain, out);
        text += plain;
        if (*text == '\0')
            break;
        while (strncmp(text, words[i].word, strlen(words[i].word)) != 0)
            i++;
        if (words[i].text != NULL)
            (void)fputs(words[i].text, out);
        else if (!sources_write(out, new, error))
            return false;
        text += strlen(words[i].word);
    }
    return true;
}

static bool path_make(char path[4096], const struct new_adapter *new, const char *name,
                      struct line *error)
{
    struct stat status;
    if ((size_t)snprintf(path, 4096, "%s/%s", new->folder, name) >= 4096u)
        return file_error(error, new->folder, "the name is too long");
    return lstat(path, &status) != 0 || file_error(error, path, "is there already");
}

/* Both files or none, but for a disk that fills up between them. */
static bool files_write(const struct new_adapter *new, struct line *error)
{
    const struct {
        const char *name;
        const char *text;
    } files[] = {{"CMakeLists.txt", adapter_list}, {"adapter.c", adapter_text}};
    char paths[2][4096];
    struct out_file file;
    if (mkdir(new->folder, 0777) != 0 && errno != EEXIST)
        return file_error(error, new->folder, strerror(errno));
    for (int i = 0; i < 2; i++)
        if (!path_make(paths[i], new, files[i].name, error))
            return false;
    for (int i = 0; i < 2; i++) {
        if (!out_file_open(&file, paths[i], error))
            return false;
        if (!text_write(file.stream, files[i].text, new, error)) {
            out_file_drop(&file);
            return false;
        }
        if (!out_file_close(&file, error))
            return false;
    }
    return true;
}

static int parse(int argc, char **argv, struct new_adapter *new)
{
    const char *value;
    for (int i = 1; i < argc; i++) {
        if (command_option(argc, argv, &i, "--memory", &value)) {
            new->kind = kind_find(value);
            if (new->kind == NULL)
                return command_usage("new-adapter",
                                     "--memory takes pool, sbrk, pages, map or own, not", value);
        } else if (command_option(argc, argv, &i, "--folder", &new->folder)) {
            if (new->folder == NULL || *new->folder == '\0')
                return command_usage("new-adapter", "--folder takes a name, not", new->folder);
        } else if (strcmp(argv[i], "--sources") == 0) {
            new->sources = argv + i + 1;
            while (i + 1 < argc && argv[i + 1][0] != '-')
                i++;
            new->source_count = (int)(argv + i + 1 - new->sources);
            if (new->source_count == 0)
                return command_usage("new-adapter", "--sources takes files, not", argv[i + 1]);
        } else if (argv[i][0] == '-') {
            return command_usage("new-adapter", "unknown option", argv[i]);
        } else if (new->name != NULL) {
            return command_usage("new-adapter", "takes one name, and got another", argv[i]);
        } else {
            new->name = argv[i];
        }
    }
    if (new->name == NULL || !is_name(new->name))
        return command_usage("new-adapter", "takes a name of letters, digits, _ and -, not",
                             new->name);
    return EXIT_OK;
}

int command_new_adapter(int argc, char **argv)
{
    struct new_adapter new = {.kind = adapter_kinds};
    struct line error;
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(help_text, stdout);
        return EXIT_OK;
    }
    int status = parse(argc, argv, &new);
    if (status != EXIT_OK || new.name == NULL)
        return status;
    if (new.folder == NULL)
        new.folder = new.name;
    if (!files_write(&new, &error)) {
        (void)fprintf(stderr, "kheap new-adapter: %s\n", error.text);
        return EXIT_INPUT;
    }
    printf("%s/adapter.c and %s/CMakeLists.txt are written. Next:\n"
           "  - fill in adapter.c, where it says TO DO\n",
           new.folder, new.folder);
    if (new.source_count == 0)
        printf("  - name the allocator's C files in CMakeLists.txt, behind adapter.c\n");
    printf("  - ci/allocator %s\n", new.folder);
    return EXIT_OK;
}

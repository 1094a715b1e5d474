/* kheap keep: a failing input kept for ever. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "fuzz/tool/command.h"
#include "fuzz/tool/crash.h"

static const char help_text[] =
    "usage: kheap keep [OPTION...] FILE\n"
    "\n"
    "Shrinks an input that breaks a rule, crashes or hangs, and writes it as a text into "
    "corpus/found,\n"
    "named by its rule and a hash, with a comment that says what it broke and where it came from.\n"
    "ci/test and the run in QEMU replay it from then on. Refuses what is there already.\n"
    "\n"
    "  --corpus DIRECTORY      keep it there (default: corpus/found, below the directory that\n"
    "                          one is in)\n"
    "  --another               keep it although an input there fails in the same way\n"
    "  --rule ID               fail unless the input breaks this rule (or: crash, hang)\n"
    "  --policy bins|first-fit overrides the policy that the input names\n"
    "  --seconds N             for shrinking it (default: 300)\n"
    "  --json FILE             what was kept, for machines; - is standard output\n"
    "  --quiet                 no progress on standard error\n"
    "\n"
    "Exit status: 0 it is kept, 1 it does not fail, or is there already, 2 the command line was "
    "not\n"
    "understood, 3 a file could not be read or written, 130 stopped by Ctrl-C: it is kept as "
    "small\n"
    "as it was by then.\n";

struct keep {
    struct crash_request crash;
    const char *path;
    const char *corpus;
    bool another;
};

static int parse(int argc, char **argv, struct keep *keep)
{
    const char *value;
    for (int i = 1; i < argc; i++) {
        int status = EXIT_OK;
        if (crash_option(argc, argv, &i, "keep", &keep->crash, &status)) {
            if (status != EXIT_OK)
                return status;
        } else if (command_option(argc, argv, &i, "--corpus", &value)) {
            if (value == NULL)
                return command_usage("keep", "--corpus takes a directory, not", value);
            keep->corpus = value;
        } else if (strcmp(argv[i], "--another") == 0) {
            keep->another = true;
        } else if (argv[i][0] == '-') {
            return command_usage("keep", "unknown option", argv[i]);
        } else if (keep->path != NULL) {
            return command_usage("keep", "takes one file, and got also", argv[i]);
        } else {
            keep->path = argv[i];
        }
    }
    return keep->path != NULL ? EXIT_OK : command_usage("keep", "names no input", NULL);
}

static bool same_case(const struct op_case *a, const struct op_case *b)
{
    return memcmp(&a->config, &b->config, sizeof(a->config)) == 0 && a->ops.count == b->ops.count &&
           (a->ops.count == 0 ||
            memcmp(a->ops.ops, b->ops.ops, a->ops.count * sizeof(struct op)) == 0);
}

/* Looks whether one of the kept inputs is the same, or fails in the same way. Returns EXIT_OK if
 * none does; otherwise says so. */
static int compare_with(const struct keep *keep, const struct shrink *shrink, const char *path)
{
    struct op_case kept;
    struct line error;
    struct trial trial;
    if (!case_read(path, &kept, &error)) {
        (void)fprintf(stderr, "%s\n", error.text);
        return EXIT_INPUT;
    }
    bool same = same_case(&kept, &shrink->best);
    bool run = crash_try(&keep->crash, &kept, &trial);
    case_free(&kept);
    if (same) {
        (void)fprintf(stderr, "%s: is kept already: %s\n", keep->path, path);
        return EXIT_VIOLATION;
    }
    if (!run && crash_interrupted())
        return EXIT_INTERRUPTED;
    if (!run) {
        (void)fprintf(stderr, "%s: no memory or no process to run it\n", path);
        return EXIT_INPUT;
    }
    struct failure failure = failure_of(&trial);
    if (keep->another || !failure_same(&failure, &shrink->failure))
        return EXIT_OK;
    (void)fprintf(stderr, "%s: %s fails in the same way; --another keeps this as well\n",
                  keep->path, path);
    return EXIT_VIOLATION;
}

static bool corpus_there(const struct keep *keep)
{
    struct stat status;
    if (stat(keep->corpus, &status) == 0 && S_ISDIR(status.st_mode))
        return true;
    (void)fprintf(stderr,
                  "%s: is no directory: run this at the top of the project, or name the "
                  "directory with --corpus\n",
                  keep->corpus);
    return false;
}

static int compare_with_all(const struct keep *keep, const struct shrink *shrink)
{
    struct file_list files = {0};
    struct line error;
    int result = EXIT_OK;
    if (!file_list_add(&files, keep->corpus, &error)) {
        (void)fprintf(stderr, "%s\n", error.text);
        result = EXIT_INPUT;
    }
    for (uint32_t i = 0; i < files.count && result == EXIT_OK; i++)
        result = compare_with(keep, shrink, files.paths[i]);
    file_list_free(&files);
    return result;
}

static bool write_kept(const struct keep *keep, const struct shrink *shrink, const char *path,
                       struct line *error)
{
    char comment[LINE_SIZE + 300u];
    char day[32] = "?";
    struct line words;
    struct tm parts;
    time_t now = time(NULL);
    if (gmtime_r(&now, &parts) != NULL)
        (void)strftime(day, sizeof(day), "%Y-%m-%d", &parts);
    failure_words(&shrink->failure, &words);
    (void)snprintf(comment, sizeof(comment), "%s; from %.200s, which had %u operations, %s",
                   words.text, file_name(keep->path), shrink->op_count, day);
    return case_write_text(&shrink->best, comment, path, error);
}

static int finish(const struct keep *keep, const struct shrink *shrink)
{
    char name[64];
    char path[4096];
    struct line error;
    if (!case_is_text(&shrink->best)) {
        (void)fprintf(
            stderr,
            "%s: has more slots or frames than a text can name, even shrunk: give it more "
            "--seconds\n",
            keep->path);
        return EXIT_INPUT;
    }
    int status = compare_with_all(keep, shrink);
    if (status != EXIT_OK)
        return status;
    crash_name(shrink, name, sizeof(name));
    if ((size_t)snprintf(path, sizeof(path), "%s/%s.txt", keep->corpus, name) >= sizeof(path)) {
        (void)fprintf(stderr, "%s: the name of the directory is too long\n", keep->path);
        return EXIT_INPUT;
    }
    if (!write_kept(keep, shrink, path, &error) ||
        !crash_json_write(&keep->crash, shrink, keep->path, path, &error)) {
        (void)fprintf(stderr, "%s\n", error.text);
        return EXIT_INPUT;
    }
    (void)fprintf(crash_out(&keep->crash), "%s: kept as %s, %u operations of %u\n", keep->path,
                  path, shrink->best.ops.count, shrink->op_count);
    return crash_interrupted() ? EXIT_INTERRUPTED : EXIT_OK;
}

int command_keep(int argc, char **argv)
{
    struct keep keep = {.crash = CRASH_REQUEST_DEFAULT, .corpus = "corpus/found"};
    struct shrink shrink = {.started = 0};
    struct op_case one;
    struct line error;
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(help_text, stdout);
        return EXIT_OK;
    }
    int status = parse(argc, argv, &keep);
    if (status != EXIT_OK)
        return status;
    if (!corpus_there(&keep))
        return EXIT_INPUT;
    if (!command_output(keep.path, keep.crash.json, &error) ||
        !case_read(keep.path, &one, &error)) {
        (void)fprintf(stderr, "%s\n", error.text);
        return EXIT_INPUT;
    }
    status = crash_shrink(&keep.crash, keep.path, &one, &shrink);
    if (status == EXIT_OK)
        status = finish(&keep, &shrink);
    shrink_free(&shrink);
    case_free(&one);
    return status;
}

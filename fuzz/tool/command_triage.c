/* kheap triage: what a directory of crashes comes down to. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "fuzz/json.h"
#include "fuzz/out_file.h"
#include "fuzz/tool/command.h"
#include "fuzz/tool/crash.h"

static const char help_text[] =
    "usage: kheap triage [OPTION...] FILE|DIRECTORY...\n"
    "\n"
    "Runs each input, groups those that fail by the same rule and check (crashes by signal and\n"
    "operation, hangs by operation), shrinks the shortest of each group, and prints a table.\n"
    "\n"
    "  --output DIRECTORY      write the shrunk input of each group there, as RULE-HASH (bytes)\n"
    "                          and RULE-HASH.txt; it is made if it is not there\n"
    "  --policy bins|first-fit overrides the policy that the inputs name\n"
    "  --seconds N             for shrinking each input (default: 300)\n"
    "  --json FILE             the groups, for machines; - is standard output\n"
    "  --quiet                 no progress on standard error\n"
    "\n"
    "Exit status: 0 no input fails, 1 some do, 2 the command line was not understood, 3 a file\n"
    "could not be read or written (the others are done), 130 stopped by Ctrl-C: the groups so far\n"
    "are printed.\n";

struct group {
    struct failure failure;
    uint32_t count;
    time_t first_seen; /* the oldest file's time */
    const char *first_path;
    const char *path; /* of the shortest */
    uint32_t op_count;
    struct shrink shrink;
    bool shrunk;
    char name[64];
};

struct triage {
    struct crash_request crash;
    const char *output;
    struct group *groups;
    uint32_t group_count;
    uint32_t passed;
    uint32_t unreadable;
};

static void trouble(struct triage *triage, const char *text)
{
    (void)fflush(stdout);
    (void)fprintf(stderr, "%s\n", text);
    triage->unreadable++;
}

static struct group *group_of(struct triage *triage, const struct failure *failure)
{
    for (uint32_t i = 0; i < triage->group_count; i++)
        if (failure_same(&triage->groups[i].failure, failure))
            return &triage->groups[i];
    struct group *groups =
        realloc(triage->groups, (triage->group_count + 1u) * sizeof(*triage->groups));
    if (groups == NULL)
        return NULL;
    triage->groups = groups;
    groups[triage->group_count] = (struct group){.failure = *failure, .op_count = UINT32_MAX};
    return &groups[triage->group_count++];
}

static bool sort_in(struct triage *triage, const char *path, const struct op_case *one,
                    struct line *error)
{
    struct trial trial;
    struct stat status = {.st_mtime = 0};
    if (!crash_try(&triage->crash, one, &trial))
        return crash_interrupted() || file_error(error, path, "no memory or no process to run it");
    if (trial.end == TRIAL_REFUSED)
        return file_error(error, path, trial.why);
    if (trial.end == TRIAL_OK) {
        triage->passed++;
        return true;
    }
    struct failure failure = failure_of(&trial);
    struct group *group = group_of(triage, &failure);
    if (group == NULL)
        return file_error(error, path, "no memory to sort it in");
    (void)stat(path, &status);
    if (group->count == 0 || status.st_mtime < group->first_seen) {
        group->first_seen = status.st_mtime;
        group->first_path = path;
    }
    if (one->ops.count < group->op_count) {
        group->op_count = one->ops.count;
        group->path = path;
    }
    group->count++;
    return true;
}

static void sort_all(struct triage *triage, const struct file_list *files)
{
    for (uint32_t i = 0; i < files->count && !crash_interrupted(); i++) {
        struct op_case one;
        struct line error;
        if (!case_read(files->paths[i], &one, &error)) {
            trouble(triage, error.text);
            continue;
        }
        if (!sort_in(triage, files->paths[i], &one, &error))
            trouble(triage, error.text);
        case_free(&one);
    }
}

static bool make_output(const struct triage *triage, struct line *error)
{
    return triage->output == NULL || mkdir(triage->output, 0777) == 0 || errno == EEXIST ||
           file_error(error, triage->output, strerror(errno));
}

static bool write_shrunk(const struct triage *triage, const struct group *group, struct line *error)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof(path), "%s/%s", triage->output, group->name) >= sizeof(path))
        return file_error(error, triage->output, "the name is too long");
    return crash_write(&group->shrink, group->path, path, error);
}

static void shrink_group(struct triage *triage, struct group *group)
{
    struct op_case one;
    struct line error;
    if (!case_read(group->path, &one, &error)) {
        trouble(triage, error.text);
        return;
    }
    group->shrunk = crash_shrink(&triage->crash, group->path, &one, &group->shrink) == EXIT_OK;
    crash_name(&group->shrink, group->name, sizeof(group->name));
    if (!group->shrunk)
        triage->unreadable++;
    else if (triage->output != NULL && !write_shrunk(triage, group, &error))
        trouble(triage, error.text);
    case_free(&one);
}

/* Most frequent first; among equals the older. */
static int compare(const void *left, const void *right)
{
    const struct group *a = left;
    const struct group *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    if (a->first_seen != b->first_seen)
        return a->first_seen < b->first_seen ? -1 : 1;
    return strcmp(a->path, b->path);
}

static void day(time_t when, char text[32])
{
    struct tm parts;
    if (gmtime_r(&when, &parts) == NULL || strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        (void)snprintf(text, 32, "?");
}

static void print(const struct triage *triage)
{
    FILE *out = crash_out(&triage->crash);
    if (triage->group_count != 0)
        (void)fprintf(out, "%-16s %6s %10s %7s  %-20s  %s\n", "name", "inputs", "operations",
                      "shrunk", "first seen", "failure");
    for (uint32_t i = 0; i < triage->group_count; i++) {
        const struct group *group = &triage->groups[i];
        struct line words;
        char when[32];
        failure_words(&group->failure, &words);
        day(group->first_seen, when);
        (void)fprintf(out, "%-16s %6u %10u %7u  %-20s  %s\n", group->shrunk ? group->name : "-",
                      group->count, group->op_count,
                      group->shrunk ? group->shrink.best.ops.count : group->op_count, when,
                      words.text);
    }
    uint32_t failing = 0;
    for (uint32_t i = 0; i < triage->group_count; i++)
        failing += triage->groups[i].count;
    (void)fprintf(out, "%u input%s, in %u group%s; %u pass; %u had trouble\n", failing,
                  failing == 1u ? " fails" : "s fail", triage->group_count,
                  triage->group_count == 1u ? "" : "s", triage->passed, triage->unreadable);
}

static void json_group(FILE *json, const struct group *group)
{
    char when[32];
    struct line words;
    day(group->first_seen, when);
    failure_words(&group->failure, &words);
    (void)fputs("{\"failure\": ", json);
    json_text(json, words.text);
    (void)fprintf(json, ", \"inputs\": %u, \"first_seen\": \"%s\", \"first_input\": ", group->count,
                  when);
    json_text(json, group->first_path);
    if (group->shrunk) {
        (void)fputs(", \"name\": ", json);
        json_text(json, group->name);
        (void)fputs(", ", json);
        crash_json_members(json, &group->shrink, group->path, NULL);
    }
    (void)fputc('}', json);
}

static bool write_json(const struct triage *triage, struct line *error)
{
    struct out_file json;
    if (triage->crash.json == NULL)
        return true;
    if (!out_file_open(&json, triage->crash.json, error))
        return false;
    (void)fprintf(json.stream, "{\"passed\": %u, \"trouble\": %u, \"groups\": [", triage->passed,
                  triage->unreadable);
    for (uint32_t i = 0; i < triage->group_count; i++) {
        (void)fputs(i != 0 ? ",\n" : "\n", json.stream);
        json_group(json.stream, &triage->groups[i]);
    }
    (void)fputs("]}\n", json.stream);
    return out_file_close(&json, error);
}

static int parse(int argc, char **argv, struct triage *triage, struct file_list *files)
{
    const char *value;
    struct line error;
    bool named = false;
    for (int i = 1; i < argc; i++) {
        int status = EXIT_OK;
        if (crash_option(argc, argv, &i, "triage", &triage->crash, &status)) {
            if (status == EXIT_OK && triage->crash.rule != NULL)
                status = command_usage("triage", "unknown option", "--rule");
            if (status != EXIT_OK)
                return status;
        } else if (command_option(argc, argv, &i, "--output", &value)) {
            if (value == NULL)
                return command_usage("triage", "--output takes a directory, not", value);
            triage->output = value;
        } else if (argv[i][0] == '-') {
            return command_usage("triage", "unknown option", argv[i]);
        } else if (!file_list_add(files, argv[i], &error)) {
            (void)fprintf(stderr, "%s\n", error.text);
            return EXIT_INPUT;
        } else {
            named = true;
        }
    }
    /* A directory without crashes is a good one. */
    return named ? EXIT_OK : command_usage("triage", "names no input", NULL);
}

static int finish(struct triage *triage)
{
    struct line error;
    for (uint32_t i = 0; i < triage->group_count && !crash_interrupted(); i++)
        shrink_group(triage, &triage->groups[i]);
    if (triage->group_count != 0)
        qsort(triage->groups, triage->group_count, sizeof(*triage->groups), compare);
    print(triage);
    if (!write_json(triage, &error)) {
        (void)fprintf(stderr, "%s\n", error.text);
        return EXIT_INPUT;
    }
    if (crash_interrupted())
        return EXIT_INTERRUPTED;
    if (triage->unreadable != 0)
        return EXIT_INPUT;
    return triage->group_count != 0 ? EXIT_VIOLATION : EXIT_OK;
}

int command_triage(int argc, char **argv)
{
    struct triage triage = {.crash = CRASH_REQUEST_DEFAULT};
    struct file_list files = {0};
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(help_text, stdout);
        return EXIT_OK;
    }
    struct line error;
    int status = parse(argc, argv, &triage, &files);
    if (status == EXIT_OK && !make_output(&triage, &error)) {
        (void)fprintf(stderr, "%s\n", error.text);
        status = EXIT_INPUT;
    }
    if (status == EXIT_OK) {
        crash_catch_interrupt();
        sort_all(&triage, &files);
        status = finish(&triage);
    }
    for (uint32_t i = 0; i < triage.group_count; i++)
        shrink_free(&triage.groups[i].shrink);
    free(triage.groups);
    file_list_free(&files);
    return status;
}

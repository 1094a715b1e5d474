/* Two machines' lines, number by number. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/file.h"
#include "fuzz/tool/scenarios.h"
#include "mmu_x86/scenario/generate.h"
#include "mmu_x86/scenario/run.h"

enum relation { EQUAL, MAY_DIFFER, DEPARTS, DIFFERS, MISSING, RELATION_COUNT };

/* The file's lines that start with a scenario's number, by that number. */
static char **lines_of(char *text, uint32_t count)
{
    char **lines = calloc(count, sizeof(*lines));
    char *rest = NULL;
    for (char *line = strtok_r(text, "\r\n", &rest); lines != NULL && line != NULL;
         line = strtok_r(NULL, "\r\n", &rest)) {
        char *end;
        unsigned long n = strtoul(line, &end, 10);
        if (end != line && *end == ' ' && n < count && *line >= '0' && *line <= '9')
            lines[n] = line;
    }
    return lines;
}

/* A difference is declared by both lines, or by the other machine, which the oracle has judged by
 * what its kind is known to do. */
static enum relation relate(const char *mine, const char *theirs)
{
    static const char may[] = " : agrees, may differ:";
    if (theirs == NULL)
        return MISSING;
    if (strcmp(mine, theirs) == 0)
        return EQUAL;
    if (strstr(theirs, " : departs:") != NULL)
        return DEPARTS;
    return strstr(mine, may) != NULL && strstr(theirs, may) != NULL ? MAY_DIFFER : DIFFERS;
}

static uint32_t compare(char *const *lines, bool quiet, uint32_t *counts)
{
    static const char *const names[RELATION_COUNT] = {"equal", "differ, as processors may",
                                                      "the other departs as its kind does",
                                                      "DIFFER", "MISSING"};
    static struct scenario_run run;
    struct line line;
    for (uint32_t n = 0; n < scenario_count(); n++) {
        scenario_run(n, &run);
        scenario_line(n, &run, &line);
        enum relation relation = relate(line.text, lines[n]);
        counts[relation]++;
        if (relation >= DIFFERS || (relation != EQUAL && counts[relation] == 1u && !quiet))
            printf("%s:\n  < %s\n  > %s\n", relation >= DIFFERS ? names[relation] : "for example",
                   line.text, lines[n] == NULL ? "no line" : lines[n]);
    }
    printf("%u scenarios", scenario_count());
    for (uint32_t relation = 0; relation < RELATION_COUNT; relation++)
        printf("%s %u %s", relation == 0 ? ":" : ",", counts[relation], names[relation]);
    printf("\n");
    return counts[DIFFERS] + counts[MISSING];
}

bool scenarios_against(const char *path, bool quiet, struct line *error)
{
    uint32_t counts[RELATION_COUNT] = {0};
    struct file file;
    line_clear(error);
    if (!file_read(path, &file, error))
        return false;
    char *text = malloc((size_t)file.size_bytes + 1u);
    char **lines = NULL;
    if (text != NULL) {
        memcpy(text, file.data, file.size_bytes);
        text[file.size_bytes] = '\0';
        lines = lines_of(text, scenario_count());
    }
    bool ok = lines != NULL ? compare(lines, quiet, counts) == 0
                            : file_error(error, path, "not enough memory for it");
    free((void *)lines);
    free(text);
    file_free(&file);
    return ok;
}

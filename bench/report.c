#include "bench/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_USAGE 2
#define STATUS_FILE 3

static const char help_text[] =
    "usage: bench-report [--all-tables] [--json FILE] [--plots DIRECTORY] [FILE]\n"
    "\n"
    "Reads what ci/bench has measured, from FILE or standard input (bench/report.h tells the "
    "form),\n"
    "and prints tables.\n"
    "\n"
    "  --all-tables       print those of patterns, too, that are left out otherwise\n"
    "  --json FILE        write all figures to FILE\n"
    "  --plots DIRECTORY  draw into it: speed-ARCH.svg, footprint-ARCH-TRACE.svg,\n"
    "                     reclaim-ARCH-TRACE.svg\n"
    "\n"
    "Exit status: 0 reported, 2 the command line was not understood, 3 a file could not be read,\n"
    "understood or written.\n";

static int failed(int status, const char *what, const char *why)
{
    (void)fprintf(stderr, "bench-report: %s: %s\n", what, why);
    return status;
}

/* What is put into a file. */
struct drawing {
    const struct report *report;
    const char *arch;
    const char *load;
    const char *timeline; /* null: speed against footprint */
    const char *json;     /* not null: no drawing at all */
};

/* Returns false if there was nothing to be put. */
static bool put(const struct drawing *drawing, FILE *out)
{
    if (drawing->json != NULL)
        report_json(drawing->report, out);
    else if (drawing->timeline != NULL)
        return plot_timeline(drawing->report, drawing->arch, drawing->load, drawing->timeline, out);
    else
        return plot_speed(drawing->report, drawing->arch, out);
    return true;
}

/* Writes the file; one with nothing in it is not left behind. Returns an exit status. */
static int write_file(const char *path, const struct drawing *drawing)
{
    FILE *out = fopen(path, "w");
    if (out == NULL)
        return failed(STATUS_FILE, path, strerror(errno));
    bool any = put(drawing, out);
    bool good = ferror(out) == 0;
    good = fclose(out) == 0 && good;
    if (!any || !good)
        (void)remove(path);
    return good ? 0 : failed(STATUS_FILE, path, "it could not be written");
}

static int draw_timelines(const struct report *report, const char *directory, const char *arch)
{
    static const char *const names[] = {"footprint", "reclaim"};
    char path[4096];
    char timeline[64];
    int status = 0;
    for (uint32_t i = 0; status == 0 && i < 2u * report->loads.count; i++) {
        const char *load = report->loads.at[i / 2u];
        if (!load_in_group(load, "trace"))
            continue;
        (void)snprintf(path, sizeof path, "%s/%s-%s-%s.svg", directory, names[i % 2u], arch,
                       load_name(load));
        (void)snprintf(timeline, sizeof timeline, "%s.timeline", names[i % 2u]);
        status = write_file(path, &(struct drawing){report, arch, load, timeline, NULL});
    }
    return status;
}

static int draw(const struct report *report, const char *directory)
{
    char path[4096];
    int status = 0;
    for (uint32_t i = 0; status == 0 && i < report->archs.count; i++) {
        const char *arch = report->archs.at[i];
        (void)snprintf(path, sizeof path, "%s/speed-%s.svg", directory, arch);
        status = write_file(path, &(struct drawing){report, arch, NULL, NULL, NULL});
        if (status == 0)
            status = draw_timelines(report, directory, arch);
    }
    return status;
}

struct options {
    const char *json;
    const char *plots;
    const char *input;
    bool all_tables;
};

static int parse(int argc, char **argv, struct options *options)
{
    for (int i = 1; i < argc; i++) {
        const char **value = strcmp(argv[i], "--json") == 0    ? &options->json
                             : strcmp(argv[i], "--plots") == 0 ? &options->plots
                                                               : NULL;
        if (value != NULL && i + 1 == argc)
            return failed(STATUS_USAGE, argv[i], "takes a value");
        if (value != NULL)
            *value = argv[++i];
        else if (strcmp(argv[i], "--all-tables") == 0)
            options->all_tables = true;
        else if (argv[i][0] == '-' || options->input != NULL)
            return failed(STATUS_USAGE, "unknown argument", argv[i]);
        else
            options->input = argv[i];
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct report report;
    struct options options = {NULL, NULL, NULL, false};
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return fputs(help_text, stdout) < 0 ? STATUS_FILE : 0;
    int status = parse(argc, argv, &options);
    if (status != 0)
        return status;
    FILE *in = options.input != NULL ? fopen(options.input, "r") : stdin;
    if (in == NULL)
        return failed(STATUS_FILE, options.input, strerror(errno));
    bool good = report_read(&report, in);
    if (in != stdin)
        (void)fclose(in);
    if (!good)
        return STATUS_FILE;
    report_tables(&report, options.all_tables, stdout);
    if (options.json != NULL)
        status =
            write_file(options.json, &(struct drawing){&report, NULL, NULL, NULL, options.json});
    if (status == 0 && options.plots != NULL)
        status = draw(&report, options.plots);
    if (fflush(stdout) != 0)
        return failed(STATUS_FILE, "standard output", strerror(errno));
    return status;
}

#include "bench/report.h"

#include <string.h>

#include "ci/unit.h"

static struct report read_text(const char *text, bool good)
{
    struct report report = {0};
    FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    EXPECT(in != NULL);
    EXPECT(report_read(&report, in) == good);
    (void)fclose(in);
    return report;
}

static const char measured[] = "run rounds 3\n"
                               "figure i386 glibc trace/a time.cpu_ns 10\n"
                               "figure i386 kheap-bins trace/a time.cpu_ns 20\n"
                               "figure i386 bump trace/a time.cpu_ns 1\n"
                               "figure i386 glibc trace/a time.cpu_ns 30\n"
                               "figure i386 kheap-bins trace/a time.cpu_ns 30\n"
                               "figure i386 glibc trace/a time.cpu_ns 10\n"
                               "figure i386 kheap-bins trace/a time.cpu_ns 15\n"
                               "point i386 glibc trace/a footprint.timeline 0 100 1\n"
                               "point i386 glibc trace/a footprint.timeline 5 200 2\n"
                               "point i386 glibc trace/a footprint.timeline 0 150 3\n";

static const struct figure *time_of(const struct report *report, const char *heap)
{
    const struct figure *figure =
        report_figure(report_result(report, "i386", heap, "trace/a"), "time.cpu_ns");
    EXPECT(figure != NULL);
    return figure;
}

TEST(the_median_is_the_value_in_the_middle)
{
    struct report report = read_text(measured, true);
    EXPECT_EQUAL(figure_median(time_of(&report, "glibc")), 10);
    EXPECT_EQUAL(figure_median(time_of(&report, "kheap-bins")), 20);
    EXPECT_EQUAL(figure_least(time_of(&report, "kheap-bins")), 15);
    EXPECT_EQUAL(figure_greatest(time_of(&report, "kheap-bins")), 30);
}

/* 20 / 10, 30 / 30, 15 / 10: not the ratio of the medians, which is 2. */
TEST(ratios_are_taken_within_a_round)
{
    struct report report = read_text(measured, true);
    double ratio = figure_ratio(time_of(&report, "kheap-bins"), time_of(&report, "glibc"));
    EXPECT_EQUAL(ratio * 100, 150);
}

TEST(the_best_is_a_heap_that_frees)
{
    struct report report = read_text(measured, true);
    EXPECT(report_best(&report, "i386", "trace/a", "time.cpu_ns") == time_of(&report, "glibc"));
    EXPECT(report_best(&report, "i386", "trace/b", "time.cpu_ns") == NULL);
}

TEST(a_timeline_that_is_measured_again_starts_anew)
{
    struct report report = read_text(measured, true);
    const struct timeline *line =
        report_timeline(report_result(&report, "i386", "glibc", "trace/a"), "footprint.timeline");
    EXPECT(line != NULL);
    EXPECT_EQUAL(line->count, 1);
    EXPECT_EQUAL(line->points[0].held, 3);
}

TEST(what_is_no_figure_is_refused)
{
    (void)read_text("figure i386 glibc trace/a time.cpu_ns\n", false);
    (void)read_text("figure i386 glibc trace/a time.cpu_ns ten\n", false);
    (void)read_text("figure i386 glibc a time.cpu_ns 10\n", false);
    (void)read_text("point i386 glibc trace/a timeline 0 100\n", false);
    (void)read_text("run rounds\n", false);
    (void)read_text("something else\n", false);
}

TEST(json_escapes_what_it_reserves)
{
    struct report report = read_text("run machine a \"fast\" \\ one\n", true);
    char text[256] = {0};
    FILE *out = fmemopen(text, sizeof text, "w");
    EXPECT(out != NULL);
    report_json(&report, out);
    (void)fclose(out);
    EXPECT(strstr(text, "\"machine\": \"a \\\"fast\\\" \\\\ one\"") != NULL);
}

TEST_MAIN(RUN(the_median_is_the_value_in_the_middle) RUN(ratios_are_taken_within_a_round)
              RUN(the_best_is_a_heap_that_frees) RUN(a_timeline_that_is_measured_again_starts_anew)
                  RUN(what_is_no_figure_is_refused) RUN(json_escapes_what_it_reserves))

/* Latencies by size: a panel for each call, a column for each size and state, in which each bucket
 * of the histogram is as dark as it is full. */
#include <math.h>
#include <string.h>

#include "bench/guest.h"
#include "bench/plot.h"

#define PANEL_WIDTH 540.0
#define PANEL_HEIGHT 360.0
#define TITLE_HEIGHT 78.0
#define COLUMN_WIDTH 9.0

enum { CALLS = 2, STATES = 2 };

static const char *const calls[CALLS] = {"kmalloc", "kfree"};
static const struct {
    const char *name;
    const char *colour;
    double shift; /* of its column, from the size's place */
} states[STATES] = {{"empty", "#0072B2", -COLUMN_WIDTH}, {"full", "#D55E00", 1}};

static struct axis axis_of(const struct guest_report *report, bool sizes)
{
    struct axis axis = {1e30, 0, true};
    for (uint32_t i = 0; i < report->row_count; i++) {
        const struct guest_row *row = &report->rows[i];
        double least = sizes ? row->size_bytes : row->calls != 0 ? row->buckets[0].from : 1e30;
        double greatest = sizes ? row->size_bytes : row->worst;
        axis.least = least < axis.least ? least : axis.least;
        axis.greatest = greatest > axis.greatest ? greatest : axis.greatest;
    }
    axis.least = (axis.least < 1 ? 1 : axis.least) / 1.5;
    axis.greatest *= 1.5;
    return axis;
}

static void mark(const struct plot *plot, double x, double ticks, const char *colour, double width)
{
    double y = plot_y(plot, ticks < 1 ? 1 : ticks);
    (void)fprintf(
        plot->out,
        "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s' stroke-width='%.1f'/>\n", x, y,
        x + COLUMN_WIDTH - 1, y, colour, width);
}

/* Few calls are to be seen beside many: the darkness is that of the count's root. */
static void draw_row(const struct plot *plot, const struct guest_row *row, uint32_t state)
{
    const char *colour = states[state].colour;
    double x = plot_x(plot, row->size_bytes) + states[state].shift;
    for (uint32_t i = 0; i < row->bucket_count; i++) {
        const struct guest_bucket *bucket = &row->buckets[i];
        double top = plot_y(plot, bucket->to + 1.0);
        double bottom = plot_y(plot, bucket->from < 1 ? 1 : bucket->from);
        (void)fprintf(plot->out,
                      "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='%s' "
                      "fill-opacity='%.2f'/>\n",
                      x, top, COLUMN_WIDTH - 1, bottom - top, colour,
                      0.12 + 0.68 * sqrt((double)bucket->count / row->calls));
    }
    if (row->calls == 0)
        return;
    mark(plot, x, row->p50, "#000", 1.6);
    mark(plot, x, row->p99, colour, 1.6);
    mark(plot, x, row->worst, colour, 0.8);
}

static void draw_key(FILE *out)
{
    double x = 16;
    for (uint32_t state = 0; state < STATES; state++) {
        char text[64];
        (void)fprintf(out, "<rect x='%.1f' y='38' width='12' height='12' fill='%s'/>\n", x,
                      states[state].colour);
        (void)snprintf(text, sizeof text, "%s heap", states[state].name);
        plot_text(out, x + 17, 48, "start", "", text);
        x += 100;
    }
    plot_text(out, x, 48, "start", "fill='#555'",
              "the darker, the more calls; black line: p50; coloured lines: p99 and worst");
}

void guest_plot(const struct guest_report *report, FILE *out)
{
    char ticks[64];
    (void)snprintf(ticks, sizeof ticks, "%s a call", report->unit);
    plot_begin(out, 60 + CALLS * (PANEL_WIDTH + 70), TITLE_HEIGHT + PANEL_HEIGHT + 60,
               "kmalloc and kfree in the kernel, by size");
    draw_key(out);
    for (uint32_t call = 0; call < CALLS; call++) {
        struct plot plot = {
            out,          70 + call * (PANEL_WIDTH + 70), TITLE_HEIGHT,          PANEL_WIDTH,
            PANEL_HEIGHT, axis_of(report, true),          axis_of(report, false)};
        plot_axes(&plot, "size, bytes", ticks);
        plot_text(out, plot.left, plot.top - 8, "start", "font-size='13' font-weight='bold'",
                  calls[call]);
        for (uint32_t i = 0; i < report->row_count; i++)
            for (uint32_t state = 0; state < STATES; state++)
                if (strcmp(report->rows[i].call, calls[call]) == 0 &&
                    strcmp(report->rows[i].state, states[state].name) == 0)
                    draw_row(&plot, &report->rows[i], state);
    }
    plot_end(out);
}

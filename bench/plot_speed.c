/* Speed against footprint: a panel for each trace, a point for each heap. */
#include <string.h>

#include "bench/plot.h"

#define COLUMNS 3u
#define PANEL_WIDTH 360.0
#define PANEL_HEIGHT 300.0
#define TITLE_HEIGHT 58.0

/* A heap that takes so many times as long as the fastest is named below the panel: it would squeeze
 * all others into one corner. */
#define BEYOND 12.0

struct panel {
    struct label labels[NAMES_MAX];
    double ns[NAMES_MAX];
    double excess[NAMES_MAX]; /* percent of the live bytes that are held beyond them */
    uint32_t heaps[NAMES_MAX];
    uint32_t count;
    char beyond[256];
};

static bool read_panel(const struct report *report, const char *arch, const char *load,
                       struct panel *panel)
{
    const struct figure *best = report_best(report, arch, load, "time.cpu_ns");
    *panel = (struct panel){.count = 0};
    for (uint32_t i = 0; i < report->heaps.count; i++) {
        const struct result *result = report_result(report, arch, report->heaps.at[i], load);
        const struct figure *ns = report_figure(result, "time.cpu_ns");
        const struct figure *ratio = report_figure(result, "footprint.held_ratio");
        if (ns == NULL || ratio == NULL || figure_median(ratio) <= 1)
            continue;
        if (figure_median(ns) > BEYOND * figure_median(best)) {
            size_t used = strlen(panel->beyond);
            (void)snprintf(panel->beyond + used, sizeof panel->beyond - used,
                           "%s%s: %.0f ns, %.1f %%",
                           used != 0 ? "; " : "beyond: ", report->heaps.at[i], figure_median(ns),
                           100 * (figure_median(ratio) - 1));
            continue;
        }
        panel->ns[panel->count] = figure_median(ns);
        panel->excess[panel->count] = 100 * (figure_median(ratio) - 1);
        panel->heaps[panel->count++] = i;
    }
    return panel->count != 0;
}

static void range(const double *values, uint32_t count, double *least, double *greatest)
{
    *least = values[0];
    *greatest = values[0];
    for (uint32_t i = 1; i < count; i++) {
        *least = values[i] < *least ? values[i] : *least;
        *greatest = values[i] > *greatest ? values[i] : *greatest;
    }
}

static void draw_panel(const struct report *report, const char *load, struct panel *panel,
                       struct plot *plot)
{
    double least;
    double greatest;
    range(panel->ns, panel->count, &least, &greatest);
    plot->x = (struct axis){least * 0.75, greatest * 1.5, true};
    range(panel->excess, panel->count, &least, &greatest);
    plot->y = (struct axis){least * 0.6, greatest * 1.7, true};
    plot_axes(plot, "ns an operation", "held beyond live bytes, %");
    plot_text(plot->out, plot->left, plot->top - 8, "start", "font-size='13' font-weight='bold'",
              load_name(load));
    if (panel->beyond[0] != '\0')
        plot_text(plot->out, plot->left + plot->width, plot->top + plot->height + 46, "end",
                  "font-size='9' fill='#777'", panel->beyond);
    for (uint32_t i = 0; i < panel->count; i++) {
        const char *heap = report->heaps.at[panel->heaps[i]];
        struct label *label = &panel->labels[i];
        *label = (struct label){.x = plot_x(plot, panel->ns[i]),
                                .y = plot_y(plot, panel->excess[i]),
                                .text = heap,
                                .colour = plot_colour(panel->heaps[i])};
        (void)fprintf(plot->out, "<circle cx='%.1f' cy='%.1f' r='%s' fill='%s'/>\n", label->x,
                      label->y, plot_own(heap) ? "5.5" : "4", label->colour);
    }
    plot_labels(plot, panel->labels, panel->count);
}

bool plot_speed(const struct report *report, const char *arch, FILE *out)
{
    static struct panel panels[NAMES_MAX];
    const char *loads[NAMES_MAX];
    char title[128];
    uint32_t count = 0;
    for (uint32_t i = 0; i < report->loads.count; i++)
        if (load_in_group(report->loads.at[i], "trace") &&
            read_panel(report, arch, report->loads.at[i], &panels[count]))
            loads[count++] = report->loads.at[i];
    if (count == 0)
        return false;
    uint32_t columns = count < COLUMNS ? count : COLUMNS;
    uint32_t rows = (count + columns - 1u) / columns;
    (void)snprintf(title, sizeof title, "Speed against footprint, %s", arch);
    plot_begin(out, columns * PANEL_WIDTH + 20, TITLE_HEIGHT + rows * PANEL_HEIGHT, title);
    plot_text(out, 16, 44, "start", "fill='#555'",
              "each recorded trace; left is faster, down is smaller; both axes are logarithmic");
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = i / columns;
        struct plot plot = {.out = out,
                            .left = 62 + i % columns * PANEL_WIDTH,
                            .top = TITLE_HEIGHT + 24 + row * PANEL_HEIGHT,
                            .width = PANEL_WIDTH - 70,
                            .height = PANEL_HEIGHT - 80};
        draw_panel(report, loads[i], &panels[i], &plot);
    }
    plot_end(out);
    return true;
}

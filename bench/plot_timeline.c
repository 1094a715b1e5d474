/* Footprint over time: what lives, and the pages that each heap holds for it. */
#include <string.h>

#include "bench/plot.h"

#define WIDTH 980.0
#define HEIGHT 470.0
#define MIB 1048576.0
#define PAGE 4096.0

struct lines {
    const struct timeline *at[NAMES_MAX];
    uint32_t heaps[NAMES_MAX];
    uint32_t count;
    double ops;
    double bytes;
};

static void find_lines(const struct report *report, const char *arch, const char *load,
                       const char *name, struct lines *lines)
{
    *lines = (struct lines){.count = 0};
    for (uint32_t i = 0; i < report->heaps.count; i++) {
        const struct timeline *line =
            report_timeline(report_result(report, arch, report->heaps.at[i], load), name);
        if (line == NULL || line->count < 2u)
            continue;
        lines->heaps[lines->count] = i;
        lines->at[lines->count++] = line;
        if (line->points[line->count - 1u].op > lines->ops)
            lines->ops = line->points[line->count - 1u].op;
        for (uint32_t j = 0; j < line->count; j++)
            if (line->points[j].held * PAGE > lines->bytes)
                lines->bytes = line->points[j].held * PAGE;
    }
}

static void draw_live(const struct plot *plot, const struct timeline *line)
{
    (void)fprintf(plot->out, "<path fill='#d9dde2' d='M%.1f %.1f", plot_x(plot, 0),
                  plot_y(plot, 0));
    for (uint32_t i = 0; i < line->count; i++)
        (void)fprintf(plot->out, "L%.1f %.1f", plot_x(plot, line->points[i].op / 1000),
                      plot_y(plot, line->points[i].live_bytes / MIB));
    (void)fprintf(plot->out, "L%.1f %.1fZ'/>\n",
                  plot_x(plot, line->points[line->count - 1u].op / 1000), plot_y(plot, 0));
}

static void draw_held(const struct plot *plot, const struct timeline *line, const char *colour,
                      bool own)
{
    (void)fprintf(plot->out, "<path fill='none' stroke='%s' stroke-width='%s' d='", colour,
                  own ? "2.6" : "1.3");
    for (uint32_t i = 0; i < line->count; i++)
        (void)fprintf(plot->out, "%c%.1f %.1f", i == 0 ? 'M' : 'L',
                      plot_x(plot, line->points[i].op / 1000),
                      plot_y(plot, line->points[i].held * PAGE / MIB));
    (void)fputs("'/>\n", plot->out);
}

/* The heaps in the order in which their lines end, from above. */
static void draw_legend(const struct report *report, const struct plot *plot,
                        const struct lines *lines)
{
    bool done[NAMES_MAX] = {false};
    double x = plot->left + plot->width + 16;
    double y = plot->top + 12;
    for (uint32_t n = 0; n < lines->count; n++, y += 20) {
        uint32_t best = 0;
        double best_held = -1;
        for (uint32_t i = 0; i < lines->count; i++) {
            double held = lines->at[i]->points[lines->at[i]->count - 1u].held;
            if (done[i] || held <= best_held)
                continue;
            best = i;
            best_held = held;
        }
        done[best] = true;
        const char *heap = report->heaps.at[lines->heaps[best]];
        (void)fprintf(plot->out,
                      "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s' "
                      "stroke-width='%s'/>\n",
                      x, y - 4, x + 22, y - 4, plot_colour(lines->heaps[best]),
                      plot_own(heap) ? "3" : "1.6");
        plot_text(plot->out, x + 28, y, "start", plot_own(heap) ? "font-weight='bold'" : "", heap);
    }
    (void)fprintf(plot->out, "<rect x='%.1f' y='%.1f' width='22' height='11' fill='#d9dde2'/>\n", x,
                  y - 9);
    plot_text(plot->out, x + 28, y, "start", "", "live bytes");
}

bool plot_timeline(const struct report *report, const char *arch, const char *load,
                   const char *name, FILE *out)
{
    struct lines lines;
    char title[256];
    find_lines(report, arch, load, name, &lines);
    if (lines.count == 0)
        return false;
    bool reclaimed = strncmp(name, "reclaim", 7) == 0;
    (void)snprintf(title, sizeof title, "%s over %s, %s",
                   reclaimed ? "Footprint, free memory given back now and then," : "Footprint",
                   load_name(load), arch);
    plot_begin(out, WIDTH, HEIGHT, title);
    plot_text(out, 16, 44, "start", "fill='#555'",
              "pages held by each heap, and the bytes that live in them as they were asked for");
    struct plot plot = {.out = out,
                        .left = 66,
                        .top = 62,
                        .width = WIDTH - 66 - 190,
                        .height = HEIGHT - 62 - 48,
                        .x = {0, lines.ops / 1000, false},
                        .y = {0, lines.bytes / MIB * 1.05, false}};
    draw_live(&plot, lines.at[0]);
    plot_axes(&plot, "operations, thousands", "MiB");
    for (uint32_t i = lines.count; i-- > 0;)
        draw_held(&plot, lines.at[i], plot_colour(lines.heaps[i]),
                  plot_own(report->heaps.at[lines.heaps[i]]));
    draw_legend(report, &plot, &lines);
    plot_end(out);
    return true;
}

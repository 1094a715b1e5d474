#include "bench/plot.h"

#include <math.h>
#include <string.h>

#define FONT "font-family='DejaVu Sans, Helvetica, Arial, sans-serif'"
#define CHARACTER_WIDTH 6.6 /* of the labels' 11 pixels */

static double share_of(const struct axis *axis, double value)
{
    if (axis->logarithmic)
        return log(value / axis->least) / log(axis->greatest / axis->least);
    return (value - axis->least) / (axis->greatest - axis->least);
}

double plot_x(const struct plot *plot, double value)
{
    return plot->left + plot->width * share_of(&plot->x, value);
}

double plot_y(const struct plot *plot, double value)
{
    return plot->top + plot->height * (1 - share_of(&plot->y, value));
}

const char *plot_colour(uint32_t heap)
{
    static const char *const colours[] = {"#0072B2", "#56A0D3", "#111111", "#D55E00", "#009E73",
                                          "#777777", "#A0006E", "#7E5BD6", "#8C6D1F", "#C11C3B"};
    return colours[heap % (sizeof colours / sizeof colours[0])];
}

bool plot_own(const char *heap)
{
    return strncmp(heap, "kheap", 5) == 0;
}

void plot_text(FILE *out, double x, double y, const char *anchor, const char *style,
               const char *text)
{
    (void)fprintf(out, "<text x='%.1f' y='%.1f' text-anchor='%s' %s>", x, y, anchor, style);
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<': (void)fputs("&lt;", out); break;
        case '>': (void)fputs("&gt;", out); break;
        case '&': (void)fputs("&amp;", out); break;
        default: (void)fputc(*text, out); break;
        }
    }
    (void)fputs("</text>\n", out);
}

void plot_begin(FILE *out, double width, double height, const char *title)
{
    (void)fprintf(out,
                  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f' width='%.0f' "
                  "height='%.0f' " FONT " font-size='11' fill='#222'>\n"
                  "<rect width='100%%' height='100%%' fill='#fff'/>\n",
                  width, height, width, height);
    plot_text(out, 16, 26, "start", "font-size='16' font-weight='bold'", title);
}

void plot_end(FILE *out)
{
    (void)fputs("</svg>\n", out);
}

/* The next number behind `value` that an axis is marked at: steps of 1, 2 and 5. */
static double next_mark(const struct axis *axis, double value)
{
    static const double steps[] = {1, 2, 5, 10};
    if (!axis->logarithmic) {
        double rough = (axis->greatest - axis->least) / 8;
        double power = pow(10, floor(log10(rough)));
        uint32_t i = 0;
        while (steps[i] * power < rough * 0.999)
            i++;
        return (floor(value / (steps[i] * power) + 1e-6) + 1) * steps[i] * power;
    }
    double power = pow(10, floor(log10(value) + 1e-9));
    for (uint32_t i = 0; i < 4u; i++)
        if (steps[i] * power > value * 1.001)
            return steps[i] * power;
    return 10 * power;
}

static void grid_line(const struct plot *plot, double x1, double y1, double x2, double y2)
{
    (void)fprintf(plot->out, "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='#e4e4e4'/>\n",
                  x1, y1, x2, y2);
}

static void marks(const struct plot *plot, const struct axis *axis, bool across)
{
    char text[32];
    double bottom = plot->top + plot->height;
    double value = next_mark(axis, axis->logarithmic ? axis->least * 0.999 : axis->least - 1e-9);
    while (value <= axis->greatest * 1.0001) {
        (void)snprintf(text, sizeof text, "%g", value);
        if (across) {
            double x = plot_x(plot, value);
            grid_line(plot, x, plot->top, x, bottom);
            plot_text(plot->out, x, bottom + 15, "middle", "fill='#555'", text);
        } else {
            double y = plot_y(plot, value);
            grid_line(plot, plot->left, y, plot->left + plot->width, y);
            plot_text(plot->out, plot->left - 6, y + 4, "end", "fill='#555'", text);
        }
        value = next_mark(axis, value);
    }
}

void plot_axes(const struct plot *plot, const char *x_name, const char *y_name)
{
    char turn[96];
    double x = plot->left - 40;
    double y = plot->top + plot->height / 2;
    marks(plot, &plot->x, true);
    marks(plot, &plot->y, false);
    (void)fprintf(plot->out,
                  "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='none' "
                  "stroke='#999'/>\n",
                  plot->left, plot->top, plot->width, plot->height);
    plot_text(plot->out, plot->left + plot->width / 2, plot->top + plot->height + 32, "middle", "",
              x_name);
    (void)snprintf(turn, sizeof turn, "transform='rotate(-90 %.1f %.1f)'", x, y);
    plot_text(plot->out, x, y, "middle", turn, y_name);
}

static bool boxes_meet(double x1, double y1, double w1, double h1, double x2, double y2, double w2,
                       double h2)
{
    return x1 < x2 + w2 && x2 < x1 + w1 && y1 < y2 + h2 && y2 < y1 + h1;
}

/* True if the label's text, if it started at x, y, would be outside or over something. */
static bool taken(const struct plot *plot, const struct label *labels, uint32_t count, uint32_t i,
                  double x, double y)
{
    double width = labels[i].width;
    if (x < plot->left + 2 || x + width > plot->left + plot->width - 2 || y - 10 < plot->top + 2 ||
        y + 3 > plot->top + plot->height - 2)
        return true;
    for (uint32_t j = 0; j < count; j++) {
        if (boxes_meet(x, y - 9, width, 11, labels[j].x - 6, labels[j].y - 6, 12, 12))
            return true;
        if (j < i && boxes_meet(x, y - 10, width, 13, labels[j].at_x, labels[j].at_y - 10,
                                labels[j].width, 13))
            return true;
    }
    return false;
}

/* Tries places around the point, farther and farther out. */
static void place(const struct plot *plot, struct label *labels, uint32_t count, uint32_t i)
{
    struct label *label = &labels[i];
    label->width = CHARACTER_WIDTH * (double)strlen(label->text);
    for (uint32_t distance = 0; distance < 12u; distance++) {
        double reach = 9 + 9 * distance;
        const double offsets[][2] = {
            {reach, 4},
            {-reach - label->width, 4},
            {reach * 0.7, -reach * 0.7},
            {reach * 0.7, 8 + reach * 0.7},
            {-label->width - reach * 0.7, -reach * 0.7},
            {-label->width - reach * 0.7, 8 + reach * 0.7},
            {-label->width / 2, -reach},
            {-label->width / 2, reach + 8},
        };
        for (uint32_t j = 0; j < sizeof offsets / sizeof offsets[0]; j++) {
            label->at_x = label->x + offsets[j][0];
            label->at_y = label->y + offsets[j][1];
            if (!taken(plot, labels, count, i, label->at_x, label->at_y))
                return;
        }
    }
}

void plot_labels(const struct plot *plot, struct label *labels, uint32_t count)
{
    char style[64];
    for (uint32_t i = 0; i < count; i++)
        place(plot, labels, count, i);
    for (uint32_t i = 0; i < count; i++) {
        const struct label *label = &labels[i];
        double near_x = label->at_x > label->x ? label->at_x - 1 : label->at_x + label->width + 1;
        if (label->at_x < label->x && label->at_x + label->width > label->x)
            near_x = label->x;
        double near_y = label->at_y < label->y ? label->at_y + 3 : label->at_y - 10;
        if (label->at_x > label->x || label->at_x + label->width < label->x)
            near_y = label->at_y - 4;
        if (hypot(near_x - label->x, near_y - label->y) > 14)
            (void)fprintf(plot->out,
                          "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s' "
                          "stroke-width='0.7'/>\n",
                          label->x, label->y, near_x, near_y, label->colour);
        (void)snprintf(style, sizeof style, "fill='%s'", label->colour);
        plot_text(plot->out, label->at_x, label->at_y, "start", style, label->text);
    }
}

/* What the plots share: a drawing area with axes, colours, and labels that keep out of each other's
 * way. Coordinates are SVG's: pixels, y downwards. */
#ifndef KHEAP_BENCH_PLOT_H
#define KHEAP_BENCH_PLOT_H

#include "bench/report.h"

struct axis {
    double least;
    double greatest;
    bool logarithmic;
};

struct plot {
    FILE *out;
    double left;
    double top;
    double width;
    double height;
    struct axis x;
    struct axis y;
};

/* Where a value lies. */
double plot_x(const struct plot *plot, double value);
double plot_y(const struct plot *plot, double value);

/* A colour for the heap with this number, readable on white, and told apart by the colour-blind. */
const char *plot_colour(uint32_t heap);

/* A heap of this project is drawn heavier. */
bool plot_own(const char *heap);

void plot_begin(FILE *out, double width, double height, const char *title);
void plot_end(FILE *out);

/* Text with its anchor (start, middle or end) at x, y. XML's reserved characters are escaped. */
void plot_text(FILE *out, double x, double y, const char *anchor, const char *style,
               const char *text);

/* Frame, grid lines, numbers and names of both axes. */
void plot_axes(const struct plot *plot, const char *x_name, const char *y_name);

struct label {
    double x; /* of the point that it belongs to */
    double y;
    const char *text;
    const char *colour;
    double at_x; /* where its text starts; set by plot_labels */
    double at_y;
    double width;
};

/* Writes the labels beside their points, none over another one or over a point. */
void plot_labels(const struct plot *plot, struct label *labels, uint32_t count);

#endif

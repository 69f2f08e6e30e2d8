/* SPDX-License-Identifier: MIT */
/*
 * svg: charts as SVG: a heading, axes with units, curves, bands, marks and the legend, all in one
 * picture, so that it can be taken out of its page. Colours are classes (s0 to s6, sbad) of
 * chart.css, so that both themes show them; a curve is told from another by its dashes and markers
 * as well. A chart is drawn into memory of its own and then written inside a page, or alone with
 * the style that it needs. Nothing is shared between charts; each is one thread's.
 */
#ifndef IRQSTORM_REPORT_SVG_H
#define IRQSTORM_REPORT_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define SVG_WIDTH 420.0 /* of all charts, in their own units; heights differ */

/* How a curve looks. */
struct svg_style {
	const char *colour; /* class */
	const char *dash;   /* stroke-dasharray; NULL: solid */
	/*
	 * o circle, s square, t triangle, d diamond, x cross, p plus; v triangle that points down,
	 * w the same and hollow; < hollow triangle that points to the left; 0 none
	 */
	char marker;
};

enum svg_unit { SVG_NS, SVG_SECONDS, SVG_COUNT, SVG_NUMBER, SVG_PERCENTILE, SVG_PERCENT, SVG_ROWS };

struct svg_axis {
	const char *label;
	enum svg_unit unit;
	bool log;
	bool exact;    /* linear, and its ends are not widened */
	double lo, hi; /* lo > 0 where log; SVG_PERCENTILE: 1 / (1 - p); SVG_ROWS: 0 and how many */
};

/* What a piece of the legend shows: that which the chart draws. */
enum svg_key_kind {
	SVG_KEY_CURVE,
	SVG_KEY_MARK,
	SVG_KEY_BAND,
	SVG_KEY_SHADE,
	SVG_KEY_BAR,
	SVG_KEY_OTHERS
};

struct svg_key {
	enum svg_key_kind kind;
	const struct svg_style *style; /* SVG_KEY_SHADE, SVG_KEY_OTHERS: NULL */
	const char *name;
};

struct svg_head {
	const char *name;  /* unique in the page: [a-z0-9.-] */
	const char *title; /* the heading */
	const char *desc;  /* for who cannot see it */
	const char *note;  /* small, below the heading; NULL: nothing */
	const struct svg_key *keys;
	size_t n_keys;
	double body; /* height between heading and legend; 0: the usual */
};

struct svg_chart {
	FILE *f;
	char *text; /* what is drawn, after svg_finish() */
	size_t size;
	char name[96];
	double height;                   /* of the whole picture */
	double body;                     /* where what is between heading and legend begins */
	struct svg_axis x, y;            /* of the plot that was begun last */
	double left, top, width, plot_h; /* of that plot */
};

/* HTML and XML text, and attribute values in double quotes. */
void svg_escape(FILE *f, const char *text);

/* Width of a text of @px, estimated: rather too wide than too narrow. */
double svg_text_width(const char *text, double px);

/* False: out of memory; then there is no chart to be freed. */
bool svg_open(struct svg_chart *c, const struct svg_head *h);
void svg_finish(struct svg_chart *c);
void svg_free(struct svg_chart *c);

/* After svg_finish(): inside a page, which has chart.css; or alone, with @source below it. */
void svg_put(const struct svg_chart *c, FILE *f);
void svg_put_alone(const struct svg_chart *c, FILE *f, const char *source);

/*
 * Begins a plot: its place in the picture (svg_plot_usual() for a picture of one plot), its axes.
 * Ends of linear axes are widened to round numbers, but of those that are exact. Without a label an
 * axis has no numbers, either.
 */
void svg_plot(struct svg_chart *c, double left, double top, double width, double height,
	      const struct svg_axis *x, const struct svg_axis *y);
void svg_plot_usual(struct svg_chart *c, const struct svg_axis *x, const struct svg_axis *y);

/* Where a value is in the picture; what is outside of the axis is at its end. */
double svg_x(const struct svg_chart *c, double v);
double svg_y(const struct svg_chart *c, double v);

/* @class: of chart.css, or ""; @anchor: start, middle or end. */
void svg_text(struct svg_chart *c, double x, double y, const char *class, const char *anchor,
	      const char *text);

/* @step: as stairs. NaN breaks the curve. Markers stand at about @markers of the points. */
void svg_curve(struct svg_chart *c, const struct svg_style *style, const double *x, const double *y,
	       size_t n, bool step, size_t markers);
/* Between @lo and @hi. */
void svg_band(struct svg_chart *c, const struct svg_style *style, const double *x, const double *lo,
	      const double *hi, size_t n);
/* The plot between two values of x, in grey. */
void svg_shade(struct svg_chart *c, double x0, double x1);

/* These take places in the picture, of svg_x() and svg_y(). */
void svg_bar(struct svg_chart *c, const struct svg_style *style, double x, double y, double width,
	     double height);
void svg_line(struct svg_chart *c, const struct svg_style *style, double x0, double y0, double x1,
	      double y1);
/* @title says what it is; NULL: nothing. */
void svg_mark(struct svg_chart *c, const struct svg_style *style, double x, double y,
	      const char *title);

/* svg_axis.c, for svg.c: the ends of an axis as round numbers, and an axis drawn. */
struct svg_axis svg_axis_round(const struct svg_axis *a);
void svg_axis_draw(struct svg_chart *c, bool horizontal);
/* Width of the widest number that stands at @y. */
double svg_axis_room(const struct svg_axis *y, double height);

/* svg_marks.c, for svg.c: a piece of a legend, 34 wide, with its middle at @y. */
void svg_key_draw(struct svg_chart *c, const struct svg_key *k, double x, double y);

#endif

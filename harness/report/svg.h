/* SPDX-License-Identifier: MIT */
/*
 * svg: charts as inline SVG: axes with units, curves, bands and markers. Colours are classes (s0 to
 * s6, sbad) of page.css, so that both themes show them; a curve is told from another by its dashes
 * and markers as well. Writes to a FILE as it goes and owns nothing but the chart's frame.
 */
#ifndef IRQSTORM_REPORT_SVG_H
#define IRQSTORM_REPORT_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* How a curve looks. */
struct svg_style {
	const char *colour; /* class */
	const char *dash;   /* stroke-dasharray; NULL: solid */
	char marker;        /* o circle, s square, t triangle, d diamond, x cross, 0 none */
};

enum svg_unit { SVG_NS, SVG_SECONDS, SVG_COUNT, SVG_PERCENTILE, SVG_PERCENT };

struct svg_axis {
	const char *label;
	enum svg_unit unit;
	bool log;
	double lo, hi; /* lo > 0 where log; SVG_PERCENTILE: 1 / (1 - p) */
};

struct svg_chart {
	FILE *f;
	struct svg_axis x, y;
	double left, top, width, height; /* of the plot */
};

/* HTML and XML text, and attribute values in double quotes. */
void svg_escape(FILE *f, const char *text);

/* @id is unique in the page. The axes' ends are widened to round numbers where they are linear. */
void svg_begin(struct svg_chart *c, FILE *f, const char *id, const char *title, const char *desc,
	       const struct svg_axis *x, const struct svg_axis *y);
void svg_end(struct svg_chart *c);

/* @step: as stairs. NaN breaks the curve. Markers stand at about @markers of the points. */
void svg_curve(struct svg_chart *c, const struct svg_style *style, const double *x, const double *y,
	       size_t n, bool step, size_t markers);
/* Between @lo and @hi. */
void svg_band(struct svg_chart *c, const struct svg_style *style, const double *x, const double *lo,
	      const double *hi, size_t n);
/* The plot between two values of x, in grey. */
void svg_shade(struct svg_chart *c, double x0, double x1);
/* A short line at the bottom of the plot. */
void svg_tick(struct svg_chart *c, const struct svg_style *style, double x);
/* A triangle at the top of the plot that points down; @title says what it is. */
void svg_flag(struct svg_chart *c, const char *colour, bool full, double x, const char *title);

/* A short piece of the curve, for a legend. */
void svg_sample(FILE *f, const struct svg_style *style);

#endif

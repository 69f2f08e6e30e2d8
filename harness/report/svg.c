/* SPDX-License-Identifier: MIT */
#include "report/svg.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "support/units.h"

#define VIEW_WIDTH  460.0
#define VIEW_HEIGHT 270.0
#define LEFT        72.0
#define RIGHT       14.0
#define TOP         10.0
#define BOTTOM      46.0

void svg_escape(FILE *f, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '&':
			fputs("&amp;", f);
			break;
		case '"':
			fputs("&quot;", f);
			break;
		default:
			/* control characters are none of XML's */
			fputc((unsigned char)*text < 0x20 ? ' ' : *text, f);
		}
	}
}

static double place(const struct svg_axis *a, double v)
{
	if (a->log)
		return (log10(v) - log10(a->lo)) / (log10(a->hi) - log10(a->lo));
	return (v - a->lo) / (a->hi - a->lo);
}

static double clamp(double v)
{
	return v < 0 ? 0 : v > 1 ? 1 : v;
}

static double at_x(const struct svg_chart *c, double v)
{
	return c->left + c->width * clamp(place(&c->x, v));
}

static double at_y(const struct svg_chart *c, double v)
{
	return c->top + c->height * (1 - clamp(place(&c->y, v)));
}

/* "100 us": no more digits than a tick has. */
static void format_ns(double v, char *buf, size_t size)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	int u = 0;

	while (u < 3 && v >= 999.5) {
		v /= 1000;
		u++;
	}
	snprintf(buf, size, "%.3g %s", v, units[u]);
}

static void format_tick(const struct svg_axis *a, double v, char *buf, size_t size)
{
	switch (a->unit) {
	case SVG_NS:
		format_ns(v, buf, size);
		break;
	case SVG_COUNT:
		units_format_count((uint64_t)llround(v), buf, size);
		break;
	case SVG_PERCENTILE:
		snprintf(buf, size, "%.10g%%", 100 - 100 / v);
		break;
	case SVG_PERCENT:
		snprintf(buf, size, "%.3g%%", v);
		break;
	case SVG_SECONDS:
		snprintf(buf, size, "%.4g", v);
		break;
	}
}

static void x_tick(const struct svg_chart *c, double v)
{
	double x = at_x(c, v);
	char text[32];

	format_tick(&c->x, v, text, sizeof(text));
	fprintf(c->f, "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>", x,
		c->top, x, c->top + c->height);
	/* the last one must not stand out of the picture */
	fprintf(c->f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
		x > VIEW_WIDTH - 30 ? VIEW_WIDTH : x, c->top + c->height + 16,
		x > VIEW_WIDTH - 30 ? "end" : "middle", text);
}

static void y_tick(const struct svg_chart *c, double v)
{
	double y = at_y(c, v);
	char text[32];

	format_tick(&c->y, v, text, sizeof(text));
	fprintf(c->f, "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
		c->left, y, c->left + c->width, y);
	fprintf(c->f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", c->left - 6,
		y + 4, text);
}

/* Decades; 1, 2 and 5 of each where there are few; every other one where there are many. */
static void log_ticks(const struct svg_chart *c, const struct svg_axis *a,
		      void (*tick)(const struct svg_chart *c, double v), int most)
{
	static const double fine[] = {1, 2, 5};
	double decades = log10(a->hi / a->lo);
	int steps = decades < 2.1 && a->unit != SVG_PERCENTILE ? 3 : 1;
	int every = decades > most ? 2 : 1;

	for (int d = (int)floor(log10(a->lo)); d <= (int)ceil(log10(a->hi)); d += every) {
		for (int i = 0; i < steps; i++) {
			double v = fine[i] * pow(10, d);

			if (v >= a->lo * 0.999 && v <= a->hi * 1.001)
				tick(c, v);
		}
	}
}

/* Powers of two, every other one where there are many. */
static void count_ticks(const struct svg_chart *c, const struct svg_axis *a,
			void (*tick)(const struct svg_chart *c, double v))
{
	double factor = log2(a->hi / a->lo) > 7 ? 4 : 2;

	for (double v = 1; v <= a->hi * 1.001; v *= factor) {
		if (v >= a->lo * 0.999)
			tick(c, v);
	}
}

static double round_step(double range)
{
	double scale = pow(10, floor(log10(range / 5))), r = range / 5 / scale;

	return scale * (r > 5 ? 10 : r > 2 ? 5 : r > 1 ? 2 : 1);
}

static void ticks(const struct svg_chart *c, const struct svg_axis *a,
		  void (*tick)(const struct svg_chart *c, double v), int most)
{
	if (a->log && a->unit == SVG_COUNT) {
		count_ticks(c, a, tick);
	} else if (a->log) {
		log_ticks(c, a, tick, most);
	} else {
		double step = round_step(a->hi - a->lo);

		for (double v = a->lo; v <= a->hi + step / 100; v += step)
			tick(c, v);
	}
}

static struct svg_axis rounded(const struct svg_axis *a)
{
	struct svg_axis r = *a;

	if (!(r.hi > r.lo))
		r.hi = r.log ? r.lo * 10 : r.lo + 1;
	if (!r.log && r.unit != SVG_SECONDS)
		r.hi = ceil(r.hi / round_step(r.hi - r.lo)) * round_step(r.hi - r.lo);
	return r;
}

void svg_begin(struct svg_chart *c, FILE *f, const char *id, const char *title, const char *desc,
	       const struct svg_axis *x, const struct svg_axis *y)
{
	*c = (struct svg_chart){
		.f = f,
		.x = rounded(x),
		.y = rounded(y),
		.left = LEFT,
		.top = TOP,
		.width = VIEW_WIDTH - LEFT - RIGHT,
		.height = VIEW_HEIGHT - TOP - BOTTOM,
	};
	fprintf(f,
		"<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-labelledby=\"%s-t %s-d\">\n"
		"<title id=\"%s-t\">",
		VIEW_WIDTH, VIEW_HEIGHT, id, id, id);
	svg_escape(f, title);
	fprintf(f, "</title><desc id=\"%s-d\">", id);
	svg_escape(f, desc);
	fputs("</desc>\n", f);
	ticks(c, &c->x, x_tick, c->x.unit == SVG_PERCENTILE ? 5 : 8);
	ticks(c, &c->y, y_tick, 7);
	fprintf(f, "<path class=\"axis\" d=\"M%.1f %.1fV%.1fH%.1f\"/>\n", c->left, c->top,
		c->top + c->height, c->left + c->width);
	fprintf(f, "<text class=\"soft\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
		c->left + c->width / 2, VIEW_HEIGHT - 8);
	svg_escape(f, x->label);
	fprintf(f,
		"</text>\n<text class=\"soft\" transform=\"translate(12 %.1f) rotate(-90)\" "
		"text-anchor=\"middle\">",
		c->top + c->height / 2);
	svg_escape(f, y->label);
	fputs("</text>\n", f);
}

void svg_end(struct svg_chart *c)
{
	fputs("</svg>\n", c->f);
}

static void put_marker(FILE *f, const struct svg_style *s, double x, double y)
{
	const double r = 3.2;

	switch (s->marker) {
	case 'o':
		fprintf(f, "<circle class=\"mark full %s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>",
			s->colour, x, y, r);
		break;
	case 's':
		fprintf(f,
			"<rect class=\"mark hollow %s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
			"height=\"%.1f\"/>",
			s->colour, x - r, y - r, 2 * r, 2 * r);
		break;
	case 't':
		fprintf(f, "<path class=\"mark full %s\" d=\"M%.1f %.1fl%.1f %.1fh%.1fz\"/>",
			s->colour, x, y - 4, 4.0, 7.0, -8.0);
		break;
	case 'd':
		fprintf(f,
			"<path class=\"mark hollow %s\" d=\"M%.1f %.1fl4 4.5l-4 4.5l-4 -4.5z\"/>",
			s->colour, x, y - 4.5);
		break;
	case 'x':
		fprintf(f, "<path class=\"mark %s\" d=\"M%.1f %.1fl7 7m0 -7l-7 7\"/>", s->colour,
			x - 3.5, y - 3.5);
		break;
	default:
		break;
	}
}

static void put_dash(FILE *f, const struct svg_style *s)
{
	if (s->dash)
		fprintf(f, " stroke-dasharray=\"%s\"", s->dash);
}

void svg_curve(struct svg_chart *c, const struct svg_style *style, const double *x, const double *y,
	       size_t n, bool step, size_t markers)
{
	bool open = false;

	fprintf(c->f, "<path class=\"curve %s\"", style->colour);
	put_dash(c->f, style);
	fputs(" d=\"", c->f);
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(x[i]) || !isfinite(y[i])) {
			open = false;
			continue;
		}
		if (open && step)
			fprintf(c->f, "H%.1fV%.1f", at_x(c, x[i]), at_y(c, y[i]));
		else
			fprintf(c->f, "%c%.1f %.1f", open ? 'L' : 'M', at_x(c, x[i]),
				at_y(c, y[i]));
		open = true;
	}
	fputs("\"/>\n", c->f);
	for (size_t i = 0; markers && style->marker && i < n; i++) {
		/* spread over the curve, its last point among them */
		if ((n - 1 - i) % ((n + markers - 1) / markers) || !isfinite(y[i]))
			continue;
		put_marker(c->f, style, at_x(c, x[i]), at_y(c, y[i]));
	}
	fputc('\n', c->f);
}

void svg_band(struct svg_chart *c, const struct svg_style *style, const double *x, const double *lo,
	      const double *hi, size_t n)
{
	fprintf(c->f, "<path class=\"band %s\" d=\"", style->colour);
	for (size_t i = 0; i < n; i++)
		fprintf(c->f, "%c%.1f %.1f", i ? 'L' : 'M', at_x(c, x[i]), at_y(c, hi[i]));
	for (size_t i = n; i > 0; i--)
		fprintf(c->f, "L%.1f %.1f", at_x(c, x[i - 1]), at_y(c, lo[i - 1]));
	fputs("z\"/>\n", c->f);
}

void svg_shade(struct svg_chart *c, double x0, double x1)
{
	fprintf(c->f,
		"<rect class=\"shade\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
		at_x(c, x0), c->top, fmax(at_x(c, x1) - at_x(c, x0), 0.5), c->height);
}

void svg_tick(struct svg_chart *c, const struct svg_style *style, double x)
{
	double bottom = c->top + c->height;

	fprintf(c->f, "<path class=\"hair %s\" d=\"M%.1f %.1fv-9\"/>", style->colour, at_x(c, x),
		bottom);
}

void svg_flag(struct svg_chart *c, const char *colour, bool full, double x, const char *title)
{
	fprintf(c->f, "<path class=\"mark %s %s\" d=\"M%.1f %.1fh8l-4 8z\"><title>",
		full ? "full" : "hollow", colour, at_x(c, x) - 4, c->top + 1);
	svg_escape(c->f, title);
	fputs("</title></path>\n", c->f);
}

void svg_sample(FILE *f, const struct svg_style *style)
{
	fprintf(f, "<svg viewBox=\"0 0 34 14\" aria-hidden=\"true\"><path class=\"curve %s\"",
		style->colour);
	put_dash(f, style);
	fputs(" d=\"M1 7H33\"/>", f);
	put_marker(f, style, 17, 7);
	fputs("</svg>", f);
}

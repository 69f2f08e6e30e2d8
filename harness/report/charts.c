/* SPDX-License-Identifier: MIT */
#include "report/charts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/columns.h"
#include "report/style.h"
#include "report/summary.h"
#include "report/svg.h"
#include "report/value.h"
#include "support/units.h"

const char *const chart_families[CHART_FAMILIES] = {
	[STYLE_IN_PLACE] = "in place",
	[STYLE_TORN_DOWN] = "torn down",
	[STYLE_REPLACED] = "trigger replaced",
};

static bool is_measured(const json_t *v)
{
	return !strcmp(value_text(v, "state"), "measured");
}

static void legend_item(FILE *f, const struct svg_style *style, const char *name)
{
	fputs("<li>", f);
	svg_sample(f, style);
	svg_escape(f, name);
	fputs("</li>\n", f);
}

static double decade_below(double v)
{
	return pow(10, floor(log10(v)));
}

static double decade_above(double v)
{
	return pow(10, ceil(log10(v)));
}

/* The points of a percentile curve: x is 1 / (1 - p). */
struct curve {
	double x[HIST_BUCKETS + 1], y[HIST_BUCKETS + 1];
	size_t n;
};

static void percentile_curve(const struct hist *h, struct curve *c)
{
	uint64_t seen = 0;

	c->n = 0;
	for (uint32_t i = 0; i < HIST_BUCKETS && seen < h->n; i++) {
		uint64_t top = hist_bucket_top(i);
		double x;

		if (!h->bucket[i])
			continue;
		seen += h->bucket[i];
		/* the greatest of n stands where it would be the only one beyond */
		x = seen < h->n ? (double)h->n / (double)(h->n - seen) : (double)h->n;
		/* no more points than can be seen */
		if (c->n && x < c->x[c->n - 1] * 1.02 && seen < h->n)
			continue;
		c->x[c->n] = x;
		c->y[c->n++] = (double)(top < h->max ? top : h->max);
	}
}

struct extent {
	double lo, hi;
};

static void widen(struct extent *e, double v)
{
	if (isfinite(v) && v > 0) {
		e->lo = fmin(e->lo, v);
		e->hi = fmax(e->hi, v);
	}
}

/* Room for all curves. */
static struct svg_axis latency_axis(const char *label, const struct extent *e)
{
	bool any = e->hi > 0;

	return (struct svg_axis){
		.label = label,
		.unit = SVG_NS,
		.log = true,
		.lo = any ? decade_below(e->lo) : 1000,
		.hi = any ? fmax(decade_above(e->hi), decade_below(e->lo) * 10) : 1e6,
	};
}

bool chart_percentiles(FILE *f, const char *id, const json_t *const *cells, size_t n, int family)
{
	struct curve *curves = calloc(n + 1, sizeof(*curves));
	struct hist *h = malloc(sizeof(*h));
	struct extent y = {INFINITY, 0}, x = {INFINITY, 0};
	struct svg_chart chart;
	struct svg_axis ya;
	size_t others = 0;
	char title[128];

	for (size_t i = 0; curves && h && i < n; i++) {
		const char *strategy = value_text(cells[i], "strategy");

		if (!is_measured(cells[i]) || !style_is_of(strategy, (enum style_family)family))
			continue;
		others += strcmp(strategy, "none") != 0 || n == 1;
		summary_response(cells[i], h);
		percentile_curve(h, &curves[i]);
		for (size_t k = 0; k < curves[i].n; k++) {
			widen(&x, curves[i].x[k]);
			widen(&y, curves[i].y[k]);
		}
	}
	free(h);
	if (!others) {
		free(curves);
		return false;
	}
	snprintf(title, sizeof(title), "Response time by percentile, vectors %s",
		 chart_families[family]);
	ya = latency_axis("response time", &y);
	fprintf(f, "<figure><figcaption>By percentile: vectors %s</figcaption>\n",
		chart_families[family]);
	svg_begin(&chart, f, id, title,
		  "One curve for each strategy: the time within which a share of all interrupts "
		  "was delivered, from the median on the left to the rarest on the right.",
		  &(struct svg_axis){.label = "share of the interrupts delivered within",
				     .unit = SVG_PERCENTILE,
				     .log = true,
				     .lo = 1,
				     .hi = decade_above(x.hi > 10 ? x.hi : 10)},
		  &ya);
	for (size_t i = 0; i < n; i++) {
		if (curves[i].n)
			svg_curve(&chart, style_of(value_text(cells[i], "strategy")), curves[i].x,
				  curves[i].y, curves[i].n, false, 7);
	}
	svg_end(&chart);
	fputs("<ul class=\"legend\">\n", f);
	for (size_t i = 0; i < n; i++) {
		if (curves[i].n)
			legend_item(f, style_of(value_text(cells[i], "strategy")),
				    value_text(cells[i], "strategy"));
	}
	fputs("</ul></figure>\n", f);
	free(curves);
	return true;
}

static const struct svg_style style_p50 = {"s1", NULL, 0};
static const struct svg_style style_p99 = {"s5", "6 3", 0};
static const struct svg_style style_max = {"s4", "2 2", 0};
static const struct svg_style style_resize = {"s3", NULL, 0};

/* The columns of a series by name. */
struct slices {
	size_t n;
	double *t, *p50, *p99, *max, *explained, *unexplained;
	double *all;
};

static size_t column_of(const json_t *series, const char *name)
{
	const json_t *names = json_object_get(series, "columns");
	size_t i = 0;

	while (i < json_array_size(names) &&
	       strcmp(json_string_value(json_array_get(names, i)), name))
		i++;
	return i;
}

static bool load_slices(const json_t *series, struct slices *s)
{
	static const char *const names[] = {"end_ns", "p50_ns",         "p99_ns",
					    "max_ns", "lost_explained", "lost_unexplained"};
	const json_t *rows = json_object_get(series, "slices");
	double **into[] = {&s->t, &s->p50, &s->p99, &s->max, &s->explained, &s->unexplained};

	s->n = json_array_size(rows);
	s->all = calloc(6 * s->n + 1, sizeof(*s->all));
	for (size_t c = 0; s->all && c < 6; c++) {
		size_t column = column_of(series, names[c]);

		*into[c] = s->all + c * s->n;
		for (size_t i = 0; i < s->n; i++) {
			double v =
				json_number_value(json_array_get(json_array_get(rows, i), column));

			/* no latency: nothing was delivered */
			(*into[c])[i] = c >= 1 && c <= 3 && v <= 0 ? NAN : v;
		}
	}
	return s->all && s->n;
}

static void mark_losses(struct svg_chart *chart, const struct slices *s)
{
	for (size_t i = 0; i < s->n; i++) {
		double begin = i ? s->t[i - 1] : 0;
		char title[96];

		if (s->explained[i] + s->unexplained[i] <= 0)
			continue;
		snprintf(title, sizeof(title), "%.0f lost here (%.0f unexplained), at %.2f s",
			 s->explained[i] + s->unexplained[i], s->unexplained[i], begin / 1e9);
		svg_flag(chart, s->unexplained[i] > 0 ? "sbad" : "s2", s->unexplained[i] > 0,
			 (begin + s->t[i]) / 2e9, title);
	}
}

static void put_timeline(FILE *f, const char *id, const json_t *cell, const struct slices *s)
{
	const json_t *resizes = value_at(cell, "series.resizes");
	const json_t *pauses = value_at(cell, "series.pauses");
	struct extent y = {INFINITY, 0};
	double *x = calloc(s->n + 1, sizeof(*x));
	struct svg_chart chart;
	struct svg_axis ya;

	if (!x)
		return;
	for (size_t i = 0; i < s->n; i++) {
		x[i] = s->t[i] / 1e9;
		widen(&y, s->p50[i]);
		widen(&y, s->max[i]);
	}
	ya = latency_axis("response time", &y);
	svg_begin(&chart, f, id, "Response time and losses over time",
		  "Median, 99th percentile and greatest response time of each slice of the run; "
		  "green lines at the bottom are resizes, triangles at the top are losses, grey is "
		  "a pause for the control.",
		  &(struct svg_axis){.label = "time into the storm, s",
				     .unit = SVG_SECONDS,
				     .hi = x[s->n - 1]},
		  &ya);
	for (size_t i = 0; i < json_array_size(pauses); i++) {
		const json_t *p = json_array_get(pauses, i);
		double at = value_number(p, "0") / 1e9;

		svg_shade(&chart, at, at + value_number(p, "1") / 1e9);
	}
	for (size_t i = 0; i < json_array_size(resizes); i++)
		svg_tick(&chart, &style_resize,
			 value_number(json_array_get(resizes, i), "0") / 1e9);
	svg_curve(&chart, &style_max, x, s->max, s->n, false, 0);
	svg_curve(&chart, &style_p99, x, s->p99, s->n, false, 0);
	svg_curve(&chart, &style_p50, x, s->p50, s->n, false, 0);
	mark_losses(&chart, s);
	svg_end(&chart);
	free(x);
}

void chart_timeline(FILE *f, const char *id, const json_t *cell)
{
	const json_t *series = json_object_get(cell, "series");
	size_t kept = json_array_size(json_object_get(series, "resizes"));
	struct slices s = {0};
	char slice[24];

	if (!load_slices(series, &s)) {
		free(s.all);
		return;
	}
	column_format(COLUMN_NS, value_number(series, "slice_ns"), slice, sizeof(slice));
	fprintf(f,
		"<figure><figcaption>Over time <small>slices of %s, repeat %.0f of "
		"%.0f</small></figcaption>\n",
		slice, value_number(cell, "series_repeat") + 1, value_number(cell, "repeats"));
	put_timeline(f, id, cell, &s);
	fputs("<ul class=\"legend\">\n", f);
	legend_item(f, &style_p50, "p50");
	legend_item(f, &style_p99, "p99");
	legend_item(f, &style_max, "max");
	if (kept)
		legend_item(f, &style_resize,
			    kept < 512 ? "resizes (at the bottom)" : "the first 512 resizes");
	if (value_number(cell, "counts.lost.total") > 0)
		legend_item(f, &(struct svg_style){"s2", NULL, 't'},
			    "losses (at the top; filled: unexplained)");
	fputs("</ul></figure>\n", f);
	free(s.all);
}

#define BINS_PER_DECADE 8
#define BINS            (12 * BINS_PER_DECADE)

static const struct {
	const char *key, *path, *name;
	struct svg_style style;
} phases[] = {
	{"steady", "histogram_ns.steady", "steady", {"s1", NULL, 'o'}},
	{"resize", "histogram_ns.resize", "during a resize", {"s2", "6 3", 't'}},
	{"settle", "histogram_ns.settle", "within 1 ms after", {"s3", "2 2", 's'}},
};

#define PHASES_SHOWN (sizeof(phases) / sizeof(phases[0]))

/* Shares in percent by eighths of a decade; the number of responses. */
static double bin(const json_t *rows, double *share)
{
	double n = 0;

	memset(share, 0, (BINS + 1) * sizeof(*share));
	for (size_t i = 0; i < json_array_size(rows); i++) {
		double v = value_number(json_array_get(rows, i), "0");
		double count = value_number(json_array_get(rows, i), "1");
		int b = v < 1 ? 0 : (int)(log10(v) * BINS_PER_DECADE);

		share[b < BINS ? b : BINS - 1] += count;
		n += count;
	}
	for (int b = 0; n > 0 && b < BINS; b++)
		share[b] *= 100 / n;
	return n;
}

void chart_phases(FILE *f, const char *id, const json_t *cell)
{
	double share[PHASES_SHOWN][BINS + 1], x[BINS + 1], n[PHASES_SHOWN], most = 1;
	int first = BINS, last = 0;
	struct svg_chart chart;

	for (int b = 0; b <= BINS; b++)
		x[b] = pow(10, (double)b / BINS_PER_DECADE);
	for (size_t p = 0; p < PHASES_SHOWN; p++) {
		n[p] = bin(value_at(cell, phases[p].path), share[p]);
		for (int b = 0; b < BINS; b++) {
			if (share[p][b] <= 0)
				continue;
			first = b < first ? b : first;
			last = b > last ? b : last;
			most = fmax(most, share[p][b]);
		}
	}
	if (first > last)
		return;
	/* stairs go up from nothing and end there */
	first = first ? first : 1;
	fputs("<figure><figcaption>How long, by phase <small>all repeats</small></figcaption>\n",
	      f);
	svg_begin(
		&chart, f, id, "Response times by phase",
		"For each phase the share of its responses that took so long, in eighths of a "
		"decade.",
		&(struct svg_axis){.label = "response time",
				   .unit = SVG_NS,
				   .log = true,
				   .lo = decade_below(x[first]),
				   .hi = decade_above(x[last + 1])},
		&(struct svg_axis){.label = "share of the phase", .unit = SVG_PERCENT, .hi = most});
	for (size_t p = 0; p < PHASES_SHOWN; p++) {
		if (n[p] > 0)
			svg_curve(&chart, &phases[p].style, x + first - 1, share[p] + first - 1,
				  (size_t)(last - first + 3), true, 5);
	}
	svg_end(&chart);
	fputs("<ul class=\"legend\">\n", f);
	for (size_t p = 0; p < PHASES_SHOWN; p++) {
		char count[32], text[64];

		snprintf(text, sizeof(text), "%s (%s)", phases[p].name,
			 units_format_count((uint64_t)n[p], count, sizeof(count)));
		if (n[p] > 0)
			legend_item(f, &phases[p].style, text);
	}
	fputs("</ul></figure>\n", f);
}

#define COST_POINTS 16

struct cost_line {
	double x[COST_POINTS], y[COST_POINTS], lo[COST_POINTS], hi[COST_POINTS];
	size_t n;
};

static void load_cost(const json_t *curve, const char *move, struct cost_line *l)
{
	const json_t *points = json_object_get(curve, "points");

	l->n = 0;
	for (size_t i = 0; i < json_array_size(points) && l->n < COST_POINTS; i++) {
		const json_t *p = json_array_get(points, i);
		char key[32];
		const json_t *v;

		snprintf(key, sizeof(key), "%s_ns", move);
		v = json_object_get(p, key);
		if (!(value_number(v, "median") > 0))
			continue;
		l->x[l->n] = value_number(p, "held");
		l->y[l->n] = value_number(v, "median");
		l->lo[l->n] = value_number(v, "lo");
		l->hi[l->n++] = value_number(v, "hi");
	}
}

void chart_cost(FILE *f, const char *id, const json_t *const *curves, size_t n, const char *move,
		const char *title)
{
	struct cost_line *lines = calloc(n + 1, sizeof(*lines));
	struct extent x = {INFINITY, 0}, y = {INFINITY, 0};
	struct svg_chart chart;
	struct svg_axis ya;
	char target[64];

	if (!lines)
		return;
	for (size_t i = 0; i < n; i++) {
		load_cost(curves[i], move, &lines[i]);
		for (size_t k = 0; k < lines[i].n; k++) {
			widen(&x, lines[i].x[k]);
			widen(&y, lines[i].y[k]);
			widen(&y, lines[i].hi[k]);
		}
	}
	fprintf(f, "<figure><figcaption>%s <small>%s</small></figcaption>\n", title,
		column_target(curves[0], target, sizeof(target)));
	ya = latency_axis("time for all its calls", &y);
	svg_begin(&chart, f, id, title,
		  "One curve for each strategy, both axes logarithmic; bands are intervals over "
		  "the rounds. Flat is a change in place; a slope is one that touches every "
		  "vector.",
		  &(struct svg_axis){.label = "vectors in use meanwhile",
				     .unit = SVG_COUNT,
				     .log = true,
				     .lo = 1,
				     .hi = x.hi > 1 ? pow(2, ceil(log2(x.hi))) : 2},
		  &ya);
	for (size_t i = 0; i < n; i++) {
		const struct svg_style *style = style_of(value_text(curves[i], "strategy"));

		if (!lines[i].n)
			continue;
		svg_band(&chart, style, lines[i].x, lines[i].lo, lines[i].hi, lines[i].n);
		svg_curve(&chart, style, lines[i].x, lines[i].y, lines[i].n, false, COST_POINTS);
	}
	svg_end(&chart);
	fputs("<ul class=\"legend\">\n", f);
	for (size_t i = 0; i < n; i++) {
		if (lines[i].n)
			legend_item(f, style_of(value_text(curves[i], "strategy")),
				    value_text(curves[i], "strategy"));
	}
	fputs("</ul></figure>\n", f);
	free(lines);
}

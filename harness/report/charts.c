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

#define FAMILIES   3
#define CURVES_MAX 12 /* in one chart: the strategies of a family */

static const char *const families[FAMILIES] = {
	[STYLE_IN_PLACE] = "in place",
	[STYLE_TORN_DOWN] = "torn down",
	[STYLE_REPLACED] = "trigger replaced",
};

static bool is_measured(const json_t *v)
{
	return !strcmp(value_text(v, "state"), "measured");
}

const char *chart_note(const json_t *cell, char *buf, size_t size)
{
	char target[64], setting[128];

	snprintf(buf, size, "%s, %s", column_target(cell, target, sizeof(target)),
		 column_setting(cell, setting, sizeof(setting)));
	return buf;
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

struct svg_axis chart_latency_axis(const char *label, double lo, double hi)
{
	bool any = hi > 0;

	return (struct svg_axis){
		.label = label,
		.unit = SVG_NS,
		.log = true,
		.lo = any ? decade_below(lo) : 1000,
		.hi = any ? fmax(decade_above(hi), decade_below(lo) * 10) : 1e6,
	};
}

static void draw_percentiles(struct album *a, const json_t *const *cells,
			     const struct curve *curves, size_t n, const char *of)
{
	struct extent y = {INFINITY, 0}, x = {INFINITY, 0};
	struct svg_key keys[CURVES_MAX];
	struct svg_head head = {.keys = keys};
	char name[96], text[128], title[96], note[256];
	struct svg_chart chart;
	struct svg_axis ya;

	for (size_t i = 0; i < n; i++) {
		const char *strategy = value_text(cells[i], "strategy");

		for (size_t k = 0; k < curves[i].n; k++) {
			widen(&x, curves[i].x[k]);
			widen(&y, curves[i].y[k]);
		}
		if (curves[i].n && head.n_keys < CURVES_MAX)
			keys[head.n_keys++] =
				(struct svg_key){.style = style_of(strategy), .name = strategy};
	}
	snprintf(text, sizeof(text), "percentiles-%s-%s", of,
		 column_target(cells[0], note, sizeof(note)));
	snprintf(title, sizeof(title), "Response time by percentile%s%s", *of ? ": vectors " : "",
		 of);
	head.name = album_name(a, text, name, sizeof(name));
	head.title = title;
	head.note = chart_note(cells[0], note, sizeof(note));
	head.desc = "One curve for each strategy: the time within which a share of all interrupts "
		    "was delivered, from the median on the left to the rarest on the right.";
	if (!svg_open(&chart, &head))
		return;
	ya = chart_latency_axis("response time", y.lo, y.hi);
	svg_plot_usual(&chart,
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
	album_put(a, &chart);
}

/* The curves of those of @cells that are of @family, the others empty; how many resize. */
static size_t load_family(const json_t *const *cells, size_t n, int family, struct curve *curves,
			  struct hist *h)
{
	size_t others = 0;

	for (size_t i = 0; i < n; i++) {
		const char *strategy = value_text(cells[i], "strategy");

		curves[i].n = 0;
		if (!is_measured(cells[i]) || !style_is_of(strategy, (enum style_family)family))
			continue;
		summary_response(cells[i], h);
		percentile_curve(h, &curves[i]);
		others += curves[i].n && strcmp(strategy, "none") != 0;
	}
	return others;
}

static bool any_curve(const struct curve *curves, size_t n)
{
	size_t i = 0;

	while (i < n && !curves[i].n)
		i++;
	return i < n;
}

void chart_percentiles(struct album *a, const json_t *const *cells, size_t n)
{
	struct curve *curves = calloc(n + 1, sizeof(*curves));
	struct hist *h = malloc(sizeof(*h));
	bool drawn = false;

	for (int family = 0; curves && h && family < FAMILIES; family++) {
		if (!load_family(cells, n, family, curves, h))
			continue;
		draw_percentiles(a, cells, curves, n, families[family]);
		drawn = true;
	}
	/* `none` is of every family: the last one that was looked at has it */
	if (!drawn && curves && h && any_curve(curves, n))
		draw_percentiles(a, cells, curves, n, "");
	free(h);
	free(curves);
}

#define BINS_PER_DECADE 8
#define BINS            (12 * BINS_PER_DECADE)

static const struct {
	const char *path, *name;
	struct svg_style style;
} phases[] = {
	{"histogram_ns.steady", "steady", {"s1", NULL, 'o'}},
	{"histogram_ns.resize", "during a resize", {"s2", "6 3", 't'}},
	{"histogram_ns.settle", "within 1 ms after", {"s3", "2 2", 's'}},
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

/* Of all phases' shares: the first and the last bin that has any, and the greatest share. */
static double spread(double share[PHASES_SHOWN][BINS + 1], int *first, int *last)
{
	double most = 1;

	*first = BINS;
	*last = 0;
	for (size_t p = 0; p < PHASES_SHOWN; p++) {
		for (int b = 0; b < BINS; b++) {
			if (share[p][b] <= 0)
				continue;
			*first = b < *first ? b : *first;
			*last = b > *last ? b : *last;
			most = fmax(most, share[p][b]);
		}
	}
	/* stairs go up from nothing and end there */
	if (*first < BINS)
		*first = *first ? *first : 1;
	return most;
}

void chart_phases(struct album *a, const json_t *cell)
{
	double share[PHASES_SHOWN][BINS + 1], x[BINS + 1], n[PHASES_SHOWN], most;
	char legend[PHASES_SHOWN][64], count[32], name[96], title[128], note[256], target[64];
	struct svg_key keys[PHASES_SHOWN];
	struct svg_head head = {.keys = keys};
	struct svg_chart chart;
	int first, last;

	for (int b = 0; b <= BINS; b++)
		x[b] = pow(10, (double)b / BINS_PER_DECADE);
	for (size_t p = 0; p < PHASES_SHOWN; p++) {
		n[p] = bin(value_at(cell, phases[p].path), share[p]);
		if (n[p] <= 0)
			continue;
		snprintf(legend[p], sizeof(legend[p]), "%s (%s)", phases[p].name,
			 units_format_count((uint64_t)n[p], count, sizeof(count)));
		keys[head.n_keys++] =
			(struct svg_key){.style = &phases[p].style, .name = legend[p]};
	}
	most = spread(share, &first, &last);
	/* one phase alone is what the percentiles show */
	if (first > last || head.n_keys < 2)
		return;
	snprintf(title, sizeof(title), "phases-%s-%s", value_text(cell, "strategy"),
		 column_target(cell, target, sizeof(target)));
	head.name = album_name(a, title, name, sizeof(name));
	snprintf(title, sizeof(title), "Response times by phase: %s", value_text(cell, "strategy"));
	head.title = title;
	head.note = chart_note(cell, note, sizeof(note));
	head.desc = "For each phase the share of its responses that took so long, in eighths of a "
		    "decade, all repeats together.";
	if (!svg_open(&chart, &head))
		return;
	svg_plot_usual(
		&chart,
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
	album_put(a, &chart);
}

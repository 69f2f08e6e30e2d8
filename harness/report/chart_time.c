/* SPDX-License-Identifier: MIT */
/* A run over time: losses above, latency in the middle, resizes below. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/charts.h"
#include "report/columns.h"
#include "report/value.h"
#include "support/units.h"

#define LEFT    82.0
#define RIGHT   14.0
#define LATENCY 170.0 /* heights */
#define LANE    15.0
#define STRIP   24.0
#define NUMBERS 44.0

static const struct svg_style style_p50 = {"s1", NULL, 'o'};
static const struct svg_style style_p99 = {"s5", "6 3", 't'};
static const struct svg_style style_max = {"s4", "2 2", 'x'};
static const struct svg_style style_resize = {"s3", NULL, 0};
static const struct svg_style style_unexplained = {"sbad", NULL, 'v'};
static const struct svg_style style_explained = {"s2", NULL, 'w'};

enum { END, P50, P99, MAX, EXPLAINED, UNEXPLAINED, RESIZES, COLUMNS };

/* The columns of a series by name. */
struct slices {
	size_t n;
	double *v[COLUMNS]; /* v[END] in seconds */
	double sum[COLUMNS], most[COLUMNS];
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

static void load_column(const json_t *rows, size_t column, int c, struct slices *s)
{
	for (size_t i = 0; i < s->n; i++) {
		double v = json_number_value(json_array_get(json_array_get(rows, i), column));

		/* no latency: nothing was delivered */
		if (c >= P50 && c <= MAX && v <= 0)
			v = NAN;
		s->v[c][i] = c == END ? v / 1e9 : v;
		if (isfinite(v)) {
			s->sum[c] += v;
			s->most[c] = fmax(s->most[c], v);
		}
	}
}

static bool load_slices(const json_t *series, struct slices *s)
{
	static const char *const names[COLUMNS] = {"end_ns", "p50_ns",         "p99_ns",
						   "max_ns", "lost_explained", "lost_unexplained",
						   "resizes"};
	const json_t *rows = json_object_get(series, "slices");

	s->n = json_array_size(rows);
	s->all = calloc(COLUMNS * s->n + 1, sizeof(*s->all));
	for (int c = 0; s->all && c < COLUMNS; c++) {
		s->v[c] = s->all + (size_t)c * s->n;
		load_column(rows, column_of(series, names[c]), c, s);
	}
	return s->all && s->n;
}

static double begin_of(const struct slices *s, size_t i)
{
	return i ? s->v[END][i - 1] : 0;
}

/* The losses of a column, in the lane at @y; one mark where more would lie on each other. */
static void put_lane(struct svg_chart *c, const struct slices *s, int column,
		     const struct svg_style *style, const char *word, double y)
{
	double room = 9;

	svg_text(c, LEFT - 6, y + 4, "note", "end", word);
	for (size_t i = 0, to; i < s->n; i = to) {
		double from = begin_of(s, i), lost = 0;
		char title[96];

		for (to = i; to < s->n; to++) {
			if (to > i && svg_x(c, s->v[END][to]) - svg_x(c, from) > room)
				break;
			lost += s->v[column][to];
		}
		if (lost <= 0)
			continue;
		snprintf(title, sizeof(title), "%.0f lost here, %s, at %.3f to %.3f s", lost, word,
			 from, s->v[END][to - 1]);
		svg_mark(c, style, (svg_x(c, from) + svg_x(c, s->v[END][to - 1])) / 2, y, title);
	}
}

/* How many resizes each slice has: all of the run. */
static void put_strip(struct svg_chart *c, const struct slices *s, double top,
		      const struct svg_axis *x)
{
	struct svg_axis y = {.unit = SVG_ROWS, .hi = fmax(1, s->most[RESIZES])};
	char most[32], total[32];

	svg_plot(c, LEFT, top, SVG_WIDTH - LEFT - RIGHT, STRIP, x, &y);
	svg_text(c, LEFT - 6, top + STRIP - 3, "note", "end", "resizes");
	fprintf(c->f, "<g class=\"strip\"><title>%s resizes; the most in one slice are %s</title>",
		units_format_count((uint64_t)s->sum[RESIZES], total, sizeof(total)),
		units_format_count((uint64_t)s->most[RESIZES], most, sizeof(most)));
	for (size_t i = 0; i < s->n; i++) {
		double x0 = svg_x(c, begin_of(s, i)), x1 = svg_x(c, s->v[END][i]);
		double y0 = svg_y(c, s->v[RESIZES][i]);

		if (s->v[RESIZES][i] > 0)
			svg_bar(c, &style_resize, x0, y0, fmax(x1 - x0 - (x1 - x0 > 3), .6),
				top + STRIP - y0);
	}
	fputs("</g>\n", c->f);
}

static void put_pauses(struct svg_chart *c, const json_t *pauses)
{
	for (size_t i = 0; i < json_array_size(pauses); i++) {
		const json_t *p = json_array_get(pauses, i);
		double at = value_number(p, "0") / 1e9;

		svg_shade(c, at, at + value_number(p, "1") / 1e9);
	}
}

/* Lanes of losses above the plot, with room for its highest number. */
static double lanes_height(const struct slices *s)
{
	int lanes = (s->sum[EXPLAINED] > 0) + (s->sum[UNEXPLAINED] > 0);

	return lanes ? LANE * lanes + 8 : 0;
}

static void put_plots(struct svg_chart *c, const struct slices *s, const json_t *pauses)
{
	struct svg_axis x = {.unit = SVG_SECONDS, .exact = true, .hi = s->v[END][s->n - 1]}, y;
	double lo = INFINITY, top = c->body + 6;
	bool explained = s->sum[EXPLAINED] > 0, unexplained = s->sum[UNEXPLAINED] > 0;
	bool resizes = s->sum[RESIZES] > 0;
	double plot = top + lanes_height(s);

	for (size_t i = 0; i < s->n; i++) {
		lo = isfinite(s->v[P50][i]) ? fmin(lo, s->v[P50][i]) : lo;
		lo = isfinite(s->v[MAX][i]) ? fmin(lo, s->v[MAX][i]) : lo;
	}
	y = chart_latency_axis("response time", lo, s->most[MAX]);
	x.label = resizes ? NULL : "time into the storm, s";
	svg_plot(c, LEFT, plot, SVG_WIDTH - LEFT - RIGHT, LATENCY, &x, &y);
	put_pauses(c, pauses);
	svg_curve(c, &style_max, s->v[END], s->v[MAX], s->n, false, 4);
	svg_curve(c, &style_p99, s->v[END], s->v[P99], s->n, false, 4);
	svg_curve(c, &style_p50, s->v[END], s->v[P50], s->n, false, 4);
	if (unexplained)
		put_lane(c, s, UNEXPLAINED, &style_unexplained, "unexplained", top + LANE / 2 - 2);
	if (explained)
		put_lane(c, s, EXPLAINED, &style_explained, "explained",
			 top + LANE * (unexplained + .5) - 2);
	if (!resizes)
		return;
	x.label = "time into the storm, s";
	put_strip(c, s, plot + LATENCY + 6, &x);
	put_pauses(c, pauses);
}

/* "loss that a rule explains (20)" */
static const char *loss_key(const char *what, double n, char *buf, size_t size)
{
	char count[32];

	snprintf(buf, size, "%s (%s)", what, units_format_count((uint64_t)n, count, sizeof(count)));
	return buf;
}

static size_t fill_keys(const struct slices *s, const json_t *pauses, struct svg_key *keys,
			char texts[3][64])
{
	size_t n = 0;

	keys[n++] = (struct svg_key){.style = &style_p50, .name = "p50"};
	keys[n++] = (struct svg_key){.style = &style_p99, .name = "p99"};
	keys[n++] = (struct svg_key){.style = &style_max, .name = "max"};
	if (s->sum[UNEXPLAINED] > 0)
		keys[n++] = (struct svg_key){
			SVG_KEY_MARK, &style_unexplained,
			loss_key("lost, unexplained", s->sum[UNEXPLAINED], texts[0], 64)};
	if (s->sum[EXPLAINED] > 0)
		keys[n++] = (struct svg_key){
			SVG_KEY_MARK, &style_explained,
			loss_key("lost, as a rule allows", s->sum[EXPLAINED], texts[1], 64)};
	if (s->sum[RESIZES] > 0)
		keys[n++] = (struct svg_key){SVG_KEY_BAR, &style_resize,
					     loss_key("resizes", s->sum[RESIZES], texts[2], 64)};
	if (json_array_size(pauses))
		keys[n++] = (struct svg_key){SVG_KEY_SHADE, NULL, "pause for the control"};
	return n;
}

void chart_timeline(struct album *a, const json_t *cell)
{
	const json_t *series = json_object_get(cell, "series");
	const json_t *pauses = json_object_get(series, "pauses");
	struct svg_key keys[7];
	struct svg_head head = {.keys = keys};
	char name[96], title[128], note[320], setting[200], slice[24], texts[3][64];
	struct slices s = {0};
	struct svg_chart chart;

	if (!load_slices(series, &s))
		goto out;
	column_format(COLUMN_NS, value_number(series, "slice_ns"), slice, sizeof(slice));
	snprintf(title, sizeof(title), "timeline-%s-%s", value_text(cell, "strategy"),
		 column_target(cell, setting, sizeof(setting)));
	head.name = album_name(a, title, name, sizeof(name));
	snprintf(title, sizeof(title), "Response times, losses and resizes over time: %s",
		 value_text(cell, "strategy"));
	head.title = title;
	snprintf(note, sizeof(note), "%s; slices of %s, repeat %.0f of %.0f",
		 chart_note(cell, setting, sizeof(setting)), slice,
		 value_number(cell, "series_repeat") + 1, value_number(cell, "repeats"));
	head.note = note;
	head.desc = "Median, 99th percentile and greatest response time of each slice of the run; "
		    "losses in lanes above, how many resizes each slice has below; grey is a "
		    "pause for the control.";
	head.n_keys = fill_keys(&s, pauses, keys, texts);
	head.body = 6 + lanes_height(&s) + LATENCY + (s.sum[RESIZES] > 0 ? STRIP + 6 : 0) + NUMBERS;
	if (svg_open(&chart, &head)) {
		put_plots(&chart, &s, pauses);
		album_put(a, &chart);
	}
out:
	free(s.all);
}

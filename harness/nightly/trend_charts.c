/* SPDX-License-Identifier: MIT */
#include "nightly/trend_charts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nightly/history.h"
#include "report/svg.h"
#include "report/value.h"
#include "support/units.h"

static const struct svg_style curve = {"s1", NULL, 'o'};
static const struct svg_style changed = {"sbad", NULL, 'v'};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct series *)a)->name, ((const struct series *)b)->name);
}

/* Of every night those names that no earlier one had. */
static int collect_names(const json_t *history, struct all_series *all)
{
	json_t *seen = json_object(), *line, *v;
	const char *name;
	int err = seen ? 0 : -ENOMEM;
	size_t i;

	json_array_foreach(history, i, line)
	{
		json_object_foreach(json_object_get(line, "figures"), name, v)
		{
			struct series *more;

			if (err || json_object_get(seen, name))
				continue;
			more = reallocarray(all->at, all->n + 1, sizeof(*more));
			if (!more || json_object_set_new(seen, name, json_true())) {
				all->at = more ? more : all->at;
				err = -ENOMEM;
				continue;
			}
			all->at = more;
			all->at[all->n++] = (struct series){.name = name};
		}
	}
	json_decref(seen);
	if (all->n)
		qsort(all->at, all->n, sizeof(*all->at), by_name);
	return err;
}

static int collect_values(const json_t *history, struct series *s)
{
	size_t nights = json_array_size(history), i;
	json_t *line;

	s->night = calloc(nights, sizeof(*s->night));
	s->v = calloc(nights, sizeof(*s->v));
	if (!s->night || !s->v)
		return -ENOMEM;
	json_array_foreach(history, i, line)
	{
		const json_t *v = json_object_get(json_object_get(line, "figures"), s->name);

		if (!json_is_number(v))
			continue;
		s->night[s->n] = (double)i + 1;
		s->v[s->n++] = json_number_value(v);
	}
	s->n_changes = change_find(s->v, s->n, s->changes);
	return s->n_changes < 0 ? s->n_changes : 0;
}

int series_collect(const json_t *history, struct all_series *all)
{
	int err = collect_names(history, all);

	for (size_t i = 0; !err && i < all->n; i++)
		err = collect_values(history, &all->at[i]);
	return err;
}

void series_free(struct all_series *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->at[i].night);
		free(all->at[i].v);
	}
	free(all->at);
	memset(all, 0, sizeof(*all));
}

const char *series_night(const json_t *history, const struct series *s, const struct change *c)
{
	return value_text(json_array_get(history, (size_t)s->night[c->at] - 1), "night");
}

const char *series_shift(const struct change *c, char *buf, size_t size)
{
	if (c->before == 0)
		snprintf(buf, size, "from 0 to %.4g", c->after);
	else
		snprintf(buf, size, "%+.0f %%", 100 * (c->after - c->before) / fabs(c->before));
	return buf;
}

const char *series_value(const struct series *s, double v, char *buf, size_t size)
{
	const struct figure_kind *k = figure_kind(s->name);

	if (k->unit == FIGURE_NS)
		units_format_ns(fmax(0, v), buf, size);
	else if (v >= 1000 && v < 1e15)
		units_format_count((uint64_t)llround(v), buf, size);
	else
		snprintf(buf, size, "%.4g%s", v, k->unit == FIGURE_SECONDS ? " s" : "");
	return buf;
}

static bool is_whole(const struct series *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i] != floor(s->v[i]))
			return false;
	}
	return true;
}

static enum svg_unit unit_of(const struct series *s, const struct figure_kind *k)
{
	if (k->unit == FIGURE_NS)
		return SVG_NS;
	return is_whole(s) ? SVG_COUNT : SVG_NUMBER;
}

/* From 0 where that leaves the curve its shape; below 0 only where a figure is. */
static struct svg_axis axis_of(const struct series *s, const struct figure_kind *k)
{
	double least = s->v[0], most = s->v[0], margin, lo;

	for (size_t i = 1; i < s->n; i++) {
		least = fmin(least, s->v[i]);
		most = fmax(most, s->v[i]);
	}
	margin = most > least ? (most - least) / 10 : fmax(fabs(most) / 10, .5);
	lo = least >= 0 && least < most / 2 ? 0 : least - margin;
	if (least >= 0)
		lo = fmax(lo, 0);
	return (struct svg_axis){
		.label = k->label, .unit = unit_of(s, k), .lo = lo, .hi = most + margin};
}

/* @name without the first two parts, which the group has. */
static const char *own_name(const char *name)
{
	for (int i = 0; i < 2; i++) {
		const char *slash = strchr(name, '/');

		name = slash ? slash + 1 : name;
	}
	return name;
}

static const char *night_name(const json_t *history, double number)
{
	return value_text(json_array_get(history, (size_t)number - 1), "night");
}

static void put_chart(struct album *a, const json_t *history, const struct series *s)
{
	static const struct svg_key keys[] = {
		{SVG_KEY_CURVE, &curve, "a night"},
		{SVG_KEY_MARK, &changed, "from here on it is another"},
	};
	const struct figure_kind *k = figure_kind(s->name);
	struct svg_axis y = axis_of(s, k);
	struct svg_axis x = {.label = "night", .unit = SVG_COUNT, .exact = true, .lo = s->night[0]};
	struct svg_head head = {.keys = keys, .n_keys = s->n_changes ? 2 : 1, .title = s->name};
	char name[96], last[64], note[256], title[160], shift[64];
	struct svg_chart c;

	x.hi = s->night[s->n - 1];
	series_value(s, s->v[s->n - 1], last, sizeof(last));
	snprintf(note, sizeof(note), "Last: %s. %.0f is %.10s, %.0f is %.10s.", last, x.lo,
		 night_name(history, x.lo), x.hi, night_name(history, x.hi));
	head.name = album_name(a, s->name, name, sizeof(name));
	head.note = note;
	head.desc = "A point for each night that has the figure.";
	if (!svg_open(&c, &head))
		return;
	svg_plot_usual(&c, &x, &y);
	svg_curve(&c, &curve, s->night, s->v, s->n, false, s->n);
	for (int i = 0; i < s->n_changes; i++) {
		const struct change *at = &s->changes[i];

		snprintf(title, sizeof(title), "changed here: %s, %s", series_night(history, s, at),
			 series_shift(at, shift, sizeof(shift)));
		svg_mark(&c, &changed, svg_x(&c, s->night[at->at]), c.top + 4, title);
	}
	album_put(a, &c);
}

static size_t group_length(const char *name)
{
	const char *own = own_name(name);

	return own > name ? (size_t)(own - name) - 1 : strlen(name);
}

static size_t group_end(const struct all_series *all, size_t from, bool *any)
{
	const char *name = all->at[from].name;
	size_t i = from, len = group_length(name);

	*any = false;
	for (; i < all->n && group_length(all->at[i].name) == len &&
	       !strncmp(all->at[i].name, name, len);
	     i++)
		*any |= all->at[i].n >= TREND_MIN;
	return i;
}

void series_write(struct album *a, const json_t *history, const struct all_series *all)
{
	for (size_t from = 0, to; from < all->n; from = to) {
		bool any;

		to = group_end(all, from, &any);
		if (!any)
			continue;
		fputs("<details open><summary>", a->page);
		fprintf(a->page, "%.*s</summary>\n<div class=\"charts many\">\n",
			(int)group_length(all->at[from].name), all->at[from].name);
		for (size_t i = from; i < to; i++) {
			if (all->at[i].n >= TREND_MIN)
				put_chart(a, history, &all->at[i]);
		}
		fputs("</div></details>\n", a->page);
	}
}

void series_write_single(FILE *f, const json_t *history, const struct all_series *all)
{
	bool any = false;

	for (size_t i = 0; i < all->n; i++) {
		const struct series *s = &all->at[i];
		char value[64];

		if (!s->n || s->n >= TREND_MIN)
			continue;
		if (!any)
			fputs("<h3>Of one night so far</h3>\n<div class=\"scroll\" tabindex=\"0\">"
			      "<table class=\"cards\"><thead><tr><th class=\"first\">figure</th>"
			      "<th>value</th><th>night</th></tr></thead><tbody>\n",
			      f);
		any = true;
		fputs("<tr class=\"single\"><th class=\"first\" scope=\"row\">", f);
		svg_escape(f, s->name);
		series_value(s, s->v[0], value, sizeof(value));
		fprintf(f, "</th><td data-h=\"value\">%s</td><td data-h=\"night\">", value);
		svg_escape(f, night_name(history, s->night[0]));
		fputs("</td></tr>\n", f);
	}
	if (any)
		fputs("</tbody></table></div>\n", f);
}

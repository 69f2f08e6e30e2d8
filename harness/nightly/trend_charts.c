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

static void format(const struct figure_kind *k, double v, char *buf, size_t size)
{
	if (k->unit == FIGURE_NS)
		units_format_ns(fmax(0, v), buf, size);
	else
		snprintf(buf, size, "%.4g%s", v, k->unit == FIGURE_SECONDS ? " s" : "");
}

static enum svg_unit unit_of(const struct figure_kind *k, double most)
{
	if (k->unit == FIGURE_NS)
		return SVG_NS;
	return most >= 1000 ? SVG_COUNT : SVG_SECONDS;
}

/* From 0 where that leaves the curve its shape. */
static struct svg_axis axis_of(const struct series *s, const struct figure_kind *k)
{
	double lo = s->v[0], hi = s->v[0], margin;

	for (size_t i = 1; i < s->n; i++) {
		lo = fmin(lo, s->v[i]);
		hi = fmax(hi, s->v[i]);
	}
	margin = hi > lo ? (hi - lo) / 10 : fmax(fabs(hi) / 10, .5);
	lo = lo >= 0 && lo < hi / 2 ? 0 : lo - margin;
	return (struct svg_axis){
		.label = k->label, .unit = unit_of(k, hi), .lo = lo, .hi = hi + margin};
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

static void put_chart(FILE *f, const json_t *history, const struct series *s, size_t number)
{
	const struct figure_kind *k = figure_kind(s->name);
	struct svg_axis x = {.label = "night", .unit = SVG_COUNT, .lo = 1};
	struct svg_axis y = axis_of(s, k);
	struct svg_chart c;
	char id[32], last[64], title[256], shift[64];

	x.hi = fmax(2, (double)json_array_size(history));
	format(k, s->v[s->n - 1], last, sizeof(last));
	snprintf(id, sizeof(id), "f%zu", number);
	snprintf(title, sizeof(title), "%s, a point a night; the last is %s", s->name, last);
	fputs("<figure><figcaption>", f);
	svg_escape(f, own_name(s->name));
	fprintf(f, " <small>%s</small></figcaption>\n", last);
	svg_begin(&c, f, id, s->name, title, &x, &y);
	svg_curve(&c, &curve, s->night, s->v, s->n, false, s->n);
	for (int i = 0; i < s->n_changes; i++) {
		const struct change *at = &s->changes[i];

		snprintf(title, sizeof(title), "changed here: %s, %s", series_night(history, s, at),
			 series_shift(at, shift, sizeof(shift)));
		svg_flag(&c, "sbad", true, s->night[at->at], title);
	}
	svg_end(&c);
	fputs("</figure>\n", f);
}

static size_t group_length(const char *name)
{
	const char *own = own_name(name);

	return own > name ? (size_t)(own - name) - 1 : strlen(name);
}

static size_t group_end(const struct all_series *all, size_t from, int *changes)
{
	const char *name = all->at[from].name;
	size_t i = from, len = group_length(name);

	*changes = 0;
	for (; i < all->n && group_length(all->at[i].name) == len &&
	       !strncmp(all->at[i].name, name, len);
	     i++)
		*changes += all->at[i].n_changes;
	return i;
}

void series_write(FILE *f, const json_t *history, const struct all_series *all)
{
	for (size_t from = 0, to; from < all->n; from = to) {
		int changes;

		to = group_end(all, from, &changes);
		fprintf(f, "<details%s><summary>", changes || all->n <= 24 ? " open" : "");
		fprintf(f, "%.*s</summary>\n<div class=\"charts\">\n",
			(int)group_length(all->at[from].name), all->at[from].name);
		for (size_t i = from; i < to; i++) {
			if (all->at[i].n)
				put_chart(f, history, &all->at[i], i);
		}
		fputs("</div></details>\n", f);
	}
}

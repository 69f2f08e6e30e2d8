/* SPDX-License-Identifier: MIT */
#include "report/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/value.h"
#include "support/stats.h"

#define SIGNIFICANT 0.05
#define FEWEST      4u /* of three and three, p is never below 0.1 */

const struct compare_metric compare_metrics[] = {
	{.key = "lost_per_million",
	 .heading = "lost per million",
	 .format = COLUMN_RATE,
	 .of_sums = true},
	{.key = "response_p50_ns", .heading = "response p50", .format = COLUMN_NS},
	{.key = "response_p99_ns", .heading = "response p99", .format = COLUMN_NS},
	{.key = "resize_p99_ns", .heading = "response p99 during a resize", .format = COLUMN_NS},
	{.key = "resize_call_p50_ns", .heading = "a resize, p50", .format = COLUMN_NS},
	{.key = "ratio_throughput",
	 .heading = "throughput to control",
	 .format = COLUMN_RATIO,
	 .more_is_better = true},
	{.key = "ratio_p50", .heading = "p50 to control", .format = COLUMN_RATIO},
	{.key = NULL},
};

static bool same_target(const json_t *a, const json_t *b)
{
	return !strcmp(value_text(a, "target"), value_text(b, "target"));
}

/* All cells of a run are on one target: then another run's may be another kernel, or device. */
static bool one_target(const struct page_run *run)
{
	const json_t *cells = json_object_get(run->summary, "cells");

	for (size_t i = 1; i < json_array_size(cells); i++) {
		if (!same_target(json_array_get(cells, 0), json_array_get(cells, i)))
			return false;
	}
	return true;
}

static bool same_setting(const json_t *a, const json_t *b)
{
	static const char *const keys[] = {"strategy", "consumer", "vectors", "mode", "rate"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!json_equal(json_object_get(a, keys[i]), json_object_get(b, keys[i])))
			return false;
	}
	return true;
}

static const json_t *match_of_bench(const struct page_run *a, const struct page_run *b,
				    const json_t *cell)
{
	const json_t *cells = json_object_get(b->summary, "cells");
	bool any_target = one_target(a) && one_target(b);

	for (size_t i = 0; i < json_array_size(cells); i++) {
		const json_t *c = json_array_get(cells, i);

		if (same_setting(c, cell) && (any_target || same_target(c, cell)))
			return c;
	}
	return NULL;
}

/* What irqstorm stress came to: one run, of whatever was asked for. */
static bool is_one_run(const struct page_run *run)
{
	const json_t *cells = json_object_get(run->summary, "cells");

	return json_array_size(cells) == 1 && !value_at(run->summary, "options");
}

const json_t *compare_match(const struct page_run *a, const struct page_run *b, const json_t *cell)
{
	const json_t *cells = json_object_get(b->summary, "cells");

	if (is_one_run(a) && is_one_run(b))
		return json_array_get(cells, 0);
	return match_of_bench(a, b, cell);
}

static double *load_values(const json_t *metric, size_t *n)
{
	const json_t *values = json_object_get(metric, "values");
	double *v;

	*n = json_array_size(values);
	v = calloc(*n + 1, sizeof(*v));
	for (size_t i = 0; v && i < *n; i++)
		v[i] = json_number_value(json_array_get(values, i));
	return v;
}

struct compare_value compare_value(const json_t *cell, const struct compare_metric *m)
{
	const json_t *v = m->of_sums ? json_object_get(cell, m->key)
				     : json_object_get(json_object_get(cell, "metrics"), m->key);

	return (struct compare_value){value_number(v, m->of_sums ? "rate" : "median"),
				      value_number(v, "lo"), value_number(v, "hi")};
}

const char *compare_show(const json_t *cell, const struct compare_metric *m, char *buf, size_t size)
{
	const struct column c = {.path = "",
				 .at = m->of_sums ? "rate" : NULL,
				 .format = m->format,
				 .interval = true};
	const json_t *v = m->of_sums ? json_object_get(cell, m->key)
				     : json_object_get(json_object_get(cell, "metrics"), m->key);
	char text[48], between[80];

	column_format(m->format, compare_value(cell, m).v, text, sizeof(text));
	column_interval(&c, v, between, sizeof(between));
	if (*between)
		snprintf(buf, size, "%s (%s)", text, between);
	else
		snprintf(buf, size, "%s", text);
	return buf;
}

const char *compare_label(const json_t *a, const json_t *b, char *buf, size_t size)
{
	char ta[64], tb[64];

	column_target(a, ta, sizeof(ta));
	column_target(b, tb, sizeof(tb));
	if (strcmp(value_text(a, "strategy"), value_text(b, "strategy")))
		snprintf(buf, size, "%s on %s to %s on %s", value_text(a, "strategy"), ta,
			 value_text(b, "strategy"), tb);
	else
		snprintf(buf, size, "%s on %s%s%s", value_text(a, "strategy"), ta,
			 strcmp(ta, tb) ? " to " : "", strcmp(ta, tb) ? tb : "");
	return buf;
}

struct told {
	json_t *already;
	void (*tell)(void *arg, const char *setting, const char *was, const char *is);
	void *arg;
};

static const char *as_text(const json_t *v, char *buf, size_t size)
{
	if (json_is_string(v))
		snprintf(buf, size, "%s", json_string_value(v));
	else if (json_is_number(v))
		snprintf(buf, size, "%.9g", json_number_value(v));
	else
		snprintf(buf, size, "-");
	return buf;
}

static void tell_difference(struct told *t, const json_t *a, const json_t *b, const char *path)
{
	char was[200], is[200], line[480];

	if (!value_at(a, path) || !value_at(b, path))
		return;
	as_text(value_at(a, path), was, sizeof(was));
	as_text(value_at(b, path), is, sizeof(is));
	snprintf(line, sizeof(line), "%s: %s: %s", path, was, is);
	if (!strcmp(was, is) || json_object_get(t->already, line))
		return;
	json_object_set_new(t->already, line, json_true());
	t->tell(t->arg, path, was, is);
}

void compare_settings(const struct page_run *a, const struct page_run *b,
		      void (*tell)(void *arg, const char *setting, const char *was, const char *is),
		      void *arg)
{
	static const char *const of_runs[] = {
		"version",
		"host.kernel",
		"host.cpu",
		"host.cpus",
		"options.repeats",
		"options.duration_ns",
		"options.warm_up_ns",
		"options.resize_rate_hz",
	};
	static const char *const of_cells[] = {
		"target",  "device",   "kernel",       "trigger",   "strategy",
		"pattern", "consumer", "vectors_used", "stable",    "producers",
		"mode",    "rate",     "consumer_how", "placement",
	};
	const json_t *cells = json_object_get(a->summary, "cells");
	struct told t = {.already = json_object(), .tell = tell, .arg = arg};

	for (size_t i = 0; i < sizeof(of_runs) / sizeof(of_runs[0]); i++)
		tell_difference(&t, a->summary, b->summary, of_runs[i]);
	for (size_t i = 0; i < json_array_size(cells); i++) {
		const json_t *ca = json_array_get(cells, i), *cb = compare_match(a, b, ca);

		for (size_t k = 0; cb && k < sizeof(of_cells) / sizeof(of_cells[0]); k++)
			tell_difference(&t, ca, cb, of_cells[k]);
	}
	json_decref(t.already);
}

char *compare_incomplete(const struct page_run *run)
{
	const json_t *cells = json_object_get(run->summary, "cells");
	double repeats = value_number(run->summary, "options.repeats");
	size_t n = json_array_size(cells), missing = 0, fewer = 0, size;
	const char *join = ": ";
	char *text = NULL;
	FILE *f;

	if (json_is_true(json_object_get(run->summary, "complete")))
		return NULL;
	f = open_memstream(&text, &size);
	if (!f)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const json_t *c = json_array_get(cells, i);
		const char *state = value_text(c, "state");

		missing += !strcmp(state, "missing");
		fewer += !strcmp(state, "measured") && value_number(c, "repeats") < repeats;
	}
	fprintf(f, "%s is incomplete", run->label);
	if (missing) {
		fprintf(f, "%s%zu of %zu cells were not run yet", join, missing, n);
		join = ", ";
	}
	if (fewer) {
		fprintf(f, "%s%zu of %zu have fewer than %.0f repeats", join, fewer, n, repeats);
		join = ", ";
	}
	if (json_is_true(value_at(run->summary, "options.resize_cost")) &&
	    !json_array_size(json_object_get(run->summary, "resize_cost")))
		fprintf(f, "%sthe cost of a resize was not measured yet", join);
	return fclose(f) ? NULL : text;
}

size_t compare_alone(const struct page_run *a, const struct page_run *b)
{
	const json_t *cells = json_object_get(a->summary, "cells");
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(cells); i++)
		n += !compare_match(a, b, json_array_get(cells, i));
	return n;
}

/* Shares of sums: each has its exact interval, and with enough repeats their ranks are asked, too,
 * as losses come in bursts, for which that interval is too narrow. */
static struct compare_result compare_shares(const json_t *a, const json_t *b,
					    const struct compare_metric *m)
{
	struct compare_value va = compare_value(a, m), vb = compare_value(b, m);
	struct compare_result r = {.claim = COMPARE_NONE, .shift = NAN}, ranks;
	struct compare_metric of_repeats = *m;

	if (!isfinite(va.v) || !isfinite(vb.v))
		return r;
	r.shift = va.v > 0 ? vb.v / va.v - 1 : NAN;
	r.claim = vb.lo > va.hi ? COMPARE_HIGHER : vb.hi < va.lo ? COMPARE_LOWER : COMPARE_OVERLAP;
	of_repeats.of_sums = false;
	ranks = compare_cells(a, b, &of_repeats);
	if (ranks.claim == COMPARE_OVERLAP)
		r.claim = COMPARE_OVERLAP;
	return r;
}

struct compare_result compare_cells(const json_t *a, const json_t *b,
				    const struct compare_metric *m)
{
	const json_t *ma = json_object_get(json_object_get(a, "metrics"), m->key);
	const json_t *mb = json_object_get(json_object_get(b, "metrics"), m->key);
	struct compare_result r = {.claim = COMPARE_NONE, .shift = NAN};
	size_t na = 0, nb = 0;
	double *va = load_values(ma, &na), *vb = load_values(mb, &nb);
	struct stats_shift s;

	if (m->of_sums) {
		free(va);
		free(vb);
		return compare_shares(a, b, m);
	}
	if (!va || !vb || !na || !nb || stats_compare(va, na, vb, nb, &s))
		goto out;
	r.shift = value_number(ma, "median") > 0 ? s.shift : NAN;
	r.claim = COMPARE_OVERLAP;
	if (na < FEWEST || nb < FEWEST)
		r.claim = COMPARE_FEW;
	else if (s.p < SIGNIFICANT && value_number(mb, "lo") > value_number(ma, "hi"))
		r.claim = COMPARE_HIGHER;
	else if (s.p < SIGNIFICANT && value_number(mb, "hi") < value_number(ma, "lo"))
		r.claim = COMPARE_LOWER;
out:
	free(va);
	free(vb);
	return r;
}

const char *compare_change(const struct compare_result *r, char *buf, size_t size)
{
	if (!isfinite(r->shift))
		snprintf(buf, size, "-");
	else if (r->shift >= 1)
		snprintf(buf, size, "x %.3g", 1 + r->shift);
	else
		snprintf(buf, size, "%+.1f %%", 100 * r->shift);
	return buf;
}

const char *compare_ratio(const json_t *a, const json_t *b, const struct compare_metric *m,
			  char *buf, size_t size)
{
	double was = compare_value(a, m).v, is = compare_value(b, m).v;

	if (was > 0 && isfinite(is))
		snprintf(buf, size, "%.3g", is / was);
	else
		snprintf(buf, size, "-");
	return buf;
}

const char *compare_text(const struct compare_result *r, char *buf, size_t size)
{
	switch (r->claim) {
	case COMPARE_NONE:
		snprintf(buf, size, "-");
		break;
	case COMPARE_FEW:
		snprintf(buf, size, "no claim: fewer than %u repeats", FEWEST);
		break;
	case COMPARE_OVERLAP:
		snprintf(buf, size, "no claim: intervals overlap");
		break;
	case COMPARE_HIGHER:
	case COMPARE_LOWER:
		if (r->shift >= 1)
			snprintf(buf, size, "higher by a factor of %.3g", 1 + r->shift);
		else if (isfinite(r->shift))
			snprintf(buf, size, "%s by %.3g %%",
				 r->claim == COMPARE_HIGHER ? "higher" : "lower",
				 100 * fabs(r->shift));
		else
			snprintf(buf, size, "%s", r->claim == COMPARE_HIGHER ? "higher" : "lower");
		break;
	}
	return buf;
}

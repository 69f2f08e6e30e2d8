/* SPDX-License-Identifier: MIT */
#include "report/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/value.h"
#include "support/stats.h"

/* Counts that are summed over the repeats; the same paths in a stress result and in the sums. */
static const char *const counts[] = {
	"fired",       "delivered",    "coalesced",  "unarmed",        "spurious",
	"misrouted",   "late",         "wakeups",    "resizes",        "refusals",
	"fire_errors", "resize_calls", "lost.total", "lost.explained", "lost.unexplained",
};

struct metric {
	const char *key;
	const char *path; /* of a stress result; NULL: derive() */
	double (*derive)(const json_t *stress);
	const char *only; /* counts where this path is above 0 */
};

static double at_risk(const json_t *s)
{
	return value_number(s, "fired") - value_number(s, "unarmed") - value_number(s, "coalesced");
}

static json_t *number(double v)
{
	if (!isfinite(v))
		return json_null();
	return fabs(v) < 1e15 && v == floor(v) ? json_integer((json_int_t)v) : json_real(v);
}

static double lost_per_million(const json_t *s)
{
	double n = at_risk(s);

	return n > 0 ? value_number(s, "lost.total") * 1e6 / n : NAN;
}

void summary_lost_per_million(json_t *cell)
{
	const json_t *c = json_object_get(cell, "counts");
	struct stats_share m =
		stats_per_million(value_number(c, "lost.total"), value_number(c, "fired"));

	json_object_set_new(cell, "lost_per_million",
			    json_pack("{s:o, s:o, s:o}", "rate", number(m.share), "lo",
				      number(m.lo), "hi", number(m.hi)));
}

static double lost_per_resize(const json_t *s)
{
	return value_number(s, "lost.total") / value_number(s, "resizes");
}

static const struct metric metrics[] = {
	{.key = "lost_per_million", .derive = lost_per_million}, /* of those at risk */
	{.key = "lost_per_resize", .derive = lost_per_resize, .only = "resizes"},
	{.key = "throughput_per_s", .path = "engine.throughput_per_s"},
	{.key = "fired_per_s", .path = "fired_per_s"},
	{.key = "response_p50_ns",
	 .path = "latency_ns.response.p50",
	 .only = "latency_ns.response.n"},
	{.key = "response_p90_ns",
	 .path = "latency_ns.response.p90",
	 .only = "latency_ns.response.n"},
	{.key = "response_p99_ns",
	 .path = "latency_ns.response.p99",
	 .only = "latency_ns.response.n"},
	{.key = "response_p999_ns",
	 .path = "latency_ns.response.p999",
	 .only = "latency_ns.response.n"},
	{.key = "response_max_ns",
	 .path = "latency_ns.response.max",
	 .only = "latency_ns.response.n"},
	{.key = "service_p50_ns", .path = "latency_ns.service.p50", .only = "latency_ns.service.n"},
	{.key = "service_p99_ns", .path = "latency_ns.service.p99", .only = "latency_ns.service.n"},
	{.key = "steady_p50_ns", .path = "phases.steady.p50", .only = "phases.steady.n"},
	{.key = "steady_p99_ns", .path = "phases.steady.p99", .only = "phases.steady.n"},
	{.key = "steady_p999_ns", .path = "phases.steady.p999", .only = "phases.steady.n"},
	{.key = "resize_p50_ns", .path = "phases.resize.p50", .only = "phases.resize.n"},
	{.key = "resize_p99_ns", .path = "phases.resize.p99", .only = "phases.resize.n"},
	{.key = "resize_p999_ns", .path = "phases.resize.p999", .only = "phases.resize.n"},
	{.key = "settle_p50_ns", .path = "phases.settle.p50", .only = "phases.settle.n"},
	{.key = "settle_p99_ns", .path = "phases.settle.p99", .only = "phases.settle.n"},
	{.key = "settle_p999_ns", .path = "phases.settle.p999", .only = "phases.settle.n"},
	{.key = "resize_call_p50_ns", .path = "resize_ns.p50", .only = "resize_ns.n"},
	{.key = "resize_call_p99_ns", .path = "resize_ns.p99", .only = "resize_ns.n"},
	{.key = "resize_call_max_ns", .path = "resize_ns.max", .only = "resize_ns.n"},
	{.key = "host_vectors", .path = "host_vectors"},
	{.key = "control_throughput_per_s",
	 .path = "control.throughput_per_s",
	 .only = "control.p50_ns"},
	{.key = "control_p50_ns", .path = "control.p50_ns", .only = "control.p50_ns"},
	{.key = "control_p99_ns", .path = "control.p99_ns", .only = "control.p50_ns"},
	{.key = "ratio_throughput", .path = "ratio.throughput", .only = "control.p50_ns"},
	{.key = "ratio_p50", .path = "ratio.p50", .only = "control.p50_ns"},
	{.key = "stall_p99_ns", .path = "engine.stall_p99_ns"},
	{.key = "stall_max_ns", .path = "engine.stall_max_ns"},
};

#define N_COUNTS  (sizeof(counts) / sizeof(counts[0]))
#define N_METRICS (sizeof(metrics) / sizeof(metrics[0]))

/* What all repeats agree on, or nearly so: of the first. */
static const char *const of_first[] = {
	"device",  "kernel",    "profile",      "trigger", "stable",  "producers",
	"pattern", "placement", "consumer_how", "repeat",  "version",
};

static json_t *summarise(const struct metric *m, const json_t *repeats)
{
	size_t n = 0, most = json_array_size(repeats);
	double *v = calloc(most + 1, sizeof(*v));
	json_t *values = json_array(), *out;
	struct stats_interval i;

	for (size_t k = 0; v && k < most; k++) {
		const json_t *s = json_array_get(repeats, k);
		double x;

		if (m->only && !(value_number(s, m->only) > 0))
			continue;
		x = m->path ? value_number(s, m->path) : m->derive(s);
		if (!isfinite(x))
			continue;
		json_array_append_new(values, number(x));
		v[n++] = x;
	}
	i = v ? stats_median(v, n) : (struct stats_interval){NAN, NAN, NAN};
	out = json_object();
	json_object_set_new(out, "n", json_integer((json_int_t)n));
	json_object_set_new(out, "median", number(i.median));
	json_object_set_new(out, "lo", number(i.lo));
	json_object_set_new(out, "hi", number(i.hi));
	json_object_set_new(out, "values", values);
	free(v);
	return out;
}

static json_t *sum_counts(const json_t *repeats)
{
	json_t *out = json_object(), *lost = json_object();

	for (size_t c = 0; c < N_COUNTS; c++) {
		json_int_t sum = 0;
		bool of_lost = !strncmp(counts[c], "lost.", 5);

		for (size_t k = 0; k < json_array_size(repeats); k++)
			sum += json_integer_value(value_at(json_array_get(repeats, k), counts[c]));
		json_object_set_new(of_lost ? lost : out, counts[c] + (of_lost ? 5 : 0),
				    json_integer(sum));
	}
	json_object_set_new(out, "lost", lost);
	return out;
}

static json_t *merge_histograms(const json_t *repeats)
{
	static const char *const kinds[] = {"steady", "resize", "settle", "service", "resizes"};
	struct hist *h = malloc(sizeof(*h));
	json_t *out = json_object();

	for (size_t i = 0; h && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		hist_init(h);
		for (size_t k = 0; k < json_array_size(repeats); k++) {
			const json_t *all = value_at(json_array_get(repeats, k), "histogram_ns");

			value_buckets_add(json_object_get(all, kinds[i]), h);
		}
		json_object_set_new(out, kinds[i], value_buckets(h));
	}
	free(h);
	return out;
}

/* The repeat whose p99 is the median one, of which the series is shown. */
static size_t typical(const json_t *repeats, const json_t *p99)
{
	double median = value_number(p99, "median"), best = INFINITY;
	size_t at = 0;

	for (size_t k = 0; k < json_array_size(repeats); k++) {
		double d =
			fabs(value_number(json_array_get(repeats, k), "latency_ns.response.p99") -
			     median);

		if (d < best) {
			best = d;
			at = k;
		}
	}
	return at;
}

static const char *worst(const char *a, const char *b)
{
	static const char *const order[] = {"finding", "stopped", "pass"};

	for (int i = 0; i < 3; i++) {
		if (!strcmp(a, order[i]) || !strcmp(b, order[i]))
			return order[i];
	}
	return "skipped";
}

/* In all runs; null: at full speed there is nothing to reach, or nothing is known. */
static json_t *rate_reached(const json_t *repeats)
{
	bool known = false;

	for (size_t k = 0; k < json_array_size(repeats); k++) {
		const json_t *reached = json_object_get(json_array_get(repeats, k), "rate_reached");

		if (json_is_false(reached))
			return json_false();
		known = known || json_is_true(reached);
	}
	return known ? json_true() : json_null();
}

static void fill_measured(json_t *cell, const json_t *repeats)
{
	const json_t *first = json_array_get(repeats, 0);
	json_t *m = json_object(), *c = sum_counts(repeats);
	const char *verdict = "skipped";
	double risk = at_risk(c);
	size_t at;

	for (size_t i = 0; i < sizeof(of_first) / sizeof(of_first[0]); i++) {
		json_t *v = json_object_get(first, of_first[i]);

		if (v)
			json_object_set(cell, of_first[i], v);
	}
	/* fewer than asked for where the device has no more */
	json_object_set(cell, "vectors_used", json_object_get(first, "vectors"));
	for (size_t k = 0; k < json_array_size(repeats); k++) {
		const json_t *r = json_array_get(repeats, k);
		const char *before = verdict;

		verdict = worst(verdict, value_text(r, "verdict"));
		/* each has a seed of its own: that of the first as bad as this is what shows it */
		if (strcmp(verdict, before) && json_object_get(r, "repeat"))
			json_object_set(cell, "repeat", json_object_get(r, "repeat"));
	}
	json_object_set_new(cell, "verdict", json_string(verdict));
	json_object_set_new(cell, "counts", c);
	json_object_set_new(
		cell, "loss_bound_95",
		number(value_number(c, "lost.total") > 0 || !(risk > 0) ? NAN : 3 / risk));
	summary_lost_per_million(cell);
	json_object_set_new(cell, "rate_reached", rate_reached(repeats));
	for (size_t i = 0; i < N_METRICS; i++)
		json_object_set_new(m, metrics[i].key, summarise(&metrics[i], repeats));
	json_object_set_new(cell, "metrics", m);
	json_object_set_new(cell, "histogram_ns", merge_histograms(repeats));
	at = typical(repeats, json_object_get(m, "response_p99_ns"));
	json_object_set_new(cell, "series_repeat", json_integer((json_int_t)at));
	json_object_set(cell, "series", value_at(json_array_get(repeats, at), "series"));
}

json_t *summary_cell(json_t *identity, const json_t *repeats, const char *why)
{
	size_t n = json_array_size(repeats);

	json_object_set_new(identity, "state",
			    json_string(n     ? "measured"
					: why ? "cannot"
					      : "missing"));
	json_object_set_new(identity, "why", json_string(why ? why : ""));
	json_object_set_new(identity, "repeats", json_integer((json_int_t)n));
	if (n)
		fill_measured(identity, repeats);
	return identity;
}

const char *summary_verdict(const json_t *cells, const json_t *costs)
{
	const char *verdict = "skipped";

	for (size_t i = 0; i < json_array_size(costs); i++) {
		if (!strcmp(value_text(json_array_get(costs, i), "state"), "measured"))
			verdict = "pass";
	}
	for (size_t i = 0; i < json_array_size(cells); i++)
		verdict = worst(verdict, value_text(json_array_get(cells, i), "verdict"));
	return verdict;
}

json_t *summary_of_stress(const json_t *s)
{
	json_t *repeats = json_array(), *cells = json_array(), *out = json_object();
	json_t *identity = json_object();

	json_object_set_new(identity, "name", json_string("run"));
	json_object_set(identity, "target", json_object_get(s, "target"));
	json_object_set(identity, "strategy", json_object_get(s, "strategy"));
	json_object_set(identity, "consumer", json_object_get(s, "consumer"));
	json_object_set(identity, "vectors", json_object_get(s, "vectors"));
	json_object_set(identity, "mode", json_object_get(s, "mode"));
	json_object_set(identity, "rate", json_object_get(s, "rate"));
	json_array_append(repeats, (json_t *)(uintptr_t)s);
	json_array_append_new(cells, summary_cell(identity, repeats, NULL));
	json_decref(repeats);
	json_object_set_new(out, "schema", json_string(SUMMARY_SCHEMA));
	json_object_set(out, "version", json_object_get(s, "version"));
	json_object_set(out, "seed", json_object_get(s, "seed"));
	json_object_set(out, "command", json_object_get(s, "repeat"));
	/* older runs do not say */
	if (json_object_get(s, "date"))
		json_object_set(out, "date", json_object_get(s, "date"));
	if (json_object_get(s, "host"))
		json_object_set(out, "host", json_object_get(s, "host"));
	json_object_set_new(out, "complete",
			    json_boolean(!json_is_true(value_at(s, "interrupted"))));
	json_object_set_new(out, "verdict", json_string(summary_verdict(cells, NULL)));
	json_object_set_new(out, "cells", cells);
	json_object_set_new(out, "resize_cost", json_array());
	return out;
}

void summary_response(const json_t *cell, struct hist *all)
{
	static const char *const phases[] = {"histogram_ns.steady", "histogram_ns.resize",
					     "histogram_ns.settle"};
	const json_t *maxima = value_at(cell, "metrics.response_max_ns.values");
	double max = 0;

	hist_init(all);
	for (int i = 0; i < 3; i++)
		value_buckets_add(value_at(cell, phases[i]), all);
	/* buckets are told by their top, which may be above what was measured */
	for (size_t i = 0; i < json_array_size(maxima); i++)
		max = fmax(max, json_number_value(json_array_get(maxima, i)));
	if (all->n && max > 0)
		all->max = (uint64_t)max;
}

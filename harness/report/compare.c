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
	{"lost_per_million", "lost per million", COLUMN_RATE, false},
	{"response_p50_ns", "response p50", COLUMN_NS, false},
	{"response_p99_ns", "response p99", COLUMN_NS, false},
	{"resize_p99_ns", "response p99 during a resize", COLUMN_NS, false},
	{"resize_call_p50_ns", "a resize, p50", COLUMN_NS, false},
	{"ratio_throughput", "throughput to control", COLUMN_RATIO, true},
	{"ratio_p50", "p50 to control", COLUMN_RATIO, false},
	{NULL, NULL, COLUMN_COUNT, false},
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

const json_t *compare_match(const struct page_run *a, const struct page_run *b, const json_t *cell)
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

struct compare_result compare_cells(const json_t *a, const json_t *b,
				    const struct compare_metric *m)
{
	const json_t *ma = json_object_get(json_object_get(a, "metrics"), m->key);
	const json_t *mb = json_object_get(json_object_get(b, "metrics"), m->key);
	struct compare_result r = {.claim = COMPARE_NONE, .shift = NAN};
	size_t na = 0, nb = 0;
	double *va = load_values(ma, &na), *vb = load_values(mb, &nb);
	struct stats_shift s;

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

/* SPDX-License-Identifier: MIT */
#include "stress/sim/conduct.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Several changes that belong together, without a rest: no rate can be told of them. */
static bool hurries(const struct stress_result *r)
{
	static const char *const calm[] = {"toggle", "ramp", "sparse"};

	for (size_t i = 0; r->pattern && i < sizeof(calm) / sizeof(calm[0]); i++) {
		if (!strcmp(r->pattern->name, calm[i]))
			return false;
	}
	return r->pattern;
}

/* Control's slices: what they come to together, and that nobody resized meanwhile. */
static bool control_is_good(const struct truth *t, const struct stress_result *r, char *why,
			    size_t size)
{
	uint64_t least = 0, most = 0, took;
	bool timed = true;

	for (uint32_t i = 0; i < t->slices.n; i++) {
		const struct truth_slice *s = TRUTH_SLICE(t, i);

		timed &= s->to != 0;
		least += s->to - s->from;
		most += s->end - s->begin;
		for (uint32_t k = 0; k < t->plans.n; k++) {
			if (TRUTH_PLAN(t, k)->begin >= s->end || TRUTH_PLAN(t, k)->end <= s->begin)
				continue;
			snprintf(why, size, "resize %u is in slice %u of control", k, i);
			return false;
		}
	}
	if (!timed || !r->control.n)
		return true;
	took = (uint64_t)((double)r->control.n * 1e9 / r->control.throughput_per_s + .5);
	if (took >= least && took <= most + 1)
		return true;
	snprintf(why, size,
		 "control's throughput is that of %" PRIu64 " ns, not %" PRIu64 " to %" PRIu64,
		 took, least, most);
	return false;
}

#define LOST_AFTER 1000000000 /* docs/accounting.md: what is younger may still arrive */

bool conduct_is_good(const struct truth *t, bool sync, const struct stress_config *cfg,
		     const struct stress_result *r, char *why, size_t size)
{
	uint64_t whole = t->storm_end - t->storm_begin;
	uint64_t most =
		cfg->resize_rate_hz ? whole / (1000000000 / cfg->resize_rate_hz) + 1 : UINT64_MAX;
	uint32_t spans = t->plans.n < SERIES_SPANS ? t->plans.n : SERIES_SPANS;

	if (!control_is_good(t, r, why, size))
		return false;
	if ((!sync || cfg->consumer == CONSUMER_READ) && t->youngest < LOST_AFTER) {
		snprintf(why, size, "disabled with a message of %" PRIu64 " ns under way",
			 t->youngest);
		return false;
	}
	if (!hurries(r) && t->plans.n > most) {
		snprintf(why, size, "%u resizes, where %" PRIu64 " were asked for", t->plans.n,
			 most);
		return false;
	}
	for (uint32_t i = 1; i < t->plans.n; i++) {
		const struct truth_plan *last = TRUTH_PLAN(t, i - 1);

		if (TRUTH_PLAN(t, i)->begin - last->end >= last->end - last->begin)
			continue;
		snprintf(why, size, "resize %u: more than half of the time inside calls", i);
		return false;
	}
	if (t->unswapped && r->strategy->two_sides && !r->strategy->next) {
		snprintf(why, size, "%" PRIu64 " swaps swapped nothing", t->unswapped);
		return false;
	}
	if (r->series.resizes.n != spans) {
		snprintf(why, size, "%u resizes in the series, not %u", r->series.resizes.n, spans);
		return false;
	}
	for (uint32_t i = 0; i < spans; i++) {
		const struct series_span *s = &r->series.resizes.at[i];
		const struct truth_plan *p = TRUTH_PLAN(t, i);

		/* the storm begins for the series a moment before the main thread first waits */
		if (s->took_ns == p->end - p->begin && s->at_ns + r->series.start_ns == p->begin)
			continue;
		snprintf(why, size, "resize %u is drawn at %" PRIu64 " for %" PRIu64, i, s->at_ns,
			 s->took_ns);
		return false;
	}
	return true;
}

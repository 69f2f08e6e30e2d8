/* SPDX-License-Identifier: MIT */
/*
 * values: what a histogram must hold, as bounds: each value lies in [lo, hi]. One that is there
 * perhaps is [0, VALUES_OPEN]. The buckets' edges are computed here anew, not by hist.h.
 */
#ifndef IRQSTORM_STRESS_SIM_VALUES_H
#define IRQSTORM_STRESS_SIM_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "support/hist.h"

#define VALUES_OPEN UINT64_MAX

struct values {
	uint64_t *lo, *hi; /* the caller's, with room for all */
	uint32_t n;
};

/* Where they disagree: a count or a value of the histogram, and what it must be. */
struct values_said {
	uint64_t engine, lo, hi;
};

void values_add(struct values *s, uint64_t lo, uint64_t hi);

/* Sorts @s. Every bucket, the count and the quantiles. */
bool values_agree(struct values *s, const struct hist *h, struct values_said *said);

#endif

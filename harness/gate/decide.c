/* SPDX-License-Identifier: MIT */
#include "gate/decide.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/rng.h"
#include "support/stats.h"

#define EXCHANGES 200u
#define QUANTILE  150u /* of the exchanges, in order: three quarters show less */

const char *const verdict_names[] = {"pass",    "fail", "not trustworthy", "skipped", "error",
				     "stopped", NULL};

double decide_noise(const double *x, const double *y, size_t n, uint64_t seed)
{
	double *p = n ? malloc(2 * n * sizeof(*p)) : NULL, *q = p + n;
	double shifts[EXCHANGES];
	struct rng r;

	if (!p)
		return n ? -1 : INFINITY;
	rng_init(&r, seed, 0);
	for (unsigned int k = 0; k < EXCHANGES; k++) {
		double a, b;

		for (size_t i = 0; i < n; i++) {
			int swap = (int)(rng_u64(&r) >> 63);

			p[i] = swap ? y[i] : x[i];
			q[i] = swap ? x[i] : y[i];
		}
		a = stats_median(p, n).median;
		b = stats_median(q, n).median;
		shifts[k] = fabs(b / a - 1);
	}
	free(p);
	stats_sort(shifts, EXCHANGES);
	return shifts[QUANTILE];
}

static double median_of(const double *v, double *copy, size_t n)
{
	memcpy(copy, v, n * sizeof(*v));
	return stats_median(copy, n).median;
}

static int decide(const double *a, size_t na, const double *b, size_t nb,
		  const struct decide_limits *l, struct decision *out)
{
	double *copy = malloc((na > nb ? na : nb) * sizeof(*copy));
	struct stats_shift s;

	if (!copy || stats_compare(a, na, b, nb, &s)) {
		free(copy);
		return -ENOMEM;
	}
	out->n_a = na;
	out->n_b = nb;
	out->median_a = median_of(a, copy, na);
	out->median_b = median_of(b, copy, nb);
	out->p = s.p;
	out->a12 = s.a12;
	out->shift = s.shift;
	out->bound = fmax(fmax(l->min_shift, out->noise), l->floor);
	if (!(out->noise <= l->noise_limit))
		out->verdict = VERDICT_UNTRUSTED;
	else if (s.p < DECIDE_P && s.a12 >= DECIDE_A12 && s.shift > out->bound)
		out->verdict = VERDICT_FAIL;
	else
		out->verdict = VERDICT_PASS;
	free(copy);
	return 0;
}

static double *both(const double *x, const double *y, size_t n)
{
	double *all = malloc(2 * n * sizeof(*all));

	if (all) {
		memcpy(all, x, n * sizeof(*x));
		memcpy(all + n, y, n * sizeof(*y));
	}
	return all;
}

int decide_interleaved(const double *a1, const double *b, const double *a2, size_t n,
		       const struct decide_limits *l, uint64_t seed, struct decision *out)
{
	double *a;
	int err;

	*out = (struct decision){.verdict = VERDICT_UNTRUSTED, .noise = INFINITY};
	if (!n)
		return 0;
	out->noise = decide_noise(a1, a2, n, seed);
	a = out->noise < 0 ? NULL : both(a1, a2, n);
	err = a ? decide(a, 2 * n, b, n, l, out) : -ENOMEM;
	free(a);
	return err;
}

int decide_saved(const double *saved, size_t n_saved, double saved_noise, const double *b1,
		 const double *b2, size_t n, const struct decide_limits *l, uint64_t seed,
		 struct decision *out)
{
	double *b;
	int err;

	*out = (struct decision){.verdict = VERDICT_UNTRUSTED, .noise = INFINITY};
	if (!n || !n_saved)
		return 0;
	out->noise = decide_noise(b1, b2, n, seed);
	b = out->noise < 0 ? NULL : both(b1, b2, n);
	out->noise = fmax(out->noise, saved_noise);
	err = b ? decide(saved, n_saved, b, 2 * n, l, out) : -ENOMEM;
	free(b);
	return err;
}

void looks_add(struct looks *l, enum gate_verdict v)
{
	l->passes += v == VERDICT_PASS;
	l->fails += v == VERDICT_FAIL;
	l->untrusted += v != VERDICT_PASS && v != VERDICT_FAIL;
}

static unsigned int taken(const struct looks *l)
{
	return l->passes + l->fails + l->untrusted;
}

int looks_settled(const struct looks *l)
{
	return (l->passes && !l->fails) || l->passes > 1 || l->fails > 1 ||
	       taken(l) >= DECIDE_LOOKS;
}

enum gate_verdict looks_verdict(const struct looks *l)
{
	if (l->fails > 1)
		return VERDICT_FAIL;
	return l->passes > l->fails ? VERDICT_PASS : VERDICT_UNTRUSTED;
}

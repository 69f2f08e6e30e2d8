/* SPDX-License-Identifier: MIT */
#include "support/interval.h"

#include <math.h>

#define TAIL       0.025
#define NONE_BOUND 2.995732273553991 /* -ln 0.05: of so many expected, none is seen once in 20 */

/* P(X <= k) where X is Poisson with mean @m: the terms from k down, until they add nothing. */
static double at_most(double k, double m)
{
	double term = exp(k * log(m) - m - lgamma(k + 1)), sum = term;

	for (double i = k; i > 0 && term > sum * 1e-17; i--) {
		term *= i / m;
		sum += term;
	}
	return fmin(sum, 1);
}

/* P(X >= k), likewise upwards: the difference to 1 of the above would be lost in rounding. */
static double at_least(double k, double m)
{
	double term = exp(k * log(m) - m - lgamma(k + 1)), sum = term;

	for (double i = k + 1; term > sum * 1e-17 && i < k + m * 2 + 2000; i++) {
		term *= m / i;
		sum += term;
	}
	return fmin(sum, 1);
}

/* The mean of which so many or more, or fewer, are seen with a chance of TAIL. */
static double mean_at(double k, double (*chance)(double k, double m), double lo, double hi)
{
	int rising = chance(k, hi) > chance(k, lo);

	for (int i = 0; i < 200 && hi - lo > hi * 1e-12; i++) {
		double mid = (lo + hi) / 2;

		if ((chance(k, mid) < TAIL) == rising)
			lo = mid;
		else
			hi = mid;
	}
	return (lo + hi) / 2;
}

struct rate_interval rate_interval(double events, double trials)
{
	struct rate_interval r = {NAN, NAN, NAN};
	double wide = 6 * sqrt(events + 1) + 6;

	if (!(trials > 0) || !(events >= 0))
		return r;
	r.rate = events / trials;
	if (events < 1) {
		r.lo = 0;
		r.hi = NONE_BOUND / trials;
		return r;
	}
	r.lo = mean_at(events, at_least, fmax(1e-9, events - wide), events) / trials;
	r.hi = mean_at(events, at_most, events, events + wide) / trials;
	return r;
}

/* SPDX-License-Identifier: MIT */
/*
 * The exact interval of Clopper and Pearson: its ends are the chances under which so many events or
 * more, and so many or fewer, come in 2.5 % of all samples. Both are values of the incomplete beta
 * function, which a continued fraction gives (Abramowitz and Stegun, 26.5.8).
 */
#include <math.h>

#include "support/stats.h"

#define TAIL .025
#define TINY 1e-300

/* Lentz's way through the fraction; good for x below (a + 1) / (a + b + 2). */
static double fraction(double a, double b, double x)
{
	double c = 1, d = 1 / fmax(TINY, 1 - (a + b) * x / (a + 1)), f = d;

	for (int m = 1; m < 1000000; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double step;

		d = 1 / (1 + even * d);
		c = 1 + even / c;
		f *= c * d;
		d = 1 / (1 + odd * d);
		c = 1 + odd / c;
		step = c * d;
		f *= step;
		if (fabs(step - 1) < 1e-14)
			break;
	}
	return f;
}

/* P(a or more of a + b - 1 events), each of chance @x. */
static double incomplete_beta(double a, double b, double x)
{
	double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));

	return x < (a + 1) / (a + b + 2) ? front * fraction(a, b, x) / a
					 : 1 - front * fraction(b, a, 1 - x) / b;
}

/* The x at which the function comes to @p. */
static double inverse(double a, double b, double p)
{
	double lo = 0, hi = 1;

	for (int i = 0; i < 200 && hi - lo > 1e-12 * hi; i++) {
		double x = lo + (hi - lo) / 2;

		if (incomplete_beta(a, b, x) < p)
			lo = x;
		else
			hi = x;
	}
	return lo + (hi - lo) / 2;
}

struct stats_share stats_share(double k, double n)
{
	struct stats_share s = {NAN, NAN, NAN};

	if (!(n > 0) || !(k >= 0) || k > n)
		return s;
	s.share = k / n;
	s.lo = k > 0 ? inverse(k, n - k + 1, TAIL) : 0;
	s.hi = !(k > 0) ? fmin(1, 3 / n) : k < n ? inverse(k + 1, n - k, 1 - TAIL) : 1;
	return s;
}

struct stats_share stats_per_million(double k, double n)
{
	struct stats_share s = stats_share(k, n);

	return (struct stats_share){s.share * 1e6, s.lo * 1e6, s.hi * 1e6};
}

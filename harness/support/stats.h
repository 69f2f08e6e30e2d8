/* SPDX-License-Identifier: MIT */
/*
 * stats: what may be said of a handful of noisy measurements. No assumption of a normal
 * distribution anywhere: medians, order statistics and ranks only. Pure functions.
 */
#ifndef IRQSTORM_SUPPORT_STATS_H
#define IRQSTORM_SUPPORT_STATS_H

#include <stddef.h>

/* From the least to the greatest. */
void stats_sort(double *v, size_t n);

/* An interval that holds the true median with 95 % confidence; the whole range for n below 6. */
struct stats_interval {
	double median, lo, hi;
};

/* Sorts @v. NaN for n == 0. */
struct stats_interval stats_median(double *v, size_t n);

/* A share of all events, and the exact interval that holds its true value with 95 % confidence. */
struct stats_share {
	double share, lo, hi;
};

/*
 * @k of @n events. With none from 0 to 3/n, the rule of three. It takes events to be independent:
 * where they come in bursts it is too narrow. NaN where n is 0 or k is not of n.
 */
struct stats_share stats_share(double k, double n);
/* The same of a million. */
struct stats_share stats_per_million(double k, double n);

/* Two samples side by side. */
struct stats_shift {
	double p; /* Mann-Whitney U, two-sided; exact for small samples without ties, else normal */
	double a12;   /* Vargha-Delaney: chance that one of b is greater than one of a, ties half */
	double shift; /* median(b) / median(a) - 1; 0 where median(a) is 0 */
};

/* Leaves @a and @b as they are; -ENOMEM or 0. */
int stats_compare(const double *a, size_t na, const double *b, size_t nb, struct stats_shift *out);

#endif

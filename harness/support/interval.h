/* SPDX-License-Identifier: MIT */
/*
 * interval: how far the rate of a rare event may be from what a count of it says. The count is
 * taken to be a Poisson variable, as losses far apart are; the interval is the exact one (Garwood).
 * Pure functions.
 */
#ifndef IRQSTORM_SUPPORT_INTERVAL_H
#define IRQSTORM_SUPPORT_INTERVAL_H

/* Of each trial. */
struct rate_interval {
	double rate;   /* events / trials */
	double lo, hi; /* hold the true rate with 95 % confidence */
};

/*
 * @events 0: lo is 0 and hi the one-sided bound, 3 / @trials. @trials 0 or less, or a negative
 * count: all NaN.
 */
struct rate_interval rate_interval(double events, double trials);

#endif

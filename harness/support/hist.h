/* SPDX-License-Identifier: MIT */
/*
 * hist: a log-linear histogram of nanoseconds, as HdrHistogram keeps them. Values below 128 have a
 * bucket each; above, every power of two is cut into 64 sub-buckets, so a reported value is at most
 * 1/64 (1.6 %) above the true one and never below it. Covers the whole of uint64_t in 3,776
 * counters (30 KiB), records in a few nanoseconds, and never allocates after hist_init. One writer;
 * merge per-thread histograms when the threads are done.
 */
#ifndef IRQSTORM_SUPPORT_HIST_H
#define IRQSTORM_SUPPORT_HIST_H

#include <stdint.h>
#include <stdio.h>

#define HIST_SUB_BITS 6
#define HIST_SUB      (1u << HIST_SUB_BITS)
#define HIST_BUCKETS  ((64 - HIST_SUB_BITS) * HIST_SUB + HIST_SUB)

struct hist {
	uint64_t n;
	uint64_t min, max; /* exact */
	uint64_t bucket[HIST_BUCKETS];
};

void hist_init(struct hist *h);

static inline uint32_t hist_index(uint64_t v)
{
	int top;

	if (v < 2 * HIST_SUB)
		return (uint32_t)v;
	top = 63 - __builtin_clzll(v); /* >= HIST_SUB_BITS + 1 */
	return (uint32_t)(top - HIST_SUB_BITS) * HIST_SUB + (uint32_t)(v >> (top - HIST_SUB_BITS));
}

static inline void hist_record_n(struct hist *h, uint64_t v, uint64_t n)
{
	h->bucket[hist_index(v)] += n;
	h->n += n;
	if (v < h->min)
		h->min = v;
	if (v > h->max)
		h->max = v;
}

static inline void hist_record(struct hist *h, uint64_t v)
{
	hist_record_n(h, v, 1);
}

/* The largest value that falls into bucket @i, which stands for all of them. */
uint64_t hist_bucket_top(uint32_t i);

void hist_merge(struct hist *into, const struct hist *from);

/* The value below or at which the share @q of the recorded values lies: hist_quantile(h, 0.99) is
 * p99, rounded up to its bucket's top and capped at max. 0 when the histogram is empty. */
uint64_t hist_quantile(const struct hist *h, double q);

double hist_mean(const struct hist *h);

/* HdrHistogram's percentile text (.hgrm), loadable in its plotter. @scale divides the values
 * (1000 for microseconds). 0 or -EIO. */
int hist_write_hgrm(const struct hist *h, FILE *f, double scale);

#endif

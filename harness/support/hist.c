/* SPDX-License-Identifier: MIT */
#include "support/hist.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

void hist_init(struct hist *h)
{
	memset(h, 0, sizeof(*h));
	h->min = UINT64_MAX;
}

uint64_t hist_bucket_top(uint32_t i)
{
	uint32_t shift;
	uint64_t sub;

	if (i < 2 * HIST_SUB)
		return i;
	shift = i / HIST_SUB - 1;
	sub = i - (uint64_t)shift * HIST_SUB; /* HIST_SUB .. 2 * HIST_SUB - 1 */
	return ((sub + 1) << shift) - 1;      /* wraps to UINT64_MAX for the last bucket */
}

void hist_merge(struct hist *into, const struct hist *from)
{
	for (uint32_t i = 0; i < HIST_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
	into->n += from->n;
	if (from->min < into->min)
		into->min = from->min;
	if (from->max > into->max)
		into->max = from->max;
}

uint64_t hist_quantile(const struct hist *h, double q)
{
	uint64_t want, seen = 0;

	if (!h->n)
		return 0;
	/* 0.28 * 25 is 7.000000000000001 in doubles: take a few roundings off, or the rank slips.
	 */
	want = (uint64_t)ceil(q * (double)h->n * (1 - 1e-15));
	if (want < 1)
		want = 1;
	if (want > h->n)
		want = h->n;
	for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= want)
			return hist_bucket_top(i) < h->max ? hist_bucket_top(i) : h->max;
	}
	return h->max;
}

double hist_mean(const struct hist *h)
{
	double sum = 0;

	for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
		if (h->bucket[i])
			sum += (double)h->bucket[i] * (double)hist_bucket_top(i);
	}
	return h->n ? sum / (double)h->n : 0;
}

int hist_write_hgrm(const struct hist *h, FILE *f, double scale)
{
	uint64_t seen = 0;
	double mean = hist_mean(h), var = 0;

	fprintf(f, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
		"1/(1-Percentile)");
	for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
		uint64_t top = hist_bucket_top(i) < h->max ? hist_bucket_top(i) : h->max;
		double p;

		if (!h->bucket[i])
			continue;
		seen += h->bucket[i];
		p = (double)seen / (double)h->n;
		var += (double)h->bucket[i] * ((double)top - mean) * ((double)top - mean);
		if (seen < h->n)
			fprintf(f, "%12.3f %2.12f %10" PRIu64 " %14.2f\n", (double)top / scale, p,
				seen, 1 / (1 - p));
		else
			fprintf(f, "%12.3f %2.12f %10" PRIu64 "\n", (double)top / scale, p, seen);
	}
	fprintf(f, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", mean / scale,
		h->n ? sqrt(var / (double)h->n) / scale : 0);
	fprintf(f, "#[Max     = %12.3f, Total count    = %12" PRIu64 "]\n", (double)h->max / scale,
		h->n);
	fprintf(f, "#[Buckets = %12d, SubBuckets     = %12u]\n", 64 - HIST_SUB_BITS, HIST_SUB);
	return ferror(f) ? -EIO : 0;
}

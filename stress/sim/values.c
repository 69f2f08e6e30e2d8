/* SPDX-License-Identifier: MIT */
#include "stress/sim/values.h"

#include <stdlib.h>

void values_add(struct values *s, uint64_t lo, uint64_t hi)
{
	s->lo[s->n] = lo;
	s->hi[s->n++] = hi;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* What the histogram says of something, and its bounds: true inside them. */
static bool say(struct values_said *said, uint64_t engine, uint64_t lo, uint64_t hi)
{
	*said = (struct values_said){engine, lo, hi};
	return engine >= lo && engine <= hi;
}

/* At each edge of a bucket (128 of one value, then 64 to a power of two) as many lie below. */
static bool buckets_agree(const struct values *s, uint32_t sure, const struct hist *h,
			  struct values_said *said)
{
	uint32_t lo = 0, hi = 0;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
		uint64_t top = i < 128 ? i : ((64ULL + i % 64 + 1) << (i / 64 - 1)) - 1;

		sum += h->bucket[i];
		while (lo < s->n && s->lo[lo] <= top)
			lo++;
		while (hi < sure && s->hi[hi] <= top)
			hi++;
		if (!say(said, sum, hi, lo))
			return false;
	}
	return say(said, h->n, sum, sum);
}

bool values_agree(struct values *s, const struct hist *h, struct values_said *said)
{
	static const double quantiles[] = {.5, .9, .99, .999, 1};
	uint32_t sure = s->n;

	if (s->n) {
		qsort(s->lo, s->n, sizeof(*s->lo), by_size);
		qsort(s->hi, s->n, sizeof(*s->hi), by_size);
	}
	while (sure && s->hi[sure - 1] == VALUES_OPEN)
		sure--;
	if (!buckets_agree(s, sure, h, said))
		return false;
	for (size_t i = 0; sure && sure == s->n && i < sizeof(quantiles) / sizeof(*quantiles);
	     i++) {
		uint32_t rank = (uint32_t)(quantiles[i] * s->n + .999999) - 1;
		uint64_t v = hist_quantile(h, quantiles[i]);

		if (!say(said, v, s->lo[rank], s->hi[rank] + s->hi[rank] / 64 + 1) ||
		    !say(said, v, 0, s->hi[s->n - 1]))
			return false;
	}
	return true;
}

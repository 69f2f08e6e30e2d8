/* SPDX-License-Identifier: MIT */
#include "stress/series.h"

#include <stddef.h>
#include <string.h>

void series_init(struct series *s, uint64_t duration_ns)
{
	/* the 1, 2, 5 series, so that axes have round numbers */
	static const uint64_t steps[] = {2, 5, 10};
	uint64_t least = duration_ns / SERIES_SLICES * 5 / 4, scale = SERIES_SLICE;

	memset(s, 0, sizeof(*s));
	s->slice_ns = scale;
	for (uint32_t i = 0; s->slice_ns < least; i = (i + 1) % 3) {
		s->slice_ns = scale * steps[i];
		if (i == 2)
			scale *= 10;
	}
}

void series_begin(struct series_taker *k, struct series *s, uint64_t start)
{
	memset(k, 0, sizeof(*k));
	k->s = s;
	s->start_ns = start;
	k->next = start + s->slice_ns;
	for (int i = 0; i < PHASES; i++)
		hist_init(&k->response[i]);
}

/* The responses since the last slice into k->slice. */
static void difference(struct series_taker *k, const struct tally *t)
{
	hist_init(&k->slice);
	for (int i = 0; i < PHASES; i++) {
		const struct hist *now = &t->response[i];
		struct hist *had = &k->response[i];

		if (now->n == had->n)
			continue;
		for (uint32_t b = 0; b < HIST_BUCKETS; b++) {
			if (now->bucket[b] != had->bucket[b])
				hist_record_n(&k->slice, hist_bucket_top(b),
					      now->bucket[b] - had->bucket[b]);
		}
		*had = *now;
	}
}

/*
 * What was counted since. Verdicts can be taken back (account.h): then the count falls, and the
 * slices that had it give it back, the last one first.
 */
static uint64_t since(struct series *s, uint64_t now, uint64_t *had, size_t field)
{
	uint64_t more = now > *had ? now - *had : 0, less = *had > now ? *had - now : 0;

	for (uint32_t i = s->n; i > 0 && less; i--) {
		uint64_t *count = (uint64_t *)(void *)((char *)&s->slice[i - 1] + field);
		uint64_t take = *count < less ? *count : less;

		*count -= take;
		less -= take;
	}
	*had = now;
	return more;
}

#define SINCE(s, k, field, now) since(s, now, &(k)->had.field, offsetof(struct series_slice, field))

static struct series_slice cut(struct series_taker *k, const struct tally *t,
			       const struct series_counts *c, uint64_t now)
{
	struct series *s = k->s;

	difference(k, t);
	return (struct series_slice){
		.end_ns = now - s->start_ns,
		.fired = SINCE(s, k, fired, c->fired),
		.delivered = SINCE(s, k, delivered, t->delivered),
		.lost_explained = SINCE(s, k, lost_explained, t->lost_explained),
		.lost_unexplained = SINCE(s, k, lost_unexplained, t->lost_unexplained),
		.resizes = SINCE(s, k, resizes, c->resizes),
		.p50_ns = hist_quantile(&k->slice, 0.5),
		.p99_ns = hist_quantile(&k->slice, 0.99),
		.max_ns = k->slice.max,
	};
}

void series_take(struct series_taker *k, const struct tally *t, const struct series_counts *c,
		 uint64_t now)
{
	struct series *s = k->s;

	/* what comes after the last but one is all in the last */
	if (s->n + 1 >= SERIES_SLICES) {
		k->next = UINT64_MAX;
		return;
	}
	s->slice[s->n] = cut(k, t, c, now);
	s->n++;
	k->next = s->start_ns + ((now - s->start_ns) / s->slice_ns + 1) * s->slice_ns;
}

void series_finish(struct series_taker *k, const struct tally *t, const struct series_counts *c,
		   uint64_t now)
{
	struct series_slice last;

	if (!k->s)
		return;
	last = cut(k, t, c, now);
	/* a tail that no more was fired in belongs to the slice before it */
	if (k->s->n && !last.fired && !last.delivered && !last.resizes) {
		k->s->slice[k->s->n - 1].lost_explained += last.lost_explained;
		k->s->slice[k->s->n - 1].lost_unexplained += last.lost_unexplained;
		return;
	}
	k->s->slice[k->s->n++] = last;
}

/* SPDX-License-Identifier: MIT */
/*
 * series: a run over time. The storm is cut into slices, at most SERIES_SLICES of them, and for
 * each is kept what was fired and delivered, what was judged lost, and how long responses took. The
 * consumer takes a slice from its tally in the sweep that follows its end, by difference to the one
 * before: nothing is added to the way of an interrupt. When resizes and intermissions were is kept
 * beside it, by the threads that make them.
 *
 * Times are nanoseconds since the storm began. Memory is all inside the struct. Each of the three
 * lists has one writer and is read when the threads are joined.
 */
#ifndef IRQSTORM_STRESS_SERIES_H
#define IRQSTORM_STRESS_SERIES_H

#include "stress/account.h"
#include "support/clock.h"

#define SERIES_SLICES 600u
#define SERIES_SPANS  512u /* the first so many resizes */
#define SERIES_SLICE  (10 * NSEC_PER_MSEC)

struct series_slice {
	uint64_t end_ns; /* it began where the one before ended */
	uint64_t fired, delivered;
	uint64_t lost_explained, lost_unexplained; /* judged in it; the fires may be older */
	uint64_t resizes;
	/* of the responses delivered in it; max as the top of its bucket (hist.h); 0: none */
	uint64_t p50_ns, p99_ns, max_ns;
};

struct series_span {
	uint64_t at_ns, took_ns;
};

struct series_spans {
	uint32_t n;
	struct series_span at[SERIES_SPANS];
};

struct series {
	uint64_t start_ns; /* CLOCK_MONOTONIC; 0: the storm did not begin */
	uint64_t slice_ns;
	uint32_t n;
	struct series_slice slice[SERIES_SLICES];
	struct series_spans resizes, pauses;
};

/* What the engine has counted until now, apart from the tally. */
struct series_counts {
	uint64_t fired, resizes;
};

/* The consumer's side: what the slices before have had. */
struct series_taker {
	struct series *s;
	uint64_t next; /* CLOCK_MONOTONIC: when the present slice ends */
	struct series_slice had;
	struct hist response[PHASES], slice;
};

/* @duration_ns: of the storm, which with its intermissions may be a quarter longer. */
void series_init(struct series *s, uint64_t duration_ns);

void series_begin(struct series_taker *k, struct series *s, uint64_t start);

static inline bool series_due(const struct series_taker *k, uint64_t now)
{
	return k->s && now >= k->next;
}

void series_take(struct series_taker *k, const struct tally *t, const struct series_counts *c,
		 uint64_t now);

/* The rest, when every fire has its class: into the last slice, so that sums are totals. */
void series_finish(struct series_taker *k, const struct tally *t, const struct series_counts *c,
		   uint64_t now);

static inline void series_note(struct series_spans *spans, uint64_t start, uint64_t begin,
			       uint64_t end)
{
	if (spans->n < SERIES_SPANS)
		spans->at[spans->n++] = (struct series_span){
			.at_ns = begin > start ? begin - start : 0, .took_ns = end - begin};
}

#endif

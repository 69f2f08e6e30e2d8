/* SPDX-License-Identifier: MIT */
/* tally: what has been counted, and what the events in it turn out to be. */
#include <string.h>

#include "stress/account.h"

void tally_init(struct tally *t)
{
	memset(t, 0, sizeof(*t));
	hist_init(&t->service);
	for (int i = 0; i < PHASES; i++)
		hist_init(&t->response[i]);
}

/* Both ends of a pair lie within this. */
static bool near(uint64_t a, uint64_t b, uint64_t window_ns)
{
	return (a > b ? a - b : b - a) <= window_ns;
}

/* R80: the message of @gone at the newcomer that @extra's vector was. */
static bool is_stray(const struct account_event *extra, const struct account_event *gone,
		     uint64_t flight_ns)
{
	return gone->vector != extra->vector && gone->ns <= extra->renewed &&
	       gone->ns <= extra->ns && extra->ns - gone->ns <= flight_ns;
}

static bool may_pair(const struct account_event *extra, const struct account_event *miss,
		     uint64_t window_ns)
{
	return miss->vector != extra->vector && near(miss->ns, extra->ns, window_ns);
}

#define MOVES_MAX 256u /* with more losses than that some pairs may be missed */

/*
 * All losses that @extra could pair with have a signal already: one of these signals may pair with
 * another that is free. *k is the loss that has become free for @extra.
 */
static bool make_room(const struct tally *t, const struct account_event *extra, bool *lost,
		      uint32_t *taker, uint64_t window_ns, uint32_t *k)
{
	uint32_t n = t->missing.n <= MOVES_MAX ? t->missing.n : 0;

	for (*k = 0; *k < n; ++*k) {
		if (!lost[*k] || !may_pair(extra, &t->missing.at[*k], window_ns))
			continue;
		for (uint32_t m = 0; m < n; m++) {
			if (lost[m] ||
			    !may_pair(&t->extras.at[taker[*k]], &t->missing.at[m], window_ns))
				continue;
			lost[m] = true;
			taker[m] = taker[*k];
			return true;
		}
	}
	return false;
}

/* A free message for @extra of @t's departed: of the losses explained, or not. */
static bool take_stray(const struct tally *t, const struct account_event *extra, bool explained,
		       bool *gone, uint64_t flight_ns)
{
	for (uint32_t k = 0; k < t->departed.n; k++) {
		const struct account_event *left = &t->departed.at[k];

		if (gone[k] || left->explained != explained || !is_stray(extra, left, flight_ns))
			continue;
		gone[k] = true;
		return true;
	}
	return false;
}

void tally_pair(const struct tally *t, uint64_t window_ns, uint64_t flight_ns,
		struct tally_pairs *out)
{
	bool lost[ACCOUNT_MAX_EVENTS] = {false}, gone[ACCOUNT_MAX_EVENTS] = {false};
	uint32_t taker[ACCOUNT_MAX_EVENTS], k;

	*out = (struct tally_pairs){0};
	for (uint32_t i = 0; i < t->extras.n; i++) {
		const struct account_event *extra = &t->extras.at[i];
		uint32_t left = extra->count;

		for (k = 0; k < t->missing.n && left; k++) {
			const struct account_event *miss = &t->missing.at[k];

			if (lost[k] || !may_pair(extra, miss, window_ns))
				continue;
			lost[k] = true;
			taker[k] = i;
			out->misrouted++;
			left--;
		}
		while (left && make_room(t, extra, lost, taker, window_ns, &k)) {
			taker[k] = i;
			out->misrouted++;
			left--;
		}
		out->kind[i] = left < extra->count ? SIGNAL_MISROUTED : SIGNAL_STRAY;
		for (; left && take_stray(t, extra, false, gone, flight_ns); left--)
			out->strays++;
		for (; left && take_stray(t, extra, true, gone, flight_ns); left--) {
			out->strays++;
			out->explained++;
		}
		if (left)
			out->kind[i] = SIGNAL_SPURIOUS;
	}
}

void tally_settle(struct tally *t, const struct tally_pairs *pairs)
{
	t->lost_explained -= pairs->explained;
	t->unarmed += pairs->explained;
	for (uint32_t i = 0; i < t->extras.n; i++)
		t->extras.at[i].kind = pairs->kind[i];
}

void tally_event(struct account_events *ev, uint64_t ns, uint32_t vector, uint64_t count)
{
	if (ev->n < ACCOUNT_MAX_EVENTS)
		ev->at[ev->n++] = (struct account_event){
			.ns = ns, .vector = vector, .count = (uint32_t)count};
}

/* The last @n such events of @vector were none. */
void tally_forget(struct account_events *ev, uint32_t vector, bool explained, uint64_t n)
{
	for (uint32_t i = ev->n; n && i > 0; i--) {
		if (ev->at[i - 1].vector != vector || ev->at[i - 1].explained != explained)
			continue;
		ev->at[i - 1] = ev->at[--ev->n];
		n--;
	}
}

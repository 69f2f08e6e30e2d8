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

void tally_pair(const struct tally *t, uint64_t window_ns, uint64_t flight_ns,
		struct tally_pairs *out)
{
	bool lost[ACCOUNT_MAX_EVENTS] = {false}, gone[ACCOUNT_MAX_EVENTS] = {false};

	*out = (struct tally_pairs){0};
	for (uint32_t i = 0; i < t->extras.n; i++) {
		const struct account_event *extra = &t->extras.at[i];
		uint32_t left = extra->count;

		for (uint32_t k = 0; k < t->missing.n && left; k++) {
			const struct account_event *miss = &t->missing.at[k];

			if (lost[k] || miss->vector == extra->vector ||
			    !near(miss->ns, extra->ns, window_ns))
				continue;
			lost[k] = true;
			out->misrouted++;
			left--;
		}
		for (uint32_t k = 0; k < t->departed.n && left; k++) {
			if (gone[k] || !is_stray(extra, &t->departed.at[k], flight_ns))
				continue;
			gone[k] = true;
			out->strays++;
			left--;
		}
	}
}

void tally_event(struct account_events *ev, uint64_t ns, uint32_t vector, uint64_t count)
{
	if (ev->n < ACCOUNT_MAX_EVENTS)
		ev->at[ev->n++] = (struct account_event){
			.ns = ns, .vector = vector, .count = (uint32_t)count};
}

/* The last @n events of @vector were none. */
void tally_forget(struct account_events *ev, uint32_t vector, uint64_t n)
{
	for (uint32_t i = ev->n; n && i > 0; i--) {
		if (ev->at[i - 1].vector != vector)
			continue;
		ev->at[i - 1] = ev->at[--ev->n];
		n--;
	}
}

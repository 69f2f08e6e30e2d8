/* SPDX-License-Identifier: MIT */
#include "campaign/tally.h"

#include <stdlib.h>
#include <string.h>

static int by_time(const void *a, const void *b)
{
	const struct hunt_result *x = a, *y = b;

	if (x->found != y->found)
		return x->found ? -1 : 1;
	return x->seconds < y->seconds ? -1 : x->seconds > y->seconds;
}

static int by_execs(const void *a, const void *b)
{
	const struct hunt_result *x = a, *y = b;

	if (x->found != y->found)
		return x->found ? -1 : 1;
	return x->execs < y->execs ? -1 : x->execs > y->execs;
}

static const char *commonest(const struct hunt_result *tries, uint32_t n)
{
	const char *key = NULL;
	uint32_t most = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t same = 0;

		for (uint32_t k = 0; k < n; k++)
			same += tries[k].found && !strcmp(tries[k].key, tries[i].key);
		if (tries[i].found && same > most) {
			most = same;
			key = tries[i].key;
		}
	}
	return key;
}

void hunt_tally(struct hunt_result *tries, uint32_t n, struct hunt_tally *t)
{
	*t = (struct hunt_tally){.tries = n};
	if (!n)
		return;
	for (uint32_t i = 0; i < n; i++) {
		t->found += tries[i].found;
		t->reached += tries[i].reached;
		t->total_s += tries[i].seconds;
	}
	qsort(tries, n, sizeof(*tries), by_execs);
	t->median_execs = tries[(n - 1) / 2].execs;
	qsort(tries, n, sizeof(*tries), by_time);
	t->median_found = tries[(n - 1) / 2].found;
	t->median_s = tries[(n - 1) / 2].seconds;
	t->slowest_s = tries[n - 1].seconds;
	t->key = commonest(tries, n);
}

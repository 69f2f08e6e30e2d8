/* SPDX-License-Identifier: MIT */
/* Patterns: which vectors a guest of each comes to use and lets go, and where it does not rest. */
#include <criterion/criterion.h>
#include <string.h>

#include "vmm/pattern.h"

#define VECTORS 8
#define STABLE  2

/* Events until every vector that comes and goes was used and released; 0: not within @most. */
static uint32_t round_of(const struct pattern *pattern, uint32_t most, uint32_t *hurried)
{
	bool seen[2][VECTORS] = {{0}}; /* released, used */
	uint32_t n, left = 2 * (VECTORS - STABLE);
	struct pattern_state s;

	cr_assert_eq(pattern_init(&s, STABLE, VECTORS, false, 11), 0);
	*hurried = 0;
	for (n = 1; n <= most; n++) {
		uint32_t v;
		enum vmm_event event = pattern->next(&s, &v);

		cr_assert_eq(s.used[v], event == VMM_USE, "%s", pattern->name);
		left -= !seen[event == VMM_USE][v];
		seen[event == VMM_USE][v] = true;
		*hurried += s.hurry;
		if (!left)
			break;
	}
	pattern_fini(&s);
	return n > most ? 0 : n;
}

Test(pattern, each_uses_and_releases_every_vector_but_sparse)
{
	for (int i = 0; patterns[i]; i++) {
		uint32_t hurried, n = round_of(patterns[i], 2000, &hurried);

		cr_assert_str_eq(patterns[i]->name, pattern_names[i], "entry %d", i);
		cr_assert_eq(!n, !strcmp(patterns[i]->name, "sparse"), "%s: %u events",
			     patterns[i]->name, n);
	}
}

Test(pattern, ramps_are_as_long_as_there_are_vectors)
{
	const uint32_t n = VECTORS - STABLE;
	uint32_t hurried;

	cr_assert_eq(round_of(pattern_find("ramp"), 100, &hurried), 2 * n);
	cr_assert_eq(hurried, 0, "one at a time");
	cr_assert_eq(round_of(pattern_find("grow"), 100, &hurried), 2 * n);
	cr_assert_eq(hurried, n, "all go in a row");
	cr_assert_eq(round_of(pattern_find("shrink"), 100, &hurried), 2 * n);
	cr_assert_geq(hurried, n - 1, "all come in a row");
}

/* Of 30 vectors, 4 of them stable: the events of some rounds. */
#define MANY 30u

static uint32_t next_of(const struct pattern *pattern, struct pattern_state *s, bool *uses)
{
	uint32_t v;

	*uses = pattern->next(s, &v) == VMM_USE;
	cr_assert(v >= 4 && v < MANY, "%s: vector %u", pattern->name, v);
	return v;
}

Test(pattern, a_burst_of_eight_comes_and_the_same_eight_go)
{
	const struct pattern *burst = pattern_find("burst");
	struct pattern_state s;
	bool uses;

	cr_assert_eq(pattern_init(&s, 4, MANY, false, 5), 0);
	for (int round = 0; round < 50; round++) {
		uint32_t first = next_of(burst, &s, &uses);

		cr_assert(uses, "round %d", round);
		for (uint32_t i = 1; i < 16; i++) {
			cr_assert_eq(s.hurry, i != 8, "without a rest inside a burst");
			cr_assert_eq(next_of(burst, &s, &uses), first + i % 8, "round %d", round);
			cr_assert_eq(uses, i < 8, "round %d", round);
		}
	}
	pattern_fini(&s);
}

Test(pattern, sparse_takes_every_eighth_from_the_top)
{
	const struct pattern *sparse = pattern_find("sparse");
	struct pattern_state s;
	bool uses;

	cr_assert_eq(pattern_init(&s, 4, MANY, false, 5), 0);
	for (uint32_t i = 0; i < 40; i++) {
		cr_assert_eq(next_of(sparse, &s, &uses), MANY - 1 - i % 4 * 8, "event %u", i);
		cr_assert_eq(uses, i % 8 < 4, "event %u", i);
	}
	pattern_fini(&s);
}

Test(pattern, random_does_what_each_of_the_others_does)
{
	const struct pattern *random = pattern_find("random");
	uint32_t moves[4] = {0}, hurried = 0;
	struct pattern_state s;
	bool uses;

	cr_assert_eq(pattern_init(&s, 4, MANY, false, 5), 0);
	for (uint32_t i = 0; i < 4000; i++) {
		next_of(random, &s, &uses);
		cr_assert_lt(s.move, 4);
		moves[s.move]++;
		hurried += s.hurry;
	}
	for (int i = 0; i < 4; i++)
		cr_assert_gt(moves[i], 400, "move %d: %u of 4,000 events", i, moves[i]);
	cr_assert_gt(hurried, 400);
	pattern_fini(&s);
}

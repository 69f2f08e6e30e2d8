/* SPDX-License-Identifier: MIT */
/* Patterns on more vectors than a burst has: which ones come, in what order, with what rests. */
#include <criterion/criterion.h>
#include <string.h>

#include "vmm/pattern.h"

#define VECTORS 32u
#define FIRST   3u
#define EIGHT   8u

static struct pattern_state s;

static void start(void)
{
	cr_assert_eq(pattern_init(&s, FIRST, VECTORS, false, 11), 0);
}

static void stop(void)
{
	pattern_fini(&s);
}

TestSuite(long_pattern, .init = start, .fini = stop);

Test(long_pattern, a_burst_is_eight_in_a_row_and_the_same_eight_back)
{
	const struct pattern *burst = pattern_find("burst");
	uint8_t begins[VECTORS] = {0};
	uint32_t different = 0;

	for (int round = 0; round < 200; round++) {
		uint32_t at = 0, v;

		for (uint32_t i = 0; i < 2 * EIGHT; i++) {
			cr_assert_eq(burst->next(&s, &v), i < EIGHT ? VMM_USE : VMM_RELEASE);
			if (!i)
				at = v;
			cr_assert_eq(v, at + i % EIGHT, "event %u", i);
			cr_assert_eq(s.hurry, i % EIGHT != EIGHT - 1, "a rest after each eight");
		}
		cr_assert(at >= FIRST && at <= VECTORS - EIGHT, "%u", at);
		different += !begins[at];
		begins[at] = 1;
	}
	cr_assert_eq(different, VECTORS - EIGHT - FIRST + 1, "they begin anywhere");
}

Test(long_pattern, sparse_is_every_eighth_from_the_top_round_after_round)
{
	const struct pattern *sparse = pattern_find("sparse");

	for (int round = 0; round < 6; round++) {
		for (uint32_t i = 0; i < 4; i++) {
			uint32_t v;

			cr_assert_eq(sparse->next(&s, &v), round & 1 ? VMM_RELEASE : VMM_USE);
			cr_assert_eq(v, VECTORS - 1 - i * EIGHT);
		}
	}
}

Test(long_pattern, random_goes_from_one_move_to_another)
{
	const struct pattern *random = pattern_find("random");
	uint32_t changes = 0, row = 0, longest = 0, moves = 0, last = 0, v;

	for (int i = 0; i < 4000; i++) {
		random->next(&s, &v);
		cr_assert(v >= FIRST && v < VECTORS);
		row = i && s.move == last ? row + 1 : 1;
		changes += i && s.move != last;
		longest = row > longest ? row : longest;
		last = s.move;
		moves |= 1u << last;
	}
	cr_assert_eq(moves, 0xf, "all four");
	cr_assert_gt(changes, 4000 / (4 * EIGHT) / 2, "%u", changes);
	cr_assert_gt(longest, EIGHT, "and stays with it for a while");
}

/* SPDX-License-Identifier: MIT */
/* change: a step and a drift are marked, noise is not. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "nightly/change.h"
#include "support/rng.h"

#define NIGHTS 40u
#define SERIES 300u

/* About normal, of mean 0 and deviation 1. */
static double noise(struct rng *r)
{
	double sum = 0;

	for (int i = 0; i < 12; i++)
		sum += (double)rng_below(r, 1u << 20) / (1u << 20);
	return sum - 6;
}

static int find(uint64_t seed, size_t n, double (*level)(size_t i), double deviation,
		struct change out[CHANGE_MAX])
{
	double v[NIGHTS];
	struct rng r;

	rng_init(&r, seed, 1);
	for (size_t i = 0; i < n; i++)
		v[i] = level(i) + deviation * noise(&r);
	return change_find(v, n, out);
}

static double flat(size_t i)
{
	(void)i;
	return 100;
}

static double step_at_20(size_t i)
{
	return i < 20 ? 100 : 130;
}

static double step_at_35(size_t i)
{
	return i < 35 ? 100 : 130;
}

static double step_at_5(size_t i)
{
	return i < 5 ? 100 : 150;
}

static double drift(size_t i)
{
	return 100 + 2 * (double)i;
}

static double there_and_back(size_t i)
{
	return i < 13 || i >= 26 ? 100 : 140;
}

static double from_nothing(size_t i)
{
	return i < 20 ? 0 : 3;
}

static double tiny_step(size_t i)
{
	return i < 20 ? 100 : 102;
}

Test(change, noise_is_marked_in_few_series_of_a_hundred)
{
	struct change c[CHANGE_MAX];
	unsigned int marked = 0;

	for (uint64_t seed = 0; seed < SERIES; seed++)
		marked += find(seed, NIGHTS, flat, 10, c) > 0;
	cr_assert_leq(marked, SERIES / 25, "%u of %u series of noise have a mark", marked, SERIES);
}

Test(change, a_step_is_marked_near_where_it_is)
{
	struct change c[CHANGE_MAX];

	for (uint64_t seed = 0; seed < 50; seed++) {
		int n = find(seed, NIGHTS, step_at_20, 8, c), near = 0;

		for (int i = 0; i < n; i++)
			near += c[i].at >= 17 && c[i].at <= 23;
		cr_assert_eq(near, 1, "seed %d: %d marks, none or two of them at 20", (int)seed, n);
	}
}

Test(change, a_step_is_seen_when_five_nights_have_passed)
{
	struct change c[CHANGE_MAX];

	for (uint64_t seed = 0; seed < 50; seed++) {
		cr_assert_geq(find(seed, NIGHTS, step_at_35, 5, c), 1, "seed %d", (int)seed);
		cr_assert_eq(find(seed, 10, step_at_5, 5, c), 1, "seed %d: of ten nights",
			     (int)seed);
		cr_assert_eq(c[0].at, 5, "at %zu", c[0].at);
	}
}

Test(change, a_drift_is_marked)
{
	struct change c[CHANGE_MAX];

	for (uint64_t seed = 0; seed < 50; seed++) {
		cr_assert_geq(find(seed, NIGHTS, drift, 8, c), 1, "seed %d", (int)seed);
		cr_assert_gt(c[0].after, c[0].before);
	}
}

Test(change, a_level_that_comes_back_has_two_marks_with_their_levels)
{
	struct change c[CHANGE_MAX];

	cr_assert_eq(find(1, NIGHTS, there_and_back, 0, c), 2);
	cr_assert_eq(c[0].at, 13);
	cr_assert_eq(c[1].at, 26);
	cr_assert_float_eq(c[0].before, 100, 1e-9);
	cr_assert_float_eq(c[0].after, 140, 1e-9);
	cr_assert_float_eq(c[1].before, 140, 1e-9);
	cr_assert_float_eq(c[1].after, 100, 1e-9);
}

Test(change, from_nothing_to_something_is_a_change)
{
	struct change c[CHANGE_MAX];

	cr_assert_eq(find(1, NIGHTS, from_nothing, 0, c), 1);
	cr_assert_eq(c[0].at, 20);
}

Test(change, what_is_too_little_to_matter_is_none)
{
	struct change c[CHANGE_MAX];

	cr_assert_eq(find(1, NIGHTS, tiny_step, 0, c), 0);
	cr_assert_eq(find(1, NIGHTS, flat, 0, c), 0, "and a constant is none");
	cr_assert_eq(find(1, 0, flat, 0, c), 0);
	cr_assert_eq(find(1, 9, step_at_5, 0, c), 0);
}

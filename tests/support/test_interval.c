/* SPDX-License-Identifier: MIT */
#include "support/interval.h"

#include <criterion/criterion.h>
#include <math.h>

/* Garwood's limits, as tables of them have it. */
static const struct {
	double events, lo, hi;
} table[] = {
	{1, 0.025318, 5.571643},   {2, 0.242209, 7.224688},    {5, 1.623486, 11.668332},
	{10, 4.795389, 18.390356}, {37, 26.051477, 50.999187}, {100, 81.363966, 121.627009},
};

Test(interval, is_the_exact_one_of_a_poisson_count)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct rate_interval r = rate_interval(table[i].events, 1);

		cr_assert_float_eq(r.lo, table[i].lo, 2e-4 * table[i].lo, "lo of %g: %.6f",
				   table[i].events, r.lo);
		cr_assert_float_eq(r.hi, table[i].hi, 2e-4 * table[i].hi, "hi of %g: %.6f",
				   table[i].events, r.hi);
	}
}

Test(interval, of_nothing_seen_is_the_bound_of_three)
{
	struct rate_interval r = rate_interval(0, 1000);

	cr_assert_eq(r.rate, 0);
	cr_assert_eq(r.lo, 0);
	cr_assert_float_eq(r.hi, 0.003, 0.00001);
}

Test(interval, holds_the_rate_and_narrows_with_more_of_it)
{
	double width = INFINITY;

	for (double n = 1; n < 3e6; n *= 7) {
		struct rate_interval r = rate_interval(n, n * 100);

		cr_assert(r.lo < r.rate && r.rate < r.hi, "%g", n);
		cr_assert(r.hi - r.lo < width, "%g", n);
		width = r.hi - r.lo;
	}
	/* of many, the normal distribution says the same */
	cr_assert_float_eq(width / 2, 1.96 * sqrt(5.764801e6 / 7) / (5.764801e8 / 7), 2e-2 * width);
}

Test(interval, of_no_trials_there_is_none)
{
	cr_assert(isnan(rate_interval(0, 0).hi));
	cr_assert(isnan(rate_interval(-1, 10).rate));
}

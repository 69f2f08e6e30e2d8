/* SPDX-License-Identifier: MIT */
/* stats: medians, their intervals and rank tests against worked and published values. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/rng.h"
#include "support/stats.h"

#define N(v) (sizeof(v) / sizeof((v)[0]))

static struct stats_shift compare(const double *a, size_t na, const double *b, size_t nb)
{
	struct stats_shift s;

	cr_assert_eq(stats_compare(a, na, b, nb, &s), 0);
	return s;
}

Test(stats, median_of_odd_and_even_numbers_of_values)
{
	double odd[] = {9, 1, 5}, even[] = {4, 1, 3, 2}, one[] = {7};

	cr_assert_eq(stats_median(odd, N(odd)).median, 5);
	cr_assert_eq(odd[0], 1, "sorted in place");
	cr_assert_eq(odd[2], 9, "sorted in place");
	cr_assert_eq(stats_median(even, N(even)).median, 2.5);
	cr_assert_eq(stats_median(one, N(one)).median, 7);
}

Test(stats, median_of_nothing_is_not_a_number)
{
	struct stats_interval m = stats_median(NULL, 0);

	cr_assert(isnan(m.median) && isnan(m.lo) && isnan(m.hi));
}

/* Ranks of the 95 % interval as tables of order statistics print them. */
Test(stats, interval_takes_the_ranks_of_the_published_tables)
{
	static const struct {
		size_t n, lo, hi;
	} table[] = {
		{1, 1, 1},    {2, 1, 2},     {5, 1, 5},      {6, 1, 6},
		{8, 1, 8},    {9, 2, 8},     {10, 2, 9},     {15, 4, 12},
		{20, 6, 15},  {25, 8, 18},   {30, 10, 21},   {50, 18, 33},
		{70, 27, 44}, {100, 40, 61}, {200, 86, 115}, {1000, 469, 532},
	};
	static double v[1000];

	for (size_t i = 0; i < N(table); i++) {
		struct stats_interval m;

		for (size_t k = 0; k < table[i].n; k++)
			v[k] = (double)(table[i].n - k);
		m = stats_median(v, table[i].n);
		cr_assert_eq(m.lo, (double)table[i].lo, "n=%zu: low rank %g", table[i].n, m.lo);
		cr_assert_eq(m.hi, (double)table[i].hi, "n=%zu: high rank %g", table[i].n, m.hi);
	}
}

Test(stats, interval_holds_the_true_median_95_times_of_100)
{
	struct rng r;
	unsigned int held = 0;

	rng_init(&r, 12, 0);
	for (unsigned int run = 0; run < 2000; run++) {
		struct stats_interval m;
		double v[21];

		for (size_t i = 0; i < N(v); i++)
			v[i] = exp((double)rng_below(&r, 2000001) / 1e6);
		m = stats_median(v, N(v));
		held += m.lo <= exp(1) && exp(1) <= m.hi;
	}
	cr_assert(held >= 1900 && held < 2000, "%u of 2000", held);
}

/* The example of Hollander and Wolfe (1973), p. 69, W = 35; p = 0.2544 two-sided. */
Test(stats, mann_whitney_agrees_with_a_published_example)
{
	static const double x[] = {.80, .83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, .73, 1.46};
	static const double y[] = {1.15, .88, .90, .74, 1.21};
	struct stats_shift s = compare(y, N(y), x, N(x));

	cr_assert_float_eq(s.p, .2544, 5e-5, "p %f", s.p);
	cr_assert_float_eq(s.a12, 35. / 50, 1e-12, "A12 %f", s.a12);
	cr_assert_float_eq(s.shift, (1.38 + 1.45) / 2 / .90 - 1, 1e-12, "shift %f", s.shift);
}

Test(stats, mann_whitney_of_samples_apart_counts_one_arrangement_on_each_side)
{
	static const double a[] = {1, 2, 3, 4}, b[] = {5, 6, 7, 8};
	struct stats_shift s = compare(a, 4, b, 4);

	cr_assert_float_eq(s.p, 2. / 70, 1e-12, "p %f", s.p);
	cr_assert_eq(s.a12, 1);
	cr_assert_float_eq(s.shift, 6.5 / 2.5 - 1, 1e-12);
	s = compare(b, 4, a, 4);
	cr_assert_float_eq(s.p, 2. / 70, 1e-12, "p %f", s.p);
	cr_assert_eq(s.a12, 0);
}

/* The exact p of every way to choose 4 of 9 ranks, counted here one by one. */
Test(stats, exact_p_equals_the_count_of_all_arrangements)
{
	unsigned int at_most[21] = {0}, all = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (unsigned int bits = 0; bits < 1u << 9; bits++) {
			double a[9], b[9];
			size_t na = 0, nb = 0, u = 0;
			struct stats_shift s;

			if (__builtin_popcount(bits) != 4)
				continue;
			for (unsigned int i = 0; i < 9; i++) {
				if (bits & 1u << i) {
					b[nb++] = i;
					u += na;
				} else {
					a[na++] = i;
				}
			}
			u = u < 20 - u ? u : 20 - u;
			if (!pass) {
				at_most[u]++;
				all++;
				continue;
			}
			s = compare(a, na, b, nb);
			/* at_most[] counts both tails by now. */
			cr_assert_float_eq(s.p, fmin(1, at_most[u] / (double)all), .07, "u %zu: %f",
					   u, s.p);
			if (u < 10)
				cr_assert_float_eq(s.p, at_most[u] / (double)all, 1e-9, "u %zu: %f",
						   u, s.p);
		}
		for (size_t u = 1; u < N(at_most) && !pass; u++)
			at_most[u] += at_most[u - 1];
	}
}

/* U = 13.5, mean 8, variance 16/12 * (9 - 30/56): z = 5 / 3.359422 = 1.488351. */
Test(stats, ties_count_half_and_narrow_the_normal_distribution)
{
	static const double a[] = {1, 2, 2, 3}, b[] = {5, 3, 2, 4};
	struct stats_shift s = compare(a, 4, b, 4);

	cr_assert_float_eq(s.a12, 13.5 / 16, 1e-12, "A12 %f", s.a12);
	cr_assert_float_eq(s.p, .136658, 1e-5, "p %f", s.p);
}

Test(stats, values_that_are_all_equal_show_nothing)
{
	static const double a[] = {3, 3, 3, 3, 3, 3}, b[] = {3, 3, 3, 3};
	struct stats_shift s = compare(a, N(a), b, N(b));

	cr_assert_eq(s.p, 1);
	cr_assert_eq(s.a12, .5);
	cr_assert_eq(s.shift, 0);
}

Test(stats, nothing_to_compare_shows_nothing)
{
	static const double a[] = {1, 2};
	struct stats_shift s = compare(a, 2, NULL, 0);

	cr_assert_eq(s.p, 1);
	cr_assert_eq(s.a12, .5);
	s = compare(NULL, 0, a, 2);
	cr_assert_eq(s.p, 1);
}

Test(stats, a_median_of_0_has_no_shift)
{
	static const double a[] = {0, 0, 0, 1}, b[] = {4, 5, 6, 7};

	cr_assert_eq(compare(a, 4, b, 4).shift, 0);
}

Test(stats, comparing_leaves_the_samples_as_they_were)
{
	double a[] = {3, 1, 2}, b[] = {9, 7, 8};

	compare(a, 3, b, 3);
	cr_assert(a[0] == 3 && a[1] == 1 && a[2] == 2);
	cr_assert(b[0] == 9 && b[1] == 7 && b[2] == 8);
}

/* The two ways to p meet where one gives way to the other: neither is another test. */
Test(stats, exact_p_is_close_to_the_normal_distribution_from_30_values_on)
{
	double a[31], b[31];
	struct rng r;

	rng_init(&r, 5, 0);
	for (unsigned int run = 0; run < 50; run++) {
		for (size_t n = 30; n <= 31; n++) {
			double nn = (double)(n * n), off, normal;
			struct stats_shift s;

			for (size_t i = 0; i < n; i++) {
				a[i] = (double)rng_u64(&r);
				b[i] = (double)rng_u64(&r) * 1.3;
			}
			s = compare(a, n, b, n);
			off = fmax(0, fabs(s.a12 * nn - nn / 2) - .5);
			normal = erfc(off / sqrt(nn / 12 * (double)(2 * n + 1) * 2));
			cr_assert_float_eq(s.p, normal, .003, "n %zu: %f, %f", n, s.p, normal);
		}
	}
}

Test(stats, of_samples_of_one_kind_5_of_100_differ)
{
	unsigned int differ = 0;
	struct rng r;

	rng_init(&r, 77, 0);
	for (unsigned int run = 0; run < 2000; run++) {
		double a[12], b[12];

		for (size_t i = 0; i < N(a); i++) {
			a[i] = (double)rng_below(&r, 1000000);
			b[i] = (double)rng_below(&r, 1000000);
		}
		differ += compare(a, N(a), b, N(b)).p < .05;
	}
	cr_assert(differ > 50 && differ < 130, "%u of 2000", differ);
}

/* Published values of Clopper and Pearson's interval. */
Test(stats, the_interval_of_a_share_is_the_exact_one)
{
	static const struct {
		double k, n, lo, hi;
	} rows[] = {
		{1, 10, .0025286, .4450161},
		{5, 10, .1870860, .8129140},
		{10, 10, .6915029, 1},
		{20, 100, .1266556, .2918427},
		/* of many, as of Poisson: 37 lies between 26.051 and 51.000 */
		{37, 1e9, 26.0514e-9, 50.9998e-9},
		{1, 1e9, .0253178e-9, 5.571643e-9},
	};

	for (size_t i = 0; i < N(rows); i++) {
		struct stats_share s = stats_share(rows[i].k, rows[i].n);

		cr_expect_float_eq(s.share, rows[i].k / rows[i].n, 1e-15);
		cr_expect_float_eq(s.lo / rows[i].lo, 1, 2e-5, "%g of %g: from %g", rows[i].k,
				   rows[i].n, s.lo);
		cr_expect_float_eq(s.hi / rows[i].hi, 1, 2e-5, "%g of %g: to %g", rows[i].k,
				   rows[i].n, s.hi);
	}
}

/* Each end is what it says: so many or more, so many or fewer, come in 2.5 % of samples. */
Test(stats, the_ends_of_a_share_leave_a_fortieth_on_each_side)
{
	for (int k = 1; k < 40; k++) {
		struct stats_share s = stats_share(k, 40);
		double more = 0, fewer = 0;

		for (int i = 0; i <= 40; i++) {
			double ways = lgamma(41) - lgamma(i + 1) - lgamma(41 - i);

			more += i >= k ? exp(ways + i * log(s.lo) + (40 - i) * log1p(-s.lo)) : 0;
			fewer += i <= k ? exp(ways + i * log(s.hi) + (40 - i) * log1p(-s.hi)) : 0;
		}
		cr_expect_float_eq(more, .025, 1e-9, "%d: %g", k, more);
		cr_expect_float_eq(fewer, .025, 1e-9, "%d: %g", k, fewer);
	}
}

Test(stats, of_none_a_share_has_the_bound_of_three)
{
	struct stats_share s = stats_share(0, 1000);

	cr_assert(s.share == 0 && s.lo == 0 && s.hi == .003);
	cr_assert_eq(stats_share(0, 2).hi, 1, "not more than all");
	cr_assert(isnan(stats_share(0, 0).share), "of nothing nothing is known");
	cr_assert(isnan(stats_share(3, 2).hi), "more than all");
	cr_assert_float_eq(stats_per_million(2, 1e6).share, 2, 1e-12);
}

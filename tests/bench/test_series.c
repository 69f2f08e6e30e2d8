/* SPDX-License-Identifier: MIT */
#include "stress/series.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct series *s;
static struct series_taker *k;
static struct tally *t;

#define START (1000 * NSEC_PER_SEC)

static void setup(void)
{
	s = calloc(1, sizeof(*s));
	k = calloc(1, sizeof(*k));
	t = calloc(1, sizeof(*t));
	cr_assert(s && k && t);
	tally_init(t);
	series_init(s, NSEC_PER_SEC);
	series_begin(k, s, START);
}

static void teardown(void)
{
	free(s);
	free(k);
	free(t);
}

TestSuite(series, .init = setup, .fini = teardown);

static void deliver(uint64_t n, uint64_t ns)
{
	t->delivered += n;
	hist_record_n(&t->response[PHASE_STEADY], ns, n);
}

static void take(uint64_t at_ms, uint64_t fired, uint64_t resizes)
{
	series_take(k, t, &(struct series_counts){fired, resizes}, START + at_ms * NSEC_PER_MSEC);
}

static uint64_t sum_fired(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < s->n; i++)
		sum += s->slice[i].fired;
	return sum;
}

Test(series, a_slice_has_what_was_counted_in_it_alone)
{
	deliver(10, 1000);
	take(10, 12, 1);
	deliver(100, 50000);
	take(20, 115, 3);
	cr_assert_eq(s->n, 2);
	cr_assert_eq(s->slice[0].fired, 12);
	cr_assert_eq(s->slice[0].delivered, 10);
	cr_assert_eq(s->slice[1].fired, 103);
	cr_assert_eq(s->slice[1].delivered, 100);
	cr_assert_eq(s->slice[1].resizes, 2);
	/* the first slice's fast ones do not show in the second's median */
	cr_assert_geq(s->slice[1].p50_ns, 50000);
	cr_assert_leq(s->slice[0].max_ns, 1016);
}

Test(series, a_slice_without_a_delivery_has_no_latency)
{
	deliver(10, 1000);
	take(10, 10, 0);
	take(20, 11, 0);
	cr_assert_eq(s->slice[1].p50_ns, 0);
	cr_assert_eq(s->slice[1].max_ns, 0);
}

Test(series, a_slice_has_its_own_quantiles)
{
	deliver(500, 10);
	deliver(400, 20);
	deliver(90, 30);
	deliver(10, 40);
	take(10, 1000, 0);
	deliver(989, 50);
	deliver(11, 60);
	take(20, 2000, 0);
	cr_assert_eq(s->slice[0].p50_ns, 10);
	cr_assert_eq(s->slice[0].p99_ns, 30);
	cr_assert_eq(s->slice[0].max_ns, 40);
	cr_assert_eq(s->slice[1].p50_ns, 50);
	cr_assert_eq(s->slice[1].p99_ns, 60);
	cr_assert_eq(s->slice[1].max_ns, 60);
}

Test(series, explained_and_unexplained_losses_are_apart)
{
	t->lost_explained = 3;
	t->lost_unexplained = 5;
	take(10, 8, 0);
	cr_assert_eq(s->slice[0].lost_explained, 3);
	cr_assert_eq(s->slice[0].lost_unexplained, 5);
}

Test(series, a_consumer_that_comes_late_makes_a_longer_slice)
{
	take(37, 5, 0);
	cr_assert_eq(s->slice[0].end_ns, 37 * NSEC_PER_MSEC);
	cr_assert_not(series_due(k, START + 39 * NSEC_PER_MSEC));
	cr_assert(series_due(k, START + 40 * NSEC_PER_MSEC));
}

Test(series, a_verdict_that_is_taken_back_leaves_its_slice)
{
	t->lost_unexplained = 3;
	take(10, 3, 0);
	take(20, 3, 0);
	t->lost_unexplained = 1;
	take(30, 3, 0);
	cr_assert_eq(s->slice[0].lost_unexplained, 1);
	cr_assert_eq(s->slice[2].lost_unexplained, 0);
}

Test(series, the_rest_goes_into_the_last_slice)
{
	take(10, 5, 0);
	t->lost_explained = 2;
	series_finish(k, t, &(struct series_counts){5, 0}, START + 12 * NSEC_PER_MSEC);
	cr_assert_eq(s->n, 1);
	cr_assert_eq(s->slice[0].lost_explained, 2);
	series_finish(k, t, &(struct series_counts){9, 0}, START + 14 * NSEC_PER_MSEC);
	cr_assert_eq(s->n, 2);
	cr_assert_eq(sum_fired(), 9);
}

Test(series, a_run_that_goes_on_and_on_keeps_its_sums)
{
	for (uint64_t i = 1; i <= 3 * SERIES_SLICES; i++) {
		if (series_due(k, START + 10 * i * NSEC_PER_MSEC))
			take(10 * i, i, 0);
	}
	series_finish(k, t, &(struct series_counts){3 * SERIES_SLICES, 0},
		      START + 100 * NSEC_PER_SEC);
	cr_assert_eq(s->n, SERIES_SLICES);
	cr_assert_eq(sum_fired(), 3 * SERIES_SLICES);
}

Test(series, a_long_run_has_slices_of_round_length_and_not_too_many)
{
	static const struct {
		uint64_t duration_s, slice_ms;
	} cases[] = {{1, 10}, {4, 10}, {5, 20}, {10, 50}, {60, 200}, {3600, 10000}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		series_init(s, cases[i].duration_s * NSEC_PER_SEC);
		cr_assert_eq(s->slice_ns, cases[i].slice_ms * NSEC_PER_MSEC, "%lu s: %lu ns",
			     (unsigned long)cases[i].duration_s, (unsigned long)s->slice_ns);
		cr_assert_leq(cases[i].duration_s * NSEC_PER_SEC / s->slice_ns * 5 / 4,
			      SERIES_SLICES);
	}
}

Test(series, spans_beyond_the_first_are_left_out)
{
	for (uint64_t i = 0; i < 2 * SERIES_SPANS; i++)
		series_note(&s->resizes, START, START + i, START + i + 5);
	cr_assert_eq(s->resizes.n, SERIES_SPANS);
	cr_assert_eq(s->resizes.at[3].at_ns, 3);
	cr_assert_eq(s->resizes.at[3].took_ns, 5);
}

/* SPDX-License-Identifier: MIT */
/* How a run is cut, and what comes of the slices of control between: worked by hand. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "stress/segments.h"

Test(segments, a_run_has_a_segment_for_each_half_second_and_control_a_tenth_of_it)
{
	static const struct {
		uint64_t duration_ms;
		enum consumer_kind consumer;
		bool no_control;
		uint32_t segments;
		uint64_t slice_us;
	} cases[] = {
		{100, CONSUMER_EPOLL, false, 1, 50000}, /* not shorter than 50 ms */
		{499, CONSUMER_EPOLL, false, 1, 50000},
		{1000, CONSUMER_EPOLL, false, 2, 50000},
		{1499, CONSUMER_URING, false, 2, 50000},
		{2000, CONSUMER_URING, false, 4, 50000},
		{7999, CONSUMER_URING, false, 15, 50000},
		{8000, CONSUMER_EPOLL, false, 16, 50000},
		{17000, CONSUMER_EPOLL, false, 16, 100000},
		{34000, CONSUMER_EPOLL, false, 16, 200000},
		{3600000, CONSUMER_EPOLL, false, 16, 1000000}, /* not longer than 1 s */
		{4000, CONSUMER_SPIN, false, 1, 200000},
		{4000, CONSUMER_READ, false, 1, 200000},
		{4000, CONSUMER_EPOLL, true, 1, 200000},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct stress_config cfg = {
			.duration_ns = cases[i].duration_ms * NSEC_PER_MSEC,
			.consumer = cases[i].consumer,
			.no_control = cases[i].no_control,
		};
		struct segments *run = calloc(1, sizeof(*run));

		segments_plan(&cfg, run);
		cr_assert_eq(run->want_segments, cases[i].segments, "case %zu: %u segments", i,
			     run->want_segments);
		cr_assert_eq(run->slice_ns, cases[i].slice_us * NSEC_PER_USEC,
			     "case %zu: slices of %lu ns", i, (unsigned long)run->slice_ns);
		/* one before each, and one after the last */
		cr_assert_leq(run->want_segments + 1, (uint32_t)CONTROL_SLICES);
		free(run);
	}
}

/* Slices of 100, 200, 400, ... signals a second; latencies 8 to 11 ns. */
static struct control_sum *sum_of(uint32_t slices)
{
	struct control_sum *sum = calloc(1, sizeof(*sum));

	sum->n = slices;
	for (uint32_t i = 0; i < slices; i++)
		sum->per_s[i] = 100 << i;
	sum->signals = 3000;
	sum->elapsed_ns = 2 * NSEC_PER_SEC;
	hist_init(&sum->latency);
	hist_record_n(&sum->latency, 8, 50);
	hist_record_n(&sum->latency, 9, 40);
	hist_record_n(&sum->latency, 10, 9);
	hist_record_n(&sum->latency, 11, 1);
	return sum;
}

static struct stress_control result_of(const double *segments, uint32_t n, uint32_t slices)
{
	struct control_sum *sum = sum_of(slices);
	struct stress_control out;

	control_result(sum, segments, n, &out);
	free(sum);
	return out;
}

/* Limits are 150, 300 and 600: ratios .5, .9, .1. */
Test(segments, the_ratio_is_the_median_over_segments_against_the_slices_beside_each)
{
	static const double segments[] = {75, 270, 60};
	struct stress_control c = result_of(segments, 3, 4);

	cr_assert_float_eq(c.ratio, .5, 1e-12, "%f", c.ratio);
	c = result_of(segments, 2, 3);
	cr_assert_float_eq(c.ratio, .7, 1e-12, "of two: %f", c.ratio);
	c = result_of(segments, 1, 2);
	cr_assert_float_eq(c.ratio, .5, 1e-12, "of one: %f", c.ratio);
}

Test(segments, a_segment_without_a_slice_after_it_is_left_out)
{
	static const double segments[] = {75, 270, 6000};
	struct stress_control c = result_of(segments, 3, 3);

	cr_assert_float_eq(c.ratio, .7, 1e-12, "%f", c.ratio);
	c = result_of(segments, 3, 1);
	cr_assert_eq(c.ratio, 0);
}

Test(segments, control_tells_its_throughput_and_latencies)
{
	static const double segments[] = {75};
	struct stress_control c = result_of(segments, 1, 2);

	cr_assert_float_eq(c.throughput_per_s, 1500, 1e-9, "%f", c.throughput_per_s);
	cr_assert_eq(c.n, 3000);
	cr_assert_eq(c.p50_ns, 8);
	cr_assert_eq(c.p99_ns, 10);
}

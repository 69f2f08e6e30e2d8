/* SPDX-License-Identifier: MIT */
/* How a run is cut, and what comes of the slices of control between: worked by hand. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "stress/segments.h"
#include "vmm/strategy.h"

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
	cr_assert(c.ratio_lo == c.ratio && c.ratio_hi == c.ratio && c.n_ratios == 1);
}

/* Slices double: limits are 150, 300, ... The ratios of seven are 7, 1, 6, 2, 5, 3, 4 tenths. */
Test(segments, the_interval_of_the_ratio_is_that_of_a_median)
{
	static const double segments[] = {105, 30, 360, 240, 1200, 1440, 3840};
	struct stress_control c = result_of(segments, 7, 8);

	cr_assert_float_eq(c.ratio, .4, 1e-12, "%f", c.ratio);
	cr_assert_float_eq(c.ratio_lo, .1, 1e-12, "%f", c.ratio_lo);
	cr_assert_float_eq(c.ratio_hi, .7, 1e-12, "%f", c.ratio_hi);
	cr_assert_eq(c.n_ratios, 7);
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

/* ---- an intermission, with one producer and a resizer that stop one after the other */

static struct storm s;
static struct world_ops ops;
static uint64_t now;
static uint32_t stood_still; /* when the intermission was over */
static uint64_t late;        /* a sleeper wakes up */

static uint64_t clock_now(struct world *w)
{
	(void)w;
	return now;
}

static void clock_sleep(struct world *w, uint64_t when)
{
	(void)w;
	now = when;
	if (s.pause) {
		s.paused += s.paused < 2;
		return;
	}
	if (!stood_still)
		stood_still = s.paused;
	s.paused--;
}

static int clock_wait(struct world *w, const sigset_t *set, uint64_t when)
{
	(void)w;
	(void)set;
	now = when + late;
	s.live_delivered += 10; /* every 2 ms */
	return 0;
}

Test(segments, nobody_fires_or_resizes_in_an_intermission_and_each_segment_has_its_own_rate)
{
	static const struct stress_config cfg = {.producers = 1,
						 .duration_ns = 60 * NSEC_PER_MSEC,
						 .no_control = true,
						 .quiet = true};
	static struct world world = {.ops = &ops};
	struct stress_result *r = calloc(1, sizeof(*r));
	struct segments run = {.want_segments = 3};
	struct series *series = calloc(1, sizeof(*series));
	struct errmsg e = {0};

	ops = (struct world_ops){.now = clock_now, .sleep_until = clock_sleep, .wait = clock_wait};
	s = (struct storm){.cfg = &cfg,
			   .world = &world,
			   .strategy = strategy_find("dynamic"),
			   .pattern = pattern_find("toggle"),
			   .series = series};
	hist_init(&r->self.stalls);
	cr_assert_eq(segments_blow(&s, &run, r, NULL, &e), 0, "%s", e.text);
	cr_assert_eq(stood_still, 2);
	cr_assert_eq(run.n_segments, 3);
	for (int i = 0; i < 3; i++)
		cr_assert_float_eq(run.segments[i], 5000, 1e-6, "segment %d: %f", i,
				   run.segments[i]);
	cr_assert_eq(r->elapsed_ns, 60 * NSEC_PER_MSEC, "without the intermissions");
	cr_assert_eq(series->pauses.n, 2);
	free(series);
	free(r);
}

Test(segments, the_main_thread_tells_how_late_it_woke)
{
	static const struct stress_config cfg = {.duration_ns = 27 * NSEC_PER_MSEC, .quiet = true};
	static struct world world = {.ops = &ops};
	struct stress_result *r = calloc(1, sizeof(*r));
	struct segments run = {.want_segments = 1};
	struct errmsg e = {0};

	ops = (struct world_ops){.now = clock_now, .wait = clock_wait};
	s = (struct storm){.cfg = &cfg, .world = &world};
	late = 700 * NSEC_PER_USEC;
	hist_init(&r->self.stalls);
	cr_assert_eq(segments_blow(&s, &run, r, NULL, &e), 0, "%s", e.text);
	cr_assert_eq(r->self.stalls.n, 10, "each 2 ms, and 0.7 ms late");
	cr_assert_eq(r->self.stalls.min, late);
	cr_assert_eq(r->self.stalls.max, late);
	cr_assert_eq(s.stall_ns, late, "by which a flight is the longer");
	cr_assert_eq(r->elapsed_ns, 27 * NSEC_PER_MSEC);
	free(r);
}

/* On this machine: a slice is not shorter than was asked for. */
Test(segments, control_adds_its_slices_up)
{
	static const struct stress_config one = {
		.vectors = 1, .producers = 1, .consumer = CONSUMER_EPOLL};
	static struct world here;
	struct control_sum *sum = calloc(1, sizeof(*sum));
	struct errmsg e = {0};
	uint64_t asked = 0;

	s = (struct storm){.cfg = &one, .world = &here, .strategy = strategy_find("none")};
	s.place.producer[0] = s.place.consumer = -1;
	s.place.crowded = true;
	hist_init(&sum->latency);
	/* on a busy machine the writer may not get a CPU in all of a slice: once more */
	for (; !sum->signals && asked < 3000; asked += 300)
		cr_assert_eq(control_run(&s, 300 * NSEC_PER_MSEC, sum, &e), 0, "%s", e.text);
	cr_assert_eq(control_run(&s, 10 * NSEC_PER_MSEC, sum, &e), 0, "%s", e.text);
	cr_assert_eq(sum->n, asked / 300 + 1);
	cr_assert_geq(sum->elapsed_ns, (asked + 10) * NSEC_PER_MSEC);
	cr_assert_gt(sum->signals, 0);
	cr_assert_eq(sum->signals, sum->latency.n, "in closed loop one a wake-up");
	cr_assert_gt(sum->latency.max, 0);
	cr_assert_lt(sum->latency.max, sum->elapsed_ns, "within a slice");
	free(sum);
}

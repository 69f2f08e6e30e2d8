/* SPDX-License-Identifier: MIT */
/*
 * The report of a made-up result, every figure of which is another: what a line or a key shows is
 * that figure, to the digit.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "stress/report.h"
#include "support/clock.h"

static struct stress_config cfg;
static struct stress_result *r;
static struct fault_counts planted;

/* p50 @v, p90 10 more, p99 20 more, p99.9 30 more, max 40 more: of 1,000 values times @times. */
static void spread(struct hist *h, uint64_t v, uint64_t times)
{
	static const uint64_t n[] = {500, 400, 90, 9, 1};

	hist_init(h);
	for (uint64_t i = 0; i < 5; i++)
		hist_record_n(h, v + 10 * i, n[i] * times);
}

static void fill_tally(struct tally *t)
{
	tally_init(t);
	t->delivered = 900000;
	t->coalesced = 60000;
	t->unarmed = 30000;
	t->lost_explained = 7000;
	t->lost_unexplained = 3000;
	t->extra = 11;
	t->signals = 900011;
	t->late = 123;
	t->wakeups = 456789;
	t->untimed = 9;
	spread(&t->service, 10, 1);
	spread(&t->response[PHASE_STEADY], 11, 1);
	spread(&t->response[PHASE_RESIZE], 12, 2);
	spread(&t->response[PHASE_SETTLE], 13, 3);
	t->missing.n = 1;
	t->missing.at[0] = (struct account_event){.ns = 5 * NSEC_PER_SEC + 71, .vector = 6};
	t->extras.n = 7;
	for (uint32_t i = 0; i < 7; i++)
		t->extras.at[i] = (struct account_event){.ns = 6 * NSEC_PER_SEC, .vector = i};
}

static void fill_series(struct series *s)
{
	s->start_ns = 5 * NSEC_PER_SEC;
	s->slice_ns = 72;
	s->n = 2;
	s->slice[0] = (struct series_slice){81, 82, 83, 84, 85, 86, 87, 88, 89};
	s->slice[1] = (struct series_slice){91, 92, 93, 94, 95, 96, 97, 98, 99};
	s->resizes.n = 1;
	s->resizes.at[0] = (struct series_span){61, 62};
	s->pauses.n = 1;
	s->pauses.at[0] = (struct series_span){63, 64};
}

static void setup(void)
{
	cfg = (struct stress_config){
		.vectors = 64,
		.stable = 8,
		.producers = 2,
		.mode = STRESS_OPEN,
		.rate_hz = 50000,
		.strategy = strategy_find("dynamic"),
		.resize_rate_hz = 250,
		.consumer = CONSUMER_EPOLL,
		.duration_ns = 3500 * NSEC_PER_MSEC,
		.seed = 0x2a,
	};
	planted = (struct fault_counts){.planted = {101, 102, 103, 104, 105, 106}};
	r = calloc(1, sizeof(*r));
	cr_assert_not_null(r);
	snprintf(r->desc.target, sizeof(r->desc.target), "emu:made=up");
	snprintf(r->desc.device, sizeof(r->desc.device), "a made-up device");
	snprintf(r->desc.kernel, sizeof(r->desc.kernel), "9.9");
	snprintf(r->desc.profile, sizeof(r->desc.profile), "6.12");
	snprintf(r->desc.trigger, sizeof(r->desc.trigger), "a finger");
	snprintf(r->placement, sizeof(r->placement), "all over the place");
	snprintf(r->call_text, sizeof(r->call_text), "the call");
	r->strategy = cfg.strategy;
	r->pattern = pattern_find("ramp");
	r->consumer_how = "epoll, as ever";
	r->fired = 1000000;
	fill_tally(&r->tally);
	r->misrouted = 5;
	r->spurious = 4;
	r->strays = 2;
	spread(&r->resize_ns, 14, 1);
	spread(&r->self.stalls, 15, 1);
	r->resizes = 21;
	r->resize_calls = 42;
	r->host_vectors = 16;
	r->refusals = 3;
	r->elapsed_ns = 2500 * NSEC_PER_MSEC;
	r->control = (struct stress_control){.throughput_per_s = 480000,
					     .ratio = .75,
					     .ratio_lo = .5,
					     .ratio_hi = .875,
					     .n_ratios = 6,
					     .p50_ns = 8,
					     .p99_ns = 9,
					     .n = 77};
	r->self.cq_overflows = 31;
	r->self.rearms = 32;
	r->self.held_enters = 1033;
	r->self.ring_full = 33;
	r->self.fire_errors = 34;
	r->self.stale = 35;
	r->taken_known = true;
	r->taken[0] = 36;
	r->taken[3] = 37;
	fill_series(&r->series);
}

static void teardown(void)
{
	free(r);
}

TestSuite(stress_report, .init = setup, .fini = teardown);

static struct stress_report report(void)
{
	return (struct stress_report){.cfg = &cfg, .result = r, .planted = &planted};
}

static char *as_text(void)
{
	struct stress_report rep = report();
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	stress_report_text(&rep, f);
	fclose(f);
	return text;
}

static json_t *as_json(void)
{
	struct stress_report rep = report();
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	struct json j;
	json_t *root;

	json_init(&j, f);
	stress_report_json(&rep, &j, NULL);
	json_finish(&j);
	fclose(f);
	root = json_loads(text, 0, NULL);
	cr_assert(json_is_object(root), "%s", text);
	free(text);
	return root;
}

static void expect_lines(const char *const *lines, size_t n)
{
	char *text = as_text();

	for (size_t i = 0; i < n; i++)
		cr_expect(strstr(text, lines[i]), "no '%s' in:\n%s", lines[i], text);
	free(text);
}

#define EXPECT_LINES(...)                                                                          \
	expect_lines((const char *const[]){__VA_ARGS__},                                           \
		     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void expect_no(const char *what)
{
	char *text = as_text();

	cr_expect_null(strstr(text, what), "'%s' in:\n%s", what, text);
	free(text);
}

/* "a.b.2" of @root. */
static json_t *at(json_t *root, const char *path)
{
	char buf[80], *save, *word;

	snprintf(buf, sizeof(buf), "%s", path);
	for (word = strtok_r(buf, ".", &save); word; word = strtok_r(NULL, ".", &save))
		root = json_is_array(root) ? json_array_get(root, (size_t)atoi(word))
					   : json_object_get(root, word);
	cr_assert_not_null(root, "there is no %s", path);
	return root;
}

static void expect_number(json_t *root, const char *path, double v)
{
	json_t *value = at(root, path);

	cr_expect(json_is_number(value) && fabs(json_number_value(value) - v) < 1e-9 * (1 + v),
		  "%s is %.12g, not %.12g", path, json_number_value(value), v);
}

static void expect_latency(json_t *root, const char *path, uint64_t n, uint64_t p50)
{
	static const char *const keys[] = {"p50", "p90", "p99", "p999", "max"};
	char key[80];

	snprintf(key, sizeof(key), "%s.n", path);
	expect_number(root, key, (double)n);
	for (uint64_t i = 0; i < 5; i++) {
		snprintf(key, sizeof(key), "%s.%s", path, keys[i]);
		expect_number(root, key, (double)(p50 + 10 * i));
	}
}

Test(stress_report, the_text_has_every_count)
{
	EXPECT_LINES(
		"a made-up device on 9.9, trigger a finger, MSI-X ",
		"64 vectors (8 stable), open loop, rate 50,000, resize dynamic by pattern "
		"ramp, epoll, as ever, 2.50 s\n",
		"all over the place\n",
		"interrupts of the vectors live at the end: 36 on CPU 0 37 on CPU 3\n",
		"FINDING  lost 3000 unexplained, spurious 4, misrouted 5 in 1,000,000 fires\n",
		"  3 times a vector was wanted that could not be had: the host had refused it, "
		"or an enable with it (at most 16 were held)\n",
		"  34 fires at armed vectors were refused by the device\n",
		"  fired 1,000,000 = delivered 900,000 + coalesced 60,000 + unarmed 30,000 + "
		"lost explained 7000 + unexplained 3000\n",
		"  spurious 4  misrouted 5  strays 2  late 123  wake-ups 456,789\n",
		"  35 interrupts left pending by an earlier user were discarded first\n",
		"  engine: CQ overflows 31, re-arms 32, waits for a stamp 33; a sleeper woke "
		"late by p99 35 ns, max 55 ns\n",
		"  planted: drop 101 double 102 misroute 103 delay 104 slow-resize 105 die 106\n");
}

Test(stress_report, the_text_has_every_latency)
{
	EXPECT_LINES("  latency         n   p50   p90   p99 p99.9   max\n",
		     "  service     1,000 10 ns 20 ns 30 ns 40 ns 50 ns\n",
		     "  response    6,000 13 ns 23 ns 33 ns 43 ns 53 ns\n",
		     "    in steady 1,000 11 ns 21 ns 31 ns 41 ns 51 ns\n",
		     "    in resize 2,000 12 ns 22 ns 32 ns 42 ns 52 ns\n",
		     "    in settle 3,000 13 ns 23 ns 33 ns 43 ns 53 ns\n",
		     "  a resize    1,000 14 ns 24 ns 34 ns 44 ns 54 ns\n",
		     "  control 480000/s, p50 8 ns, p99 9 ns; ratio to it: throughput 0.75 (0.50 - "
		     "0.88 of 6), p50 "
		     "1.25\n");
}

Test(stress_report, the_text_lists_losses_and_signals_too_many)
{
	EXPECT_LINES("  vector 6: a fire that never arrived, at 0.000000 s of the run\n",
		     "  vector 4: a signal without a fire, at 1.000000 s of the run\n",
		     "  ... and 2 more like it\n");
	r->tally.extras.at[4].kind = SIGNAL_STRAY;
	EXPECT_LINES("  vector 4: a stray, the message of a removed vector, at 1.000000 s of the "
		     "run\n");
	r->tally.extras.at[4].kind = SIGNAL_MISROUTED;
	EXPECT_LINES("  vector 4: the signal of another vector's fire, at 1.000000 s of the "
		     "run\n");
}

Test(stress_report, a_pass_tells_what_it_can_rule_out)
{
	r->tally.lost_unexplained = r->spurious = r->misrouted = r->self.fire_errors = 0;
	EXPECT_LINES(
		"PASS  7000 lost of 1,000,000 fires (7,000 per million, 95 %: 6,838 - 7,165), each "
		"in a gap that the rules allow\n");
	r->tally.lost_explained = 0;
	EXPECT_LINES(
		"PASS  0 lost of 1,000,000 fires (below 3 per million with 95 % confidence)\n");
	r->call_error = -ENOSPC;
	EXPECT_LINES("STOPPED  the host ran short; 0 lost of 1,000,000 fires until then\n",
		     "  a well-formed call failed: the call returned -28 (");
}

Test(stress_report, a_storm_that_was_stopped_does_not_pass)
{
	char *text;
	json_t *root;

	r->tally.lost_unexplained = r->spurious = r->misrouted = r->self.fire_errors = 0;
	r->interrupted = true;
	r->stop_signal = SIGTERM;
	EXPECT_LINES(
		"STOPPED  by SIGTERM: 2.50 of 3.50 s of the storm are done; 7000 lost of 1,000,000 "
		"fires until then\n");
	text = as_text();
	cr_expect(!strstr(text, "PASS"), "%s", text);
	free(text);
	root = as_json();
	cr_expect_str_eq(json_string_value(at(root, "verdict")), "stopped");
	cr_expect_str_eq(json_string_value(at(root, "stopped_by")), "SIGTERM");
	json_decref(root);
	r->tally.lost_unexplained = 1;
	EXPECT_LINES("FINDING  lost 1 unexplained", "STOPPED  by SIGTERM: 2.50 of 3.50 s");
	root = as_json();
	cr_expect_str_eq(json_string_value(at(root, "verdict")), "finding");
	json_decref(root);
}

Test(stress_report, a_ratio_that_nothing_was_compared_for_is_absent)
{
	char *text;
	json_t *root;

	r->control.ratio = 0;
	text = as_text();
	cr_expect(strstr(text, "  control 480000/s, p50 8 ns, p99 9 ns\n"), "%s", text);
	cr_expect(!strstr(text, "ratio to"), "%s", text);
	free(text);
	root = as_json();
	cr_expect(json_is_null(at(root, "ratio.throughput")) &&
		  json_is_null(at(root, "ratio.p50")));
	json_decref(root);
}

Test(stress_report, the_command_repeats_the_run)
{
	char text[640];

	cr_assert_str_eq(stress_command(&cfg, r->desc.target, text, sizeof(text)),
			 "irqstorm stress --target emu:made=up --vectors 64 --stable 8 --producers "
			 "2 --mode open --resize dynamic --consumer epoll --duration 3500ms --seed "
			 "0x2a --rate 50000 --resize-rate 250");
	cfg.rate_hz = cfg.resize_rate_hz = 0;
	cfg.pattern = pattern_find("burst");
	stress_command(&cfg, r->desc.target, text, sizeof(text));
	cr_assert(strstr(text, " --rate max --pattern burst --resize-rate max"), "%s", text);
}

Test(stress_report, json_has_every_count)
{
	static const struct {
		const char *path;
		double value;
	} counts[] = {
		{"vectors", 64},
		{"stable", 8},
		{"producers", 2},
		{"rate", 50000},
		{"duration_s", 2.5},
		{"taken_by_cpu.0", 36},
		{"taken_by_cpu.3", 37},
		{"fired", 1000000},
		{"delivered", 900000},
		{"coalesced", 60000},
		{"unarmed", 30000},
		{"lost.total", 10000},
		{"lost_per_million.rate", 10000},
		{"lost_per_million.lo", 9805.90624},
		{"lost_per_million.hi", 10196.9398},
		{"fired_per_s", 400000},
		{"lost.explained", 7000},
		{"lost.unexplained", 3000},
		{"spurious", 4},
		{"misrouted", 5},
		{"strays", 2},
		{"late", 123},
		{"wakeups", 456789},
		{"resizes", 21},
		{"resize_calls", 42},
		{"host_vectors", 16},
		{"refusals", 3},
		{"call_error", 0},
		{"fire_errors", 34},
		{"planted.drop", 101},
		{"planted.double", 102},
		{"planted.misroute", 103},
		{"planted.delay", 104},
		{"control.throughput_per_s", 480000},
		{"control.p50_ns", 8},
		{"control.p99_ns", 9},
		{"ratio.throughput", .75},
		{"ratio.throughput_lo", .5},
		{"ratio.throughput_hi", .875},
		{"ratio.segments", 6},
		{"ratio.p50", 1.25},
		{"engine.throughput_per_s", 360000},
		{"engine.cq_overflows", 31},
		{"engine.rearms", 32},
		{"engine.held_enters", 1033},
		{"engine.stamp_waits", 33},
		{"engine.untimed", 9},
		{"engine.stale", 35},
		{"engine.stall_p99_ns", 35},
		{"engine.stall_max_ns", 55},
	};
	json_t *root = as_json();

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		expect_number(root, counts[i].path, counts[i].value);
	cr_expect_str_eq(json_string_value(at(root, "verdict")), "finding");
	cr_expect(json_is_null(at(root, "loss_bound_95")), "there were losses");
	cr_expect(json_is_false(at(root, "interrupted")));
	json_decref(root);
}

Test(stress_report, json_has_every_latency)
{
	json_t *root = as_json();

	expect_latency(root, "latency_ns.service", 1000, 10);
	expect_latency(root, "latency_ns.response", 6000, 13);
	expect_latency(root, "phases.steady", 1000, 11);
	expect_latency(root, "phases.resize", 2000, 12);
	expect_latency(root, "phases.settle", 3000, 13);
	expect_number(root, "resize_ns.n", 1000);
	expect_number(root, "resize_ns.p50", 14);
	expect_number(root, "resize_ns.p99", 34);
	expect_number(root, "resize_ns.max", 54);
	json_decref(root);
}

Test(stress_report, json_has_every_bucket)
{
	static const struct {
		const char *key;
		double first, n;
	} rows[] = {
		{"steady", 11, 500},  {"resize", 12, 1000}, {"settle", 13, 1500},
		{"service", 10, 500}, {"resizes", 14, 500},
	};
	json_t *root = as_json();
	char path[80];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(path, sizeof(path), "histogram_ns.%s.0.0", rows[i].key);
		expect_number(root, path, rows[i].first);
		snprintf(path, sizeof(path), "histogram_ns.%s.0.1", rows[i].key);
		expect_number(root, path, rows[i].n);
		snprintf(path, sizeof(path), "histogram_ns.%s", rows[i].key);
		cr_expect_eq(json_array_size(at(root, path)), 5, "%s", path);
	}
	/* a bucket is called by its top */
	hist_record(&r->tally.service, 1000);
	json_decref(root);
	root = as_json();
	expect_number(root, "histogram_ns.service.5.0", 1007);
	json_decref(root);
}

Test(stress_report, json_has_the_series)
{
	json_t *root = as_json();
	char path[80];

	expect_number(root, "series.slice_ns", 72);
	for (int i = 0; i < 2; i++) {
		for (int k = 0; k < 9; k++) {
			snprintf(path, sizeof(path), "series.slices.%d.%d", i, k);
			expect_number(root, path, 81 + 10 * i + k);
		}
	}
	expect_number(root, "series.resizes.0.0", 61);
	expect_number(root, "series.resizes.0.1", 62);
	expect_number(root, "series.pauses.0.0", 63);
	expect_number(root, "series.pauses.0.1", 64);
	expect_number(root, "series.losses.0.0", 71);
	expect_number(root, "series.losses.0.1", 6);
	json_decref(root);
}

Test(stress_report, json_tells_the_bound_of_what_was_not_lost)
{
	json_t *root;

	r->tally.lost_unexplained = r->tally.lost_explained = 0;
	root = as_json();
	expect_number(root, "loss_bound_95", 3. / 910000);
	json_decref(root);
	/* of nothing nothing can be said */
	r->fired = 90000;
	root = as_json();
	cr_expect(json_is_null(at(root, "loss_bound_95")), "no fire was at risk");
	json_decref(root);
}

/* One fire a wake-up in closed loop: there the control measures the response. */
Test(stress_report, the_ratio_of_closed_loop_is_that_of_the_response)
{
	cr_assert_float_eq(stress_ratio_p50(&cfg, r), 10. / 8, 1e-12);
	cfg.mode = STRESS_CLOSED;
	cr_assert_float_eq(stress_ratio_p50(&cfg, r), 13. / 8, 1e-12);
	r->control.p50_ns = 0;
	cr_assert_eq(stress_ratio_p50(&cfg, r), 0, "without a control");
	cr_assert_float_eq(stress_throughput(r), 360000, 1e-9);
	r->elapsed_ns = 0;
	cr_assert_eq(stress_throughput(r), 0, "of no time");
}

Test(stress_report, a_rate_that_was_not_reached_is_told)
{
	json_t *root;

	/* a million in 2.5 seconds */
	cfg.rate_hz = 404000;
	expect_no("rate was not reached");
	root = as_json();
	cr_expect(json_is_true(at(root, "rate_reached")));
	json_decref(root);
	cfg.rate_hz = 405000;
	EXPECT_LINES("  the rate was not reached: 400,000 fires a second of 405,000 that were "
		     "asked for\n");
	root = as_json();
	cr_expect(json_is_false(at(root, "rate_reached")));
	json_decref(root);
	cfg.rate_hz = 0;
	expect_no("rate was not reached");
	root = as_json();
	cr_expect(json_is_null(at(root, "rate_reached")), "there is none to reach");
	json_decref(root);
}

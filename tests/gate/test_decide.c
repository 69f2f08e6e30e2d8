/* SPDX-License-Identifier: MIT */
/* decide: verdicts on made-up measurements whose truth is known. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "gate/decide.h"
#include "support/rng.h"

#define ROUNDS 20u
#define TRIALS 300u

static const struct decide_limits limits = {.min_shift = .10, .noise_limit = .20};

struct rounds {
	double a1[ROUNDS], b[ROUNDS], a2[ROUNDS];
};

/* About normal, mean 0, variance 1. */
static double normal(struct rng *r)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += (double)rng_below(r, 1u << 30) / (1u << 30);
	return sum;
}

/* Latencies around 10, skewed as latencies are; @times as much for the candidate. */
static void make(struct rng *r, double sigma, double times, struct rounds *m)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		m->a1[i] = 10 * exp(sigma * normal(r));
		m->a2[i] = 10 * exp(sigma * normal(r));
		m->b[i] = 10 * times * exp(sigma * normal(r));
	}
}

static struct decision decided(const struct rounds *m, const struct decide_limits *l)
{
	struct decision d;

	cr_assert_eq(decide_interleaved(m->a1, m->b, m->a2, ROUNDS, l, 1, &d), 0);
	return d;
}

static void count(double sigma, double times, unsigned int n[VERDICTS])
{
	struct rounds m;
	struct rng r;

	memset(n, 0, VERDICTS * sizeof(*n));
	rng_init(&r, 2024, (uint64_t)(sigma * 1000) + (uint64_t)(times * 1e6));
	for (unsigned int i = 0; i < TRIALS; i++) {
		make(&r, sigma, times, &m);
		n[decided(&m, &limits).verdict]++;
	}
}

Test(decide, a_build_does_not_fail_against_itself)
{
	unsigned int n[VERDICTS];

	count(.05, 1, n);
	cr_assert_eq(n[VERDICT_PASS], TRIALS, "quiet: %u pass", n[VERDICT_PASS]);
	count(.15, 1, n);
	cr_assert_leq(n[VERDICT_FAIL], TRIALS * 2 / 100, "noisy: %u fail", n[VERDICT_FAIL]);
	count(.50, 1, n);
	cr_assert_leq(n[VERDICT_FAIL], TRIALS * 2 / 100, "wild: %u fail", n[VERDICT_FAIL]);
}

Test(decide, a_third_more_latency_fails)
{
	unsigned int n[VERDICTS];

	count(.05, 1.3, n);
	cr_assert_eq(n[VERDICT_FAIL], TRIALS, "quiet: %u fail", n[VERDICT_FAIL]);
	count(.15, 1.3, n);
	cr_assert_geq(n[VERDICT_FAIL], (TRIALS - n[VERDICT_UNTRUSTED]) * 9 / 10, "noisy: %u fail",
		      n[VERDICT_FAIL]);
}

Test(decide, a_faster_build_passes)
{
	unsigned int n[VERDICTS];

	count(.05, .6, n);
	cr_assert_eq(n[VERDICT_PASS], TRIALS, "%u pass", n[VERDICT_PASS]);
}

Test(decide, what_is_slower_by_less_than_the_bound_passes)
{
	unsigned int n[VERDICTS];

	count(.01, 1.05, n);
	cr_assert_eq(n[VERDICT_PASS], TRIALS, "%u pass", n[VERDICT_PASS]);
}

Test(decide, noise_over_the_limit_is_no_verdict)
{
	unsigned int n[VERDICTS];

	count(1.2, 1, n);
	cr_assert_geq(n[VERDICT_UNTRUSTED], TRIALS * 9 / 10, "%u untrusted", n[VERDICT_UNTRUSTED]);
	cr_assert_leq(n[VERDICT_FAIL], 3, "%u fail", n[VERDICT_FAIL]);
}

/* The median is far off, but chance explains it: as many above as below. */
Test(decide, a_shift_alone_does_not_fail)
{
	struct rounds m;
	struct decision d;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		m.a1[i] = m.a2[i] = i % 2 ? 10 + i * .01 : 20 + i * .01;
		m.b[i] = i < 9 ? 10 + i * .01 : 20 + i * .01;
	}
	d = decided(&m, &limits);
	cr_assert_gt(d.shift, d.bound, "shift %f, bound %f", d.shift, d.bound);
	cr_assert_eq(d.verdict, VERDICT_PASS);
}

Test(decide, a_floor_keeps_what_is_too_small_to_matter_from_failing)
{
	struct decide_limits l = limits;
	struct rounds m;
	struct rng r;

	rng_init(&r, 3, 0);
	make(&r, .02, 1.3, &m);
	cr_assert_eq(decided(&m, &l).verdict, VERDICT_FAIL);
	l.floor = .5;
	cr_assert_eq(decided(&m, &l).verdict, VERDICT_PASS);
	cr_assert_float_eq(decided(&m, &l).bound, .5, 1e-12);
}

Test(decide, the_bound_grows_with_the_noise)
{
	struct rounds quiet, noisy;
	struct rng r;

	rng_init(&r, 4, 0);
	make(&r, .01, 1, &quiet);
	make(&r, .45, 1, &noisy);
	cr_assert_float_eq(decided(&quiet, &limits).bound, .10, 1e-12);
	cr_assert_float_eq(decided(&noisy, &limits).bound, decided(&noisy, &limits).noise, 1e-12);
	cr_assert_gt(decided(&noisy, &limits).noise, .10);
}

/* Two modes, as of a consumer that is woken at times and awake at others, change every few rounds.
 */
Test(decide, a_machine_of_two_minds_does_not_fail_a_build)
{
	unsigned int n[VERDICTS] = {0};
	struct rounds m;
	struct rng r;

	rng_init(&r, 5, 0);
	for (unsigned int k = 0; k < TRIALS; k++) {
		make(&r, .05, 1, &m);
		for (unsigned int i = 0; i < ROUNDS; i++) {
			double times = (i + k) / 4 % 2 ? 6 : 1;

			m.a1[i] *= times;
			m.a2[i] *= times;
			m.b[i] *= times;
		}
		n[decided(&m, &limits).verdict]++;
	}
	cr_assert_leq(n[VERDICT_FAIL], TRIALS / 100, "%u fail", n[VERDICT_FAIL]);
}

Test(decide, a_baseline_from_a_file_is_compared_with_both_samples)
{
	struct decision d;
	struct rounds m;
	struct rng r;

	rng_init(&r, 6, 0);
	make(&r, .05, 1.4, &m);
	cr_assert_eq(decide_saved(m.b, ROUNDS, .02, m.a1, m.a2, ROUNDS, &limits, 1, &d), 0);
	cr_assert_eq(d.verdict, VERDICT_PASS, "faster than the file");
	cr_assert_eq(d.n_b, 2 * ROUNDS);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		m.a1[i] *= 2;
		m.a2[i] *= 2;
	}
	cr_assert_eq(decide_saved(m.b, ROUNDS, .02, m.a1, m.a2, ROUNDS, &limits, 1, &d), 0);
	cr_assert_eq(d.verdict, VERDICT_FAIL);
	cr_assert_eq(decide_saved(m.b, ROUNDS, .30, m.a1, m.a2, ROUNDS, &limits, 1, &d), 0);
	cr_assert_eq(d.verdict, VERDICT_UNTRUSTED, "the file was made in noise");
}

Test(decide, nothing_measured_is_no_verdict)
{
	struct decision d;

	cr_assert_eq(decide_interleaved(NULL, NULL, NULL, 0, &limits, 1, &d), 0);
	cr_assert_eq(d.verdict, VERDICT_UNTRUSTED);
}

Test(looks, decide_as_docs_gate_md_says)
{
	static const struct {
		const char *seen; /* p, f, u */
		int settled;
		enum gate_verdict verdict;
	} table[] = {
		{"p", 1, VERDICT_PASS},        {"f", 0, VERDICT_UNTRUSTED},
		{"u", 0, VERDICT_UNTRUSTED},   {"ff", 1, VERDICT_FAIL},
		{"fp", 0, VERDICT_UNTRUSTED},  {"up", 1, VERDICT_PASS},
		{"fpf", 1, VERDICT_FAIL},      {"fpp", 1, VERDICT_PASS},
		{"fuf", 1, VERDICT_FAIL},      {"ufu", 1, VERDICT_UNTRUSTED},
		{"fup", 1, VERDICT_UNTRUSTED}, {"uuu", 1, VERDICT_UNTRUSTED},
		{"uup", 1, VERDICT_PASS},      {"uuf", 1, VERDICT_UNTRUSTED},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct looks l = {0};

		for (const char *p = table[i].seen; *p; p++) {
			cr_assert(p == table[i].seen || !looks_settled(&l), "%s: too early",
				  table[i].seen);
			looks_add(&l, *p == 'p'   ? VERDICT_PASS
				      : *p == 'f' ? VERDICT_FAIL
						  : VERDICT_UNTRUSTED);
		}
		cr_assert_eq(!!looks_settled(&l), table[i].settled, "%s", table[i].seen);
		cr_assert_eq(looks_verdict(&l), table[i].verdict, "%s", table[i].seen);
	}
}

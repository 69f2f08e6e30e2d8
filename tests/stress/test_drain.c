/* SPDX-License-Identifier: MIT */
/*
 * The engine in virtual time on scenarios that are chosen, not drawn: interrupts that are under way
 * for long, up to the end of the run, which has to wait for them; and who is fired how often.
 */
#include <criterion/criterion.h>

#include "stress/sim/accountant.h"
#include "stress/sim/sim.h"
#include "support/clock.h"

/* Every interrupt takes up to @delay_ns. */
static const struct stress_result *run(struct sim *sim, uint64_t seed, uint64_t delay_ns,
				       enum stress_mode mode, const struct truth **t)
{
	static struct sim_scenario sc;
	const struct stress_config *cfg;
	const struct stress_result *r;
	char why[256] = "";
	struct errmsg e;

	sc = (struct sim_scenario){
		.seed = seed,
		.vectors = 7,
		.stable = 7,
		.producers = 3,
		.mode = mode,
		.strategy = strategy_find("none"),
		.consumer = CONSUMER_URING,
		.rate_hz = 100,
		.duration_ns = NSEC_PER_SEC,
		.deadline_ns = NSEC_PER_SEC,
		.fire_ns = 500,
		.call_ns = 2000,
		.read_ns = 1000,
		.wake_ns = 500,
		.relax_ns = 10000,
		.write_ns = 50000,
		.oversleep_ns = 1000,
		.flight_ns = 1000,
		.delay = 65536,
		.delay_ns = delay_ns,
	};
	cr_assert_eq(sim_run(sim, &sc, &cfg, &r, t, &e), 0, "%s", e.text);
	cr_assert(accountant_agrees(*t, false, cfg, r, why, sizeof(why)), "%s", why);
	cr_assert_gt(r->fired, 0);
	return r;
}

static void expect_all_delivered(uint64_t delay_ns, enum stress_mode mode)
{
	struct sim *sim = sim_new();
	const struct truth *t;

	for (uint64_t seed = 1; seed <= 50; seed++) {
		const struct stress_result *r = run(sim, seed, delay_ns, mode, &t);

		cr_assert_eq(r->tally.delivered, r->fired, "seed %lu: %lu of %lu are delivered",
			     (unsigned long)seed, (unsigned long)r->tally.delivered,
			     (unsigned long)r->fired);
		cr_assert_eq(r->tally.extra, 0, "seed %lu", (unsigned long)seed);
		cr_assert_eq(stress_verdict(r), EXIT_PASS);
	}
	sim_free(sim);
}

Test(drain, what_takes_up_to_40_ms_is_waited_for)
{
	expect_all_delivered(40 * NSEC_PER_MSEC, STRESS_CLOSED);
	expect_all_delivered(40 * NSEC_PER_MSEC, STRESS_OPEN);
}

Test(drain, what_takes_up_to_800_ms_is_waited_for_and_not_lost_before)
{
	expect_all_delivered(800 * NSEC_PER_MSEC, STRESS_CLOSED);
	expect_all_delivered(800 * NSEC_PER_MSEC, STRESS_OPEN);
}

Test(producers, each_fires_its_own_vectors_in_turn)
{
	uint32_t fires[7] = {0};
	struct sim *sim = sim_new();
	const struct truth *t;

	run(sim, 5, NSEC_PER_MSEC, STRESS_OPEN, &t);
	for (uint32_t i = 0; i < t->fires.n; i++)
		fires[TRUTH_FIRE(t, i)->vector]++;
	/* 33 a second each, at two, two and three vectors */
	for (uint32_t v = 0; v < 7; v++)
		cr_assert(fires[v] >= (v < 4 ? 16 : 11) && fires[v] <= (v < 4 ? 17 : 12),
			  "vector %u is fired %u times", v, fires[v]);
	sim_free(sim);
}

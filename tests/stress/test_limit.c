/* SPDX-License-Identifier: MIT */
/*
 * What control is a limit of, in virtual time. In a storm whose device costs what an eventfd costs
 * there is nothing that control leaves out but the device, the ledger and the calls, which are free
 * there: so the ratio to it is 1, in every mode, at every rate, with any number of producers and
 * whatever part of the vectors is in use. A dearer device makes it less, and nothing makes it more.
 */
#include <criterion/criterion.h>

#include "stress/sim/sim.h"
#include "tests/length.h"
#include "vmm/strategy.h"

/* Costs in a simulation are from 1 to twice the figure, at random. */
#define NOISE .04

struct load {
	const char *what;
	enum stress_mode mode;
	uint32_t vectors, stable, producers;
	uint64_t rate_hz;
	const char *strategy;
};

static const struct load loads[] = {
	{"one vector, open", STRESS_OPEN, 1, 1, 1, 0, "none"},
	{"one vector, closed", STRESS_CLOSED, 1, 1, 1, 0, "none"},
	{"vectors, open", STRESS_OPEN, 16, 16, 1, 0, "none"},
	{"vectors, closed", STRESS_CLOSED, 16, 16, 1, 0, "none"},
	{"two producers, open", STRESS_OPEN, 16, 16, 2, 0, "none"},
	{"three producers, closed", STRESS_CLOSED, 16, 16, 3, 0, "none"},
	{"a rate, open", STRESS_OPEN, 16, 16, 1, 8000, "none"},
	{"a rate, closed", STRESS_CLOSED, 16, 16, 1, 8000, "none"},
	{"a rate that cannot be had", STRESS_CLOSED, 4, 4, 2, 10000000, "none"},
	{"some in use, closed", STRESS_CLOSED, 16, 2, 1, 0, "dynamic"},
	{"some in use, open", STRESS_OPEN, 16, 2, 1, 0, "dynamic"},
	{"half of eight, closed", STRESS_CLOSED, 8, 1, 1, 0, "dynamic"},
	{"few in use, closed", STRESS_CLOSED, 16, 1, 1, 0, "upfront"},
};

struct machine {
	uint64_t read_ns, wake_ns, waker_ns;
};

static const struct machine machines[] = {
	{1000, 5000, 0},      /* quick at everything */
	{1000, 100000, 0},    /* slow to wake */
	{30000, 5000, 0},     /* slow to read: the consumer is what limits */
	{20000, 5000, 50000}, /* who wakes another pays for it, as with an interrupt between CPUs */
};

#define LOADS    (sizeof(loads) / sizeof(loads[0]))
#define MACHINES (sizeof(machines) / sizeof(machines[0]))
#define WRITE_NS 20000u

/* A simulated fire is twice @half_fire_ns, before its signal is there and after. */
static double ratio_of(const struct load *l, const struct machine *m, uint64_t half_fire_ns)
{
	const struct sim_scenario sc = {
		.seed = 1,
		.vectors = l->vectors,
		.stable = l->stable,
		.producers = l->producers,
		.mode = l->mode,
		.consumer = CONSUMER_URING,
		.strategy = strategy_find(l->strategy),
		.rate_hz = l->rate_hz,
		.resize_rate_hz = 2000,
		.duration_ns = LENGTH(300000000, 1500000000),
		.deadline_ns = 1000000000,
		.control = true,
		.fire_ns = half_fire_ns,
		.write_ns = WRITE_NS,
		.call_ns = 1000,
		.read_ns = m->read_ns,
		.wake_ns = m->wake_ns,
		.waker_ns = m->waker_ns,
		.relax_ns = 2000,
		.oversleep_ns = 1000,
		.sync = true,
	};
	const struct stress_config *cfg;
	const struct stress_result *r;
	const struct truth *t;
	struct sim *s = sim_new();
	struct errmsg e = {0};
	double ratio;

	cr_assert(s);
	cr_assert_eq(sim_run(s, &sc, &cfg, &r, &t, &e), 0, "%s: %s", l->what, e.text);
	ratio = r->control.ratio;
	sim_free(s);
	return ratio;
}

Test(limit, a_device_that_costs_nothing_more_comes_to_1_and_no_further)
{
	for (size_t i = 0; i < LOADS; i++) {
		for (size_t k = 0; k < MACHINES; k++) {
			double ratio = ratio_of(&loads[i], &machines[k], WRITE_NS / 2);

			/* control has a whole number of vectors, at least the storm's average */
			double least = loads[i].stable < loads[i].vectors ? .8 : 1 - 2 * NOISE;

			cr_expect(ratio < 1 + NOISE && ratio > least, "%s, machine %zu: %.3f",
				  loads[i].what, k, ratio);
		}
	}
}

Test(limit, a_dearer_device_comes_to_less)
{
	for (size_t i = 0; i < LOADS; i++) {
		double ratio = ratio_of(&loads[i], &machines[0], 2 * WRITE_NS);
		/* at a rate that both can keep, there is nothing to tell them apart */
		bool kept = loads[i].rate_hz && loads[i].rate_hz < 1000000;

		cr_expect(kept ? ratio > 1 - 2 * NOISE && ratio < 1 + NOISE : ratio < .5,
			  "%s: %.3f", loads[i].what, ratio);
	}
}

/* SPDX-License-Identifier: MIT */
#include "bench/cost.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "exec/target.h"

static struct backend *be;
static struct cost cost;
static struct cost_curve *curve;
static struct errmsg e;

static void setup(void)
{
	curve = calloc(1, sizeof(*curve));
	cr_assert(curve);
}

static void teardown(void)
{
	cost_fini(&cost);
	backend_close(be);
	free(curve);
}

TestSuite(cost, .init = setup, .fini = teardown, .timeout = 60);

static void begin(const char *target, const char *strategy)
{
	cr_assert_eq(target_open(target, &be, &e), 0, "%s", e.text);
	cr_assert_eq(cost_init(&cost, be, 100000, 1, &e), 0, "%s", e.text);
	cost_begin(&cost, strategy_find(strategy), curve);
}

static void measure(uint32_t rounds)
{
	for (uint32_t i = 0; i < rounds; i++)
		cr_assert_eq(cost_round(&cost, curve, &e), 0, "%s", e.text);
	cost_finish(curve);
}

Test(cost, points_are_powers_of_two_and_all_but_one)
{
	static const uint32_t held[] = {1, 2, 4, 8, 16, 32, 63};

	begin("emu:vectors=64", "dynamic");
	cr_assert_eq(curve->n_points, 7);
	for (uint32_t i = 0; i < 7; i++)
		cr_assert_eq(curve->point[i].held, held[i]);
}

Test(cost, each_strategy_that_resizes_gives_a_figure_for_each_move)
{
	for (int i = 0; strategies[i]; i++) {
		if (!cost_applies(strategies[i]))
			continue;
		begin("emu:vectors=8", strategies[i]->name);
		cr_assert_not(curve->cannot, "%s: %s", strategies[i]->name, curve->why);
		measure(2);
		for (uint32_t p = 0; p < curve->n_points; p++) {
			for (int m = 0; m < COST_MOVES; m++) {
				const struct cost_point *at = &curve->point[p];

				cr_assert_geq(at->samples[m], 2);
				cr_assert_gt(at->interval[m].median, 0, "%s, %u held, %s",
					     strategies[i]->name, at->held, cost_move_names[m]);
			}
		}
		teardown();
		be = NULL;
		setup();
	}
}

Test(cost, what_makes_no_call_each_time_is_left_out)
{
	cr_assert_not(cost_applies(strategy_find("none")));
	cr_assert_not(cost_applies(strategy_find("keep")));
	cr_assert_not(cost_applies(strategy_find("random")));
	cr_assert(cost_applies(strategy_find("swap")));
}

Test(cost, what_the_kernel_cannot_do_says_so)
{
	begin("emu:profile=6.1,vectors=8", "dynamic");
	cr_assert(curve->cannot);
	cr_assert(strstr(curve->why, "NORESIZE"), "%s", curve->why);
	cr_assert_eq(curve->n_points, 0);
}

Test(cost, a_host_that_runs_short_is_an_error)
{
	int err = 0;

	begin("emu:vectors=64,hostvecs=8", "upfront");
	for (uint32_t i = 0; !err && i < 2; i++)
		err = cost_round(&cost, curve, &e);
	cr_assert_lt(err, 0);
	cr_assert_eq(e.exit, EXIT_ENVIRONMENT);
}

Test(cost, the_index_is_left_disabled)
{
	struct irq_set_buf buf;
	int32_t fd = -1;

	begin("emu:vectors=8", "teardown");
	measure(1);
	/* it can be enabled by another index: it is not enabled (R18) */
	cr_assert_eq(
		backend_set_irqs(be, irq_set_eventfds(&buf, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, &fd)), 0);
	backend_set_irqs(be, irq_set_disable(&buf, VFIO_PCI_MSI_IRQ_INDEX));
}

Test(cost, growth_compares_16_with_the_most)
{
	curve->n_points = 3;
	curve->point[0].held = 8;
	curve->point[1].held = 16;
	curve->point[2].held = 1024;
	for (uint32_t p = 0; p < 3; p++)
		curve->point[p].interval[COST_ADD].median = p + 1;
	cr_assert_float_eq(cost_growth(curve, COST_ADD), 1.5, 1e-9);
	curve->n_points = 2;
	cr_assert(isnan(cost_growth(curve, COST_ADD)));
}

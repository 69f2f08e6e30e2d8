/* SPDX-License-Identifier: MIT */
/*
 * What a strategy promises of its plans is checked in every run (R54): one that breaks it would
 * explain losses by what never happened, and its run is no measurement.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exec/target.h"
#include "stress/engine.h"
#include "vmm/plans.h"

#define VECTORS 8
#define STABLE  2

static void set_one(struct vmm_state *s, enum vmm_event event, uint32_t vector, struct vmm_plan *p)
{
	if (event == VMM_ENABLE) {
		plan_add(p, CALL_SET, 0, s->vectors);
		return;
	}
	s->wanted[vector] = event == VMM_USE;
	plan_add(p, CALL_SET, vector, 1);
}

static void cover_all(struct vmm_state *s, enum vmm_event event, uint32_t vector,
		      struct vmm_plan *p)
{
	set_one(s, event, vector, p);
	p->first = 0;
	p->count = s->vectors;
}

static void touch_all(struct vmm_state *s, enum vmm_event event, uint32_t vector,
		      struct vmm_plan *p)
{
	set_one(s, event, vector, p);
	p->calls[0] = (struct vmm_call){.kind = CALL_SET, .count = s->vectors};
}

static void tear_down(struct vmm_state *s, enum vmm_event event, uint32_t vector,
		      struct vmm_plan *p)
{
	if (event != VMM_ENABLE) {
		plan_begin(p, PLAN_TEARDOWN, 0, s->vectors);
		plan_add(p, CALL_DISABLE, 0, 0);
		s->wanted[vector] = event == VMM_USE;
	}
	plan_add(p, CALL_SET, 0, s->vectors);
}

/* Sets a live vector again, which is a swap. */
static void set_again(struct vmm_state *s, enum vmm_event event, uint32_t vector,
		      struct vmm_plan *p)
{
	if (event == VMM_ENABLE) {
		set_one(s, event, vector, p);
		return;
	}
	plan_begin(p, PLAN_IN_PLACE, 0, 1);
	plan_add(p, CALL_SET, 0, 1);
}

typedef void (*plan_fn)(struct vmm_state *s, enum vmm_event event, uint32_t vector,
			struct vmm_plan *p);

static int run(plan_fn plan, uint32_t gaps, bool two_sides, uint64_t duration_ns, struct errmsg *e)
{
	const struct strategy st = {
		.name = "made-up",
		.index = VFIO_PCI_MSIX_IRQ_INDEX,
		.pattern = "toggle",
		.gaps = gaps,
		.two_sides = two_sides,
		.plan = plan,
	};
	struct stress_config cfg = {
		.vectors = VECTORS,
		.stable = STABLE,
		.producers = 1,
		.strategy = &st,
		.resize_rate_hz = 1000,
		.consumer = CONSUMER_EPOLL,
		.duration_ns = duration_ns,
		.deadline_ns = NSEC_PER_SEC,
		.seed = 1,
		.quiet = true,
		.no_control = true,
	};
	struct stress_result *r = calloc(1, sizeof(*r));
	struct backend *be;
	int err;

	cr_assert_eq(target_open_sized("emu:profile=6.12", VECTORS, &be, e), 0, "%s", e->text);
	err = stress_run(&cfg, be, r, e);
	backend_close(be);
	free(r);
	return err;
}

static void expect_breach(plan_fn plan, uint32_t gaps, const char *what)
{
	struct errmsg e = {0};
	/* longer than anybody would wait: the breach ends it */
	int err = run(plan, gaps, false, 15 * NSEC_PER_SEC, &e);

	cr_assert_eq(err, -EPROTO, "%d: %s", err, e.text);
	cr_assert_eq(e.exit, EXIT_ENVIRONMENT, "exit %d", e.exit);
	cr_assert(strstr(e.text, what), "'%s' says nothing of '%s'", e.text, what);
	cr_assert(strstr(e.text, "made-up"), "'%s' does not say whose", e.text);
}

Test(promise, a_plan_that_covers_what_its_calls_do_not_touch_ends_the_run, .timeout = 100)
{
	expect_breach(cover_all, GAP_REMOVE, "cover, without touching it, vector");
}

Test(promise, a_plan_that_touches_what_it_does_not_cover_ends_the_run, .timeout = 100)
{
	expect_breach(touch_all, GAP_REMOVE, "touch, without covering it, vector");
}

Test(promise, a_removal_without_that_gap_ends_the_run, .timeout = 100)
{
	expect_breach(set_one, 0, "remove vector");
}

Test(promise, a_teardown_without_that_gap_ends_the_run, .timeout = 100)
{
	expect_breach(tear_down, GAP_REMOVE, "tear down vector");
}

Test(promise, a_swap_with_one_eventfd_a_vector_ends_the_run, .timeout = 100)
{
	expect_breach(set_again, GAP_REMOVE | GAP_REPLACE, "replace the trigger of vector");
}

Test(promise, plans_that_keep_it_run_to_the_end, .timeout = 100)
{
	static const struct {
		plan_fn plan;
		uint32_t gaps;
		bool two_sides;
	} good[] = {
		{set_one, GAP_REMOVE, false},
		{tear_down, GAP_REMOVE | GAP_TEARDOWN, false},
		{set_again, GAP_REPLACE, true},
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct errmsg e = {0};

		cr_assert_eq(
			run(good[i].plan, good[i].gaps, good[i].two_sides, 100 * NSEC_PER_MSEC, &e),
			0, "%zu: %s", i, e.text);
	}
}

/* SPDX-License-Identifier: MIT */
/* A program as a strategy: what of it resizes, and how it is brought within what there is. */
#include <criterion/criterion.h>
#include <string.h>

#include "program/text.h"
#include "vmm/script.h"

#define VECTORS 8
#define STABLE  2

struct play {
	struct program p;
	struct vmm_state s;
	struct vmm_plan plan;
};

static void play_init(struct play *y, const char *text)
{
	struct errmsg e = {0};

	memset(y, 0, sizeof(*y));
	program_init(&y->p);
	cr_assert_eq(text_parse(text, strlen(text), "test", &y->p, &e), 0, "%s", e.text);
	cr_assert_eq(vmm_state_init(&y->s, VECTORS, STABLE, true, 0), 0);
	y->s.script = &y->p;
	memset(y->s.wanted, 1, STABLE);
	strategy_plan(&strategy_script, &y->s, VMM_ENABLE, 0, &y->plan);
}

static void play_fini(struct play *y)
{
	vmm_state_fini(&y->s);
	program_free(&y->p);
}

/* The set of the plan: its last call. */
static const struct vmm_call *set(const struct play *y)
{
	return &y->plan.calls[y->plan.n - 1];
}

static void next(struct play *y)
{
	strategy_script.next(&y->s, &y->plan);
}

Test(script, only_sets_of_msix_triggers_and_its_disable_resize)
{
	static const char *const others[] = {
		"irq_info msix\n",
		"set_irqs msi trigger eventfd fds=e0\n",
		"set_irqs msix trigger none count=1\n",
		"set_irqs intx mask none count=1\n",
		"fire msix 0\n",
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct play y;

		play_init(&y, others[i]);
		cr_assert_not(script_resizes(&y.p), "%s", others[i]);
		play_fini(&y);
	}
}

Test(script, sets_arm_and_disarm_and_it_begins_anew_at_the_end)
{
	struct play y;

	play_init(&y, "fire msix 0\n"
		      "set_irqs msix trigger eventfd start=3 fds=e0,-1,e1\n"
		      "set_irqs msix trigger eventfd start=3 fds=-1\n");
	cr_assert(script_resizes(&y.p));
	cr_assert_eq(set(&y)->count, STABLE, "the enable holds what is stable");
	next(&y);
	cr_assert_eq(y.plan.kind, PLAN_IN_PLACE);
	cr_assert(set(&y)->start == 3 && set(&y)->count == 3);
	cr_assert(y.s.wanted[3] && !y.s.wanted[4] && y.s.wanted[5]);
	cr_assert(y.s.side[3] == 0 && y.s.side[5] == 1);
	next(&y);
	cr_assert(!y.s.wanted[3] && y.s.wanted[5]);
	next(&y);
	cr_assert(y.s.wanted[3], "again from the start");
	play_fini(&y);
}

Test(script, stable_vectors_are_set_again_rather_than_disarmed)
{
	struct play y;

	play_init(&y, "set_irqs msix trigger eventfd start=0 fds=-1,-1,-1\n");
	next(&y);
	cr_assert(y.s.wanted[0] && y.s.wanted[1] && !y.s.wanted[2]);
	cr_assert_eq(set(&y)->count, 3);
	play_fini(&y);
}

Test(script, ranges_are_brought_within_the_vectors)
{
	struct play y;

	play_init(&y, "set_irqs msix trigger eventfd start=2046 fds=e0,e0,e0,e0\n");
	next(&y);
	cr_assert_eq(set(&y)->start, 2046 % VECTORS);
	cr_assert_eq(set(&y)->count, VECTORS - 2046 % VECTORS);
	play_fini(&y);
}

Test(script, a_disable_enables_again_no_more_than_is_wanted_where_vectors_can_be_added)
{
	struct play y;

	play_init(&y, "set_irqs msix trigger eventfd start=4 fds=e0\n"
		      "set_irqs msix trigger none count=0\n");
	next(&y);
	next(&y);
	cr_assert(y.plan.calls[0].kind == CALL_DISABLE && y.plan.kind == PLAN_TEARDOWN);
	cr_assert(y.plan.first == 0 && y.plan.count == VECTORS, "every vector is touched");
	cr_assert_eq(set(&y)->count, 5);
	y.s.dynamic = false;
	next(&y);
	next(&y);
	cr_assert_eq(set(&y)->count, VECTORS, "later sets must stay within nvec");
	play_fini(&y);
}

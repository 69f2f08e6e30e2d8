/* SPDX-License-Identifier: MIT */
/* Strategies plan only what their kernel rules allow, and the same from the same seed. */
#include <criterion/criterion.h>
#include <string.h>

#include "vmm/strategy.h"

#define VECTORS 16
#define STABLE  4

struct plan {
	struct vmm_state s;
	uint8_t wanted[VECTORS], side[VECTORS];
};

static void plan_init(struct plan *p, uint64_t seed)
{
	memset(p, 0, sizeof(*p));
	p->s.vectors = VECTORS;
	p->s.stable = STABLE;
	p->s.wanted = p->wanted;
	p->s.side = p->side;
	rng_init(&p->s.rng, seed, 1);
}

static const struct strategy *by_name(const char *name)
{
	for (int i = 0; strategies[i]; i++) {
		if (!strcmp(strategies[i]->name, name))
			return strategies[i];
	}
	cr_assert_fail("no strategy %s", name);
	return NULL;
}

Test(strategy, names_match_the_table)
{
	int i;

	for (i = 0; strategies[i]; i++)
		cr_assert_str_eq(strategies[i]->name, strategy_names[i], "entry %d", i);
	cr_assert_null(strategy_names[i], "both end together");
}

Test(strategy, stable_vectors_are_wanted_all_through_and_plans_stay_in_range)
{
	for (int i = 0; strategies[i]; i++) {
		struct resize r;
		struct plan p;

		plan_init(&p, 42);
		strategies[i]->start(&p.s, &r);
		for (int step = 0; step < 5000; step++) {
			cr_assert_leq(r.set_start + r.set_count, VECTORS, "%s",
				      strategies[i]->name);
			cr_assert_leq(r.first + r.count, VECTORS, "%s", strategies[i]->name);
			cr_assert_gt(r.set_count, 0, "%s", strategies[i]->name);
			cr_assert_eq(r.disable_first, r.kind == RESIZE_TEARDOWN, "%s",
				     strategies[i]->name);
			for (int v = 0; v < STABLE; v++)
				cr_assert(p.wanted[v], "%s: stable vector %d", strategies[i]->name,
					  v);
			if (!strategies[i]->next)
				break;
			strategies[i]->next(&p.s, &r);
		}
	}
}

Test(strategy, dynamic_and_upfront_touch_one_churned_vector_at_a_time)
{
	static const char *const names[] = {"dynamic", "upfront"};

	for (int i = 0; i < 2; i++) {
		const struct strategy *st = by_name(names[i]);
		struct resize r;
		struct plan p;

		plan_init(&p, 1);
		st->start(&p.s, &r);
		cr_assert_eq(r.set_count, i ? VECTORS : STABLE, "%s allocates", names[i]);
		for (int step = 0; step < 1000; step++) {
			st->next(&p.s, &r);
			cr_assert_eq(r.count, 1, "one vector");
			cr_assert_geq(r.first, STABLE, "a churned one");
			cr_assert_eq(r.kind, RESIZE_IN_PLACE, "in place");
		}
	}
}

Test(strategy, teardown_grows_to_all_vectors_and_shrinks_to_the_stable_ones)
{
	const struct strategy *st = by_name("teardown");
	uint32_t least = VECTORS, most = 0, last;
	struct resize r;
	struct plan p;

	plan_init(&p, 1);
	st->start(&p.s, &r);
	last = r.set_count;
	for (int step = 0; step < 200; step++) {
		st->next(&p.s, &r);
		cr_assert(r.set_count == last + 1 || r.set_count + 1 == last, "by one");
		last = r.set_count;
		least = last < least ? last : least;
		most = last > most ? last : most;
	}
	cr_assert_eq(least, STABLE, "least %u", least);
	cr_assert_eq(most, VECTORS, "most %u", most);
}

Test(strategy, same_seed_same_plan)
{
	const struct strategy *st = by_name("random");
	struct resize a, b;
	struct plan p, q;

	plan_init(&p, 99);
	plan_init(&q, 99);
	st->start(&p.s, &a);
	st->start(&q.s, &b);
	for (int step = 0; step < 1000; step++) {
		st->next(&p.s, &a);
		st->next(&q.s, &b);
		cr_assert_eq(memcmp(&a, &b, sizeof(a)), 0, "step %d", step);
		cr_assert_eq(memcmp(p.wanted, q.wanted, VECTORS), 0, "step %d", step);
	}
}

Test(strategy, random_never_sets_a_live_vector_in_place)
{
	const struct strategy *st = by_name("random");
	uint8_t before[VECTORS];
	struct resize r;
	struct plan p;

	plan_init(&p, 5);
	st->start(&p.s, &r);
	for (int step = 0; step < 5000; step++) {
		memcpy(before, p.wanted, VECTORS);
		st->next(&p.s, &r);
		if (r.kind != RESIZE_IN_PLACE)
			continue;
		for (uint32_t v = r.first; v < r.first + r.count; v++)
			cr_assert_neq(before[v], p.wanted[v],
				      "a live vector set again is a swap (R80)");
	}
}

/* SPDX-License-Identifier: MIT */
/* Delivery: masks, pending bits, messages, and events inside a call (sections 1.11 and 2.1). */
#include <criterion/criterion.h>
#include <string.h>

#include "program/binary.h"
#include "support/rng.h"
#include "world.h"

Test(model, fired_while_disarmed_comes_when_armed)
{
	for_each_kernel(cfg)
	{
		struct world w;

		world_open(&w, *cfg);
		tell(&w,
		     "set_irqs msix trigger eventfd fds=e0; set_irqs msix trigger eventfd fds=-1\n"
		     "fire msix 0; fire msix 0; entry 0\nexpect value=3\n"
		     "set_irqs msix trigger eventfd fds=e1; read e1\nexpect value=1\n"
		     "read e0\nexpect -EAGAIN\nentry 0\nexpect value=0\n");
	}
}

Test(model, fired_before_its_first_allocation_comes_when_added)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0; fire msix 5\n"
		 "set_irqs msix trigger eventfd start=5 fds=e1; read e1\nexpect value=1\n");
}

Test(model, fired_while_disabled_is_lost)
{
	for_each_kernel(cfg)
	{
		struct world w;

		world_open(&w, *cfg);
		tell(&w,
		     "set_irqs msix trigger eventfd fds=e0; set_irqs msix trigger none count=0\n"
		     "fire msix 0; set_irqs msix trigger eventfd fds=e0\n"
		     "read e0\nexpect -EAGAIN\n");
	}
}

Test(model, pending_bits_survive_disable_unless_the_device_clears_them)
{
	for_each_kernel(cfg)
	{
		struct world w;

		world_open(&w, *cfg);
		tell(&w,
		     "set_irqs msix trigger eventfd fds=-1; fire msix 0\n"
		     "set_irqs msix trigger none count=0; set_irqs msix trigger eventfd fds=e0\n"
		     "read e0\nexpect value=1\n");
		cfg->pba_cleared = true;
		world_open(&w, *cfg);
		tell(&w,
		     "set_irqs msix trigger eventfd fds=-1; fire msix 0\n"
		     "set_irqs msix trigger none count=0; set_irqs msix trigger eventfd fds=e0\n"
		     "read e0\nexpect -EAGAIN\n");
	}
}

Test(model, the_function_mask_holds_back_and_lets_go)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0; function_mask 1; fire msix 0; fire msix 0\n"
		 "read e0\nexpect -EAGAIN\nfunction_mask 0; read e0\nexpect value=1\n");
}

Test(model, a_wiped_table_is_repaired_vector_by_vector)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0,e1; wipe; fire msix 0; fire msix 1\n"
		 "read e0\nexpect -EAGAIN\n"
		 "set_irqs msix trigger eventfd fds=e0; read e0\nexpect value=1\n"
		 "read e1\nexpect -EAGAIN\n");
}

Test(model, a_caching_function_sends_the_message_of_its_last_unmask)
{
	struct model_config cfg = kernel_6_12();
	struct world w;

	world_open(&w, cfg);
	tell(&w, "set_irqs msix trigger eventfd fds=e0; scribble 0; fire msix 0\n"
		 "read e0\nexpect -EAGAIN\n");
	cfg.message_cached = true;
	world_open(&w, cfg);
	tell(&w, "set_irqs msix trigger eventfd fds=e0; scribble 0; fire msix 0\n"
		 "read e0\nexpect value=1\n"
		 "function_mask 1; function_mask 0; fire msix 0; read e0\nexpect -EAGAIN\n");
}

Test(model, an_unseen_table_write_leaves_the_entry_as_it_was)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0; scribble 0\n"
		 "fail 6; set_irqs msix trigger eventfd fds=e0\nexpect 0\n"
		 "fire msix 0; read e0\nexpect -EAGAIN\n"
		 "set_irqs msix trigger eventfd fds=e0; fire msix 0; read e0\nexpect value=1\n");
}

Test(model, in_d3hot_nothing_is_raised)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0; power d3hot; fire msix 0\n"
		 "entry 0\nexpect -EIO\npower d0; read e0\nexpect -EAGAIN\n"
		 "fire msix 0; read e0\nexpect value=1\n");
}

Test(model, closing_a_descriptor_stops_nothing)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0; dup e0 e1; close e0\n"
		 "fire msix 0; read e1\nexpect value=1\nclose e1; fire msix 0\n"
		 "open e0; read e0\nexpect -EAGAIN\n");
	cr_assert_eq(w.m.references, 1, "R65");
}

Test(model, an_event_inside_the_call_that_arms_may_come_before_or_after)
{
	struct world w;
	uint64_t lo, hi;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=-1\n"
		 "at 4 { fire msix 0 }\nset_irqs msix trigger eventfd fds=e0\n");
	model_counter(&w.m, 0, &lo, &hi);
	cr_assert_eq(lo, 0);
	cr_assert_eq(hi, 1);
	cr_assert(vector_in(&w.m.maybe, 0), "it may still be pending");
}

Test(model, an_event_on_a_vector_outside_of_the_call_is_exact)
{
	struct world w;
	uint64_t lo, hi;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0,e1\n"
		 "at 4 { fire msix 1 }\nset_irqs msix trigger eventfd fds=e2\n");
	model_counter(&w.m, 1, &lo, &hi);
	cr_assert_eq(lo, 1);
	cr_assert_eq(hi, 1, "R54");
}

/* What the last AT call came to, seen as @e0 and @e1 signals and vector 0 pending or not. */
static int seen_as(struct world *w, uint64_t e0, uint64_t e1, bool pending)
{
	struct model m = w->m;

	model_observe_counter(&m, 0, e0);
	model_observe_counter(&m, 1, e1);
	model_observe_pending(&m, 0, pending);
	return model_observe_events(&m);
}

Test(model, an_event_inside_a_replacement_comes_to_one_thing_and_no_more)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0\n"
		 "at 4 { fire msix 0 }\nset_irqs msix trigger eventfd fds=e1\n");
	cr_assert_eq(seen_as(&w, 1, 0, false), 0, "by the old trigger");
	cr_assert_eq(seen_as(&w, 0, 1, false), 0, "or by the new one (P8)");
	cr_assert_eq(seen_as(&w, 0, 0, true), 0, "or it pends");
	cr_assert_eq(seen_as(&w, 0, 0, false), -1, "but it is not lost");
	cr_assert_eq(seen_as(&w, 1, 1, false), 1, "nor does it come twice");
	cr_assert_eq(seen_as(&w, 1, 0, true), 1, "in no way");
}

Test(model, two_events_on_a_vector_may_become_one)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0\n"
		 "at 4 { fire msix 0; fire msix 0 }\nset_irqs msix trigger eventfd fds=e1\n");
	cr_assert_eq(seen_as(&w, 2, 0, false), 0, "before the mask");
	cr_assert_eq(seen_as(&w, 0, 1, false), 0, "P3");
	cr_assert_eq(seen_as(&w, 0, 0, false), -1, "not nothing");
}

Test(model, a_posted_message_is_lost_only_with_the_trigger_that_it_was_for)
{
	struct model_config cfg = kernel_6_12();
	struct world w;

	cfg.posted = true;
	world_open(&w, cfg);
	tell(&w, "set_irqs msix trigger eventfd fds=e0\n"
		 "at 4 { fire msix 0 }\nset_irqs msix trigger eventfd fds=e1\n");
	cr_assert_eq(seen_as(&w, 0, 0, false), 0, "replaced (R80)");
	cr_assert_gt(w.rules.n[R(80)], 0, "which counts as such");
	world_open(&w, cfg);
	tell(&w, "set_irqs msix trigger eventfd fds=-1\n"
		 "at 4 { fire msix 0 }\nset_irqs msix trigger eventfd fds=e1\n");
	cr_assert_eq(seen_as(&w, 0, 0, false), -1, "armed: it was masked until then (P8)");
	world_open(&w, cfg);
	tell(&w, "set_irqs msix trigger eventfd fds=e0\n"
		 "at 4 { fire msix 0 }\nset_irqs msix trigger none count=1\n");
	cr_assert_eq(seen_as(&w, 1, 0, false), -1, "loopback: 1 of 2");
	cr_assert_eq(seen_as(&w, 2, 0, false), 0, "loopback tears nothing down");
	world_open(&w, cfg);
	tell(&w, "set_irqs msix trigger eventfd fds=-1\n"
		 "at 4 { fire msix 0 }\nset_irqs msix trigger eventfd fds=e1,closed\n");
	cr_assert_eq(seen_as(&w, 0, 0, false), 0, "set and rolled back (R53)");
}

Test(model, what_cannot_be_seen_is_not_missed)
{
	struct world w;

	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0; close e0\n"
		 "at 4 { fire msix 0 }\nset_irqs msix trigger eventfd fds=e1\n");
	cr_assert_eq(seen_as(&w, 0, 0, false), 0, "by a trigger without descriptors");
	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0; scribble 0\n"
		 "at 4 { fire msix 0 }\nset_irqs msix trigger eventfd fds=e1\n");
	cr_assert_eq(seen_as(&w, 0, 0, false), 0, "by a message that leads nowhere");
	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0\n"
		 "at 4 { fire msix 0; read e0 }\nset_irqs msix trigger eventfd fds=e1\n");
	cr_assert_eq(seen_as(&w, 0, 0, false), 0, "by a counter that was read");
	world_open(&w, kernel_6_12());
	tell(&w, "set_irqs msix trigger eventfd fds=e0\n"
		 "at 4 { fire msix 0 }\nset_irqs msix trigger none count=0\n");
	cr_assert_eq(seen_as(&w, 0, 0, false), 0, "after a disable (P8)");
}

Test(model, equal_states_have_equal_digests)
{
	struct world a, b;

	world_open(&a, kernel_6_12());
	world_open(&b, kernel_6_12());
	tell(&a, "set_irqs msix trigger eventfd fds=e0,e1\n");
	tell(&b, "set_irqs msix trigger eventfd fds=e3,e1; set_irqs msix trigger eventfd fds=e0\n");
	cr_assert_eq(model_digest(&a.m), model_digest(&b.m));
	tell(&b, "fire msix 1\n");
	cr_assert_neq(model_digest(&a.m), model_digest(&b.m));
}

/* Whatever was done to it: what is left out when a model is used again was not touched. */
Test(model, one_that_was_used_is_as_new)
{
	static struct model used, fresh;
	struct model_config sizes[3] = {kernel_6_12(), kernel_6_1(), kernel_6_12()};
	struct expectation want;
	uint8_t data[300];
	struct program p;
	struct rng rng;

	sizes[1].count[VFIO_PCI_MSIX_IRQ_INDEX] = 2048;
	sizes[2].count[VFIO_PCI_MSIX_IRQ_INDEX] = 0;
	program_init(&p);
	rng_init(&rng, 5, 0);
	model_init(&used, &sizes[0], NULL);
	for (int round = 0; round < 5000; round++) {
		const struct model_config *next = &sizes[rng_below(&rng, 3)];

		for (uint32_t i = 0; i < sizeof(data); i++)
			data[i] = (uint8_t)rng_u64(&rng);
		cr_assert_eq(binary_decode(data, sizeof(data), &p), 0);
		for (uint32_t i = 0; i < p.n; i++) {
			if (p.ops[i].kind != OP_AT && p.ops[i].kind != OP_EXPECT)
				model_step(&used, &p.ops[i], &want);
		}
		model_renew(&used, next, NULL);
		memset(&fresh, 0, sizeof(fresh));
		model_init(&fresh, next, NULL);
		cr_assert_eq(memcmp(&used, &fresh, sizeof(fresh)), 0, "round %d", round);
	}
	program_free(&p);
}

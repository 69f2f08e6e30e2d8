/* SPDX-License-Identifier: MIT */
/*
 * What a guest gets through each strategy: where which one loses an interrupt, that the others do
 * not, and that the oracle sees it when a strategy breaks its promise.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "support/rng.h"
#include "tests/length.h"
#include "vmm/guest_run.h"
#include "vmm/plans.h"

#define STEPS 40

static struct guest_runner runner;

static void open_runner(void)
{
	struct errmsg e = {0};

	cr_assert_eq(guest_runner_open(&runner, NULL, &e), 0, "%s", e.text);
}

static void close_runner(void)
{
	guest_runner_close(&runner);
}

TestSuite(guest, .init = open_runner, .fini = close_runner, .timeout = 300);

static struct guest_result run_program(const struct guest_program *p)
{
	struct guest_result r;
	struct errmsg e = {0};

	cr_assert_eq(guest_program_run(&runner, p, &r, &e), 0, "%s", e.text);
	return r;
}

/* "strategy NAME", @settings, and @ops with %d in place of @step. */
static struct guest_result run(const char *strategy, const char *settings, const char *ops,
			       int step)
{
	struct guest_program p;
	struct errmsg e = {0};
	char text[1024], at[900];

	snprintf(at, sizeof(at), ops, step);
	snprintf(text, sizeof(text), "strategy %s\neager\n%s\n%s\n", strategy, settings, at);
	cr_assert_eq(guest_program_parse(text, "test", &p, &e), 0, "%s", e.text);
	return run_program(&p);
}

static uint64_t gone(const struct guest_result *r)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(r->gone) / sizeof(r->gone[0]); i++)
		sum += r->gone[i];
	return sum;
}

static void clean(const struct guest_result *r, const char *what)
{
	cr_assert_not(r->finding, "%s: %s: %s", what, r->oracle, r->text);
}

Test(guest, a_reset_masks_all_entries)
{
	struct guest_result r = run("dynamic", "", "enable 0\nunmask 1\nfire 1", 0);

	clean(&r, "fired");
	cr_assert_eq(r.delivered, 1);
	r = run("dynamic", "", "enable 0\nunmask 1\nreset\nenable 0\nfire 1\nreset", 0);
	clean(&r, "fired after a reset");
	cr_assert_eq(r.delivered, 0, "masked (P6), and pending until the next one");
}

/* Over all steps of the calls of the last operation: how many times the one fire was lost. */
static uint32_t losses(const char *strategy, const char *settings, const char *ops)
{
	uint32_t lost = 0;

	for (int step = 0; step < STEPS; step++) {
		struct guest_result r = run(strategy, settings, ops, step);

		clean(&r, strategy);
		cr_assert_leq(r.delivered, r.fires, "%s", strategy);
		cr_assert_geq(gone(&r), r.fires - r.delivered, "%s: step %d: not told", strategy,
			      step);
		lost += r.fires > r.delivered;
	}
	return lost;
}

#define GROW "enable 0\nunmask 0\nfire-at-step 0 %d\nunmask 1\n"

Test(guest, adding_a_vector_loses_an_interrupt_of_another_under_teardown_only)
{
	static const char *const others[] = {"dynamic", "track-guest", "keep", "upfront", "swap"};

	cr_assert_gt(losses("teardown", "", GROW), 0);
	cr_assert_gt(losses("track-guest-v0", "", GROW), 0);
	cr_assert_gt(losses("msi-teardown", "", GROW), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		cr_assert_eq(losses(others[i], "", GROW), 0, "%s", others[i]);
		cr_assert_eq(losses(others[i], "posted", GROW), 0, "%s, posted", others[i]);
	}
	cr_assert_eq(losses("upfront", "profile 6.1", GROW), 0, "nor on an old kernel");
}

#define MASK "enable 0\nunmask 0\nfire-at-step 0 %d\nmask 0\nread-pending 0\nunmask 0\n"

Test(guest, masking_a_vector_loses_its_own_interrupt_in_flight_unless_it_stays_armed)
{
	static const char *const all[] = {"teardown", "dynamic", "track-guest", "upfront", "swap"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		cr_assert_gt(losses(all[i], "posted", MASK), 0, "%s", all[i]);
		if (i)
			cr_assert_eq(losses(all[i], "", MASK), 0, "%s: only in flight", all[i]);
	}
	cr_assert_eq(losses("keep", "posted", MASK), 0, "no trigger is touched");
	cr_assert_eq(losses("swap-fenced", "posted", MASK), 0, "nothing is in flight");
	cr_assert_eq(losses("swap-visited", "posted", MASK), 0, "nor here");
}

Test(guest, an_interrupt_while_masked_is_pending_and_comes_at_the_unmask)
{
	static const char *const all[] = {"track-guest-v0", "dynamic", "track-guest",
					  "keep",           "upfront", "swap"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct guest_result r = run(all[i], "",
					    "enable 0\nread-pending 1\nfire 1\nread-pending 1\n"
					    "fire 1\nunmask 1\nmask 1\nfire 1\nread-pending 1\n",
					    0);

		clean(&r, all[i]);
		cr_assert_eq(r.delivered, 2, "%s: two of one mask are one", all[i]);
		cr_assert_eq(gone(&r), 0, "%s", all[i]);
	}
}

Test(guest, one_that_enables_late_forgets_what_came_before_the_first_vector)
{
	struct guest_result r = run("teardown", "", "enable 0\nfire 1\nunmask 1\n", 0);

	clean(&r, "teardown");
	cr_assert_eq(r.delivered, 0);
	cr_assert_eq(r.gone[1], 1, "GAP_LAZY");
}

Test(guest, a_function_mask_holds_everything_and_lets_go_of_it)
{
	struct guest_result r = run("dynamic", "",
				    "load 1\nfunction-mask 1\nfire 2\nfire 3\nread-pending 2\n"
				    "function-mask 0\n",
				    0);

	clean(&r, "dynamic");
	cr_assert_eq(r.delivered, 2);
}

#define FIRE_BETWEEN                                                                               \
	"enable 0\nmessage 0 1\nunmask 0\nfire 0\nmask 0\nmessage 0 2\nfire 0\nunmask 0\n"

Test(guest, a_retarget_under_mask_is_clean_and_one_of_a_live_vector_goes_astray)
{
	struct guest_result r = run("track-guest", "cached", FIRE_BETWEEN, 0);

	clean(&r, "masked");
	cr_assert(r.delivered == 2 && !r.violations);
	r = run("swap", "", "load 1\nretarget-unmasked 0 9\nfire 0\n", 0);
	clean(&r, "live");
	cr_assert_eq(r.violations, 1, "P1");
	cr_assert_eq(r.delivered, 1, "by the old message: the irqfd knows no other");
	r = run("track-guest", "cached", "load 1\nunmask-then-message 0 9\nfire 0\n", 0);
	clean(&r, "early");
	cr_assert_eq(r.violations, 1, "an affinity set after request_irq, with no mask");
}

Test(guest, intx_takes_over_while_msix_is_off)
{
	struct guest_result r = run("dynamic", "",
				    "line 1\nvmm-thread\nintx-eoi\nline 0\nintx-eoi\nload 1\n"
				    "line 1\nfire 0\nunload\nvmm-thread\nline 0\nintx-eoi\n",
				    0);

	clean(&r, "dynamic");
	cr_assert_eq(r.delivered, 1);
}

Test(guest, a_device_without_a_pin_has_no_intx_to_arm)
{
	struct guest_result r = run("dynamic", "no-pin",
				    "line 1\nvmm-thread\nintx-eoi\nline 0\nload 1\nfire 0\n"
				    "unload\nline 1\nvmm-thread\n",
				    0);

	clean(&r, "dynamic");
	cr_assert_eq(r.delivered, 1);
}

Test(guest, entries_that_were_open_before_the_enable_pend_as_any_other)
{
	static const char *const all[] = {"dynamic", "track-guest", "upfront", "swap"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct guest_result r = run(all[i], "entries-open",
					    "enable 0\nunmask 0\nfire 1\nread-pending 1\n"
					    "unmask 1\nfire 0\n",
					    0);

		clean(&r, all[i]);
		cr_assert_eq(r.delivered, 2, "%s", all[i]);
	}
}

/* What came while each operation ran. */
static void note_delivered(void *data, uint32_t i, const struct guest_op *op, uint64_t fires,
			   uint64_t delivered)
{
	(void)op;
	(void)fires;
	if (i < 16)
		((uint64_t *)data)[i] = delivered;
}

Test(guest, a_vector_that_is_enabled_anew_is_back_on_its_irqfd)
{
	static const char text[] = "strategy swap\nload 1\nmask 0\ndisable\nunmask 0\nenable 0\n"
				   "fire 0\nunmask 0\nfunction-mask 0\n";
	uint64_t delivered[16] = {0};
	struct guest_program p;
	struct guest_result r;
	struct errmsg e = {0};

	cr_assert_eq(guest_program_parse(text, "test", &p, &e), 0, "%s", e.text);
	runner.trace = note_delivered;
	runner.trace_data = delivered;
	r = run_program(&p);
	runner.trace = NULL;
	clean(&r, "swap");
	cr_assert_eq(delivered[5] + delivered[6] + delivered[7], 1,
		     "without a turn of the VMM's thread");
}

Test(guest, a_host_short_of_vectors_costs_the_last_ones_alone)
{
	struct guest_result r =
		run("upfront", "vectors 4\nhost-vectors 2", "load 1\nfire 0\nfire 1\nfire 3\n", 0);

	clean(&r, "upfront");
	cr_assert_eq(r.delivered, 2);
}

/* --- strategies that break their promise --- */

static void forgets_to_arm(struct vmm_state *s, enum vmm_event event, uint32_t v,
			   struct vmm_plan *p)
{
	plan_upfront(s, event, v, p);
	if (event == VMM_USE)
		p->n = 0;
}

static void forgets_to_disarm(struct vmm_state *s, enum vmm_event event, uint32_t v,
			      struct vmm_plan *p)
{
	plan_swap(s, event, v, p);
	if (event == VMM_RELEASE) {
		s->side[v] = 0; /* the irqfd stays */
		p->n = 0;
	}
}

static void removes_the_neighbour(struct vmm_state *s, enum vmm_event event, uint32_t v,
				  struct vmm_plan *p)
{
	plan_dynamic(s, event, v, p);
	if (event == VMM_USE && v)
		plan_add(p, CALL_REMOVE, v - 1, 1);
}

static void never_enables(struct vmm_state *s, enum vmm_event event, uint32_t v, struct vmm_plan *p)
{
	plan_dynamic(s, event, v, p);
	if (event == VMM_ENABLE)
		p->n = 0;
}

static void must_find(const char *name, struct strategy broken, const char *oracle, const char *ops)
{
	struct guest_result r = {0};

	runner.instead = &broken;
	for (int step = 0; step < STEPS && !r.finding; step++)
		r = run(name, "", ops, step);
	runner.instead = NULL;
	cr_assert(r.finding, "%s: %s", name, ops);
	cr_assert_str_eq(r.oracle, oracle, "%s: %s", name, r.text);
}

static struct strategy broken(const char *name,
			      void (*plan)(struct vmm_state *s, enum vmm_event event, uint32_t v,
					   struct vmm_plan *p))
{
	struct strategy st = *strategy_find(name);

	st.plan = plan;
	return st;
}

Test(guest, strategies_that_break_their_promise_are_found)
{
	must_find("upfront", broken("upfront", forgets_to_arm), "lost", "load 1\nfire 0\n");
	must_find("swap", broken("swap", forgets_to_disarm), "masked", "load 1\nmask 0\nfire 0\n");
	must_find("dynamic", broken("dynamic", removes_the_neighbour), "lost",
		  "load 1\nfire 0\nvmm-thread\n");
	must_find("dynamic", broken("dynamic", never_enables), "pending",
		  "pba-clear\nenable 0\nfire 1\nread-pending 1\n");
	must_find("dynamic", broken("dynamic", plan_teardown), "lost",
		  "enable 0\nunmask 0\nfire-at-step 0 %d\nunmask 1\n");
}

static void random_program(struct rng *rng, struct guest_program *p)
{
	uint8_t data[GUEST_BYTES];
	uint32_t size = GUEST_HEAD + 3 * rng_below(rng, 100);

	for (uint32_t i = 0; i < size; i++)
		data[i] = (uint8_t)rng_u64(rng);
	/* Without a guest that enables, nothing is seen. */
	if (size > GUEST_HEAD + 3 && rng_below(rng, 4))
		data[GUEST_HEAD] = GUEST_LOAD;
	guest_program_decode(data, size, p);
}

static int number(const struct strategy *st)
{
	int i = 0;

	while (strategies[i] != st)
		i++;
	return i;
}

Test(guest, random_guests_find_nothing_and_see_everything)
{
	uint64_t delivered = 0, gaps[16][5] = {{0}}, violations = 0;
	struct guest_program p;
	struct rng rng;

	rng_init(&rng, 1, 0);
	for (int i = 0; i < LENGTH(40000, 80000); i++) {
		struct guest_result r;

		random_program(&rng, &p);
		r = run_program(&p);
		if (r.finding)
			guest_program_print(&p, stderr);
		clean(&r, p.strategy->name);
		delivered += r.delivered;
		violations += r.violations;
		for (int k = 0; k < 5; k++)
			gaps[number(p.strategy)][k] += r.gone[k];
	}
	cr_assert_gt(delivered, 10000, "%llu", (unsigned long long)delivered);
	cr_assert_gt(violations, 1000);
	/* One that a strategy admits and does not have would hide what it loses. */
	for (int i = 0; strategies[i]; i++) {
		for (int k = 0; k < 5 && strategies[i]->pattern; k++)
			cr_assert_eq(gaps[i][k] > 0, strategies[i]->gaps >> k & 1, "%s: gap %d",
				     strategies[i]->name, k);
	}
}

Test(guest, bytes_and_text_hold_the_same_program)
{
	struct guest_program p, q;
	struct rng rng;

	rng_init(&rng, 2, 0);
	for (int i = 0; i < 500; i++) {
		uint8_t data[GUEST_BYTES];
		struct errmsg e = {0};
		char *text = NULL;
		size_t size;
		FILE *f;

		random_program(&rng, &p);
		guest_program_decode(data, guest_program_encode(&p, data), &q);
		cr_assert_eq(memcmp(&p, &q, sizeof(p)), 0, "bytes, round %d", i);
		f = open_memstream(&text, &size);
		guest_program_print(&p, f);
		fclose(f);
		cr_assert_eq(guest_program_parse(text, "test", &q, &e), 0, "%s\n%s", e.text, text);
		free(text);
		f = open_memstream(&text, &size);
		guest_program_print(&q, f);
		fclose(f);
		free(text);
		cr_assert_eq(p.n, q.n);
		cr_assert_eq(p.strategy, q.strategy);
		cr_assert_eq(run_program(&p).digest, run_program(&q).digest, "text, round %d", i);
	}
}

Test(guest, text_that_is_wrong_is_told_by_line)
{
	static const char *const wrong[] = {
		"enable",       "enable 256",    "unmask 8",         "vectors 9",
		"vectors 0",    "strategy none", "strategy nonsuch", "fire 0 0",
		"profile 5.15", "frobnicate 1",  "mask x",           "posted 1",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct guest_program p;
		struct errmsg e = {0};
		char text[64];

		snprintf(text, sizeof(text), "# a comment\n%s\n", wrong[i]);
		cr_assert_eq(guest_program_parse(text, "test", &p, &e), -EINVAL, "%s", wrong[i]);
		cr_assert(strstr(e.text, "test:2"), "%s", e.text);
		cr_assert_eq(e.exit, EXIT_USAGE);
	}
}

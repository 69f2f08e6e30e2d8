/* SPDX-License-Identifier: MIT */
/* What drives the executor: random programs, the minimizer, exploring, the matrix, leaks. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "exec/differential.h"
#include "exec/explore.h"
#include "exec/leak.h"
#include "exec/minimize.h"
#include "exec/target.h"
#include "rig.h"

static struct executor x;
static struct rig rig;

static uint64_t random_digest(const char *target, uint64_t seed)
{
	struct diff_options o = {.ops = 20000, .seed = seed, .length = 40};
	struct diff_result r;
	struct errmsg e = {0};

	cr_assert_eq(executor_open(&x, target, &e), 0);
	x.inspect_every = 1;
	cr_assert_eq(differential_run(&x, &o, &r, &e), 0, "%s", e.text);
	cr_assert_eq(r.found.difference, DIFF_NONE, "%s", r.found.text);
	cr_assert_geq(r.ops, 20000);
	program_free(&r.program);
	sequence_free(&r.sequence);
	executor_close(&x);
	return r.digest;
}

Test(differential, same_seed_same_digest)
{
	uint64_t digest = random_digest("emu:profile=6.12", 5);

	cr_assert_eq(random_digest("emu:profile=6.12", 5), digest);
	cr_assert_neq(random_digest("emu:profile=6.12", 6), digest);
	cr_assert_neq(random_digest("emu:profile=6.1", 5), digest);
}

static int minimized(struct program *p, struct exec_result *r, uint32_t max_runs, struct errmsg *e)
{
	struct minimize_options o = {.replays = 1, .max_runs = max_runs};
	struct minimize_result m;

	return minimize_with(&x, &o, p, r, &m, e);
}

Test(minimize, leaves_what_the_difference_needs)
{
	struct errmsg e = {0};
	struct exec_result r;
	struct program p;

	rig_open(&rig, &x, "emu:vectors=8", LOST_SIGNAL);
	r = rig_run(&x,
		    "irq_info msix\nread e3\nset_irqs err trigger eventfd fds=e4\n"
		    "set_irqs msix trigger eventfd fds=e0,e1,e2\n"
		    "write e5 1\nset_irqs msix trigger none\nat 2 { fire msix 7; read e6 }\n"
		    "set_irqs msix trigger eventfd start=1 fds=-1\nread e0\n"
		    "dup e1 e7\nfire msix 0\nread e0\nread e1\n",
		    &p);
	cr_assert_eq(r.difference, DIFF_COUNTER);
	cr_assert_eq(minimized(&p, &r, 2000, &e), 0, "%s", e.text);
	cr_assert_eq(r.difference, DIFF_COUNTER);
	cr_assert_eq(p.n, 2, "%u operations are left", p.n);
	cr_assert_eq(p.ops[0].kind, OP_SET_IRQS);
	cr_assert_eq(p.ops[0].count, 1);
	cr_assert_eq(p.ops[1].kind, OP_FIRE);
	cr_assert_eq(r.at, 1);
	program_free(&p);
	executor_close(&x);
}

Test(minimize, with_one_run_only_cuts_what_never_ran)
{
	struct errmsg e = {0};
	struct exec_result r;
	struct program p;

	rig_open(&rig, &x, "emu:vectors=8", WRONG_ERRNO);
	r = rig_run(&x, "read e0\nset_irqs msix mask none\nread e1\n", &p);
	cr_assert_eq(minimized(&p, &r, 1, &e), 0);
	cr_assert_eq(p.n, 2);
	program_free(&p);
	executor_close(&x);
}

static struct explore_result explored(const char *target, bool no_merge)
{
	struct explore_options o = {.depth = 2, .no_merge = no_merge};
	struct explore_result r;
	struct errmsg e = {0};

	cr_assert_eq(executor_open(&x, target, &e), 0);
	x.inspect_every = 1;
	cr_assert_eq(explore_run(&x, &o, &r, &e), 0, "%s", e.text);
	cr_assert_eq(r.found.difference, DIFF_NONE, "%s", r.found.text);
	cr_assert_not(r.stopped);
	executor_close(&x);
	return r;
}

Test(explore, merging_loses_no_state)
{
	static const char *const targets[] = {"emu:profile=6.12", "emu:profile=6.1"};

	for (int i = 0; i < 2; i++) {
		struct explore_result all = explored(targets[i], true);
		struct explore_result merged = explored(targets[i], false);

		cr_assert_eq(all.programs, 1 + all.alphabet + all.alphabet * all.alphabet,
			     "complete");
		cr_assert_lt(merged.programs, all.programs);
		cr_assert_eq(merged.states, all.states, "%llu states merged, %llu not",
			     (unsigned long long)merged.states, (unsigned long long)all.states);
	}
}

Test(explore, a_difference_ends_it_with_its_program)
{
	struct explore_options o = {.depth = 3};
	struct explore_result r;
	struct errmsg e = {0};

	/* The fault is planted in the fourth fire of an armed vector. */
	cr_assert_eq(executor_open(&x, "emu:fault=drop:4", &e), 0);
	cr_assert_eq(explore_run(&x, &o, &r, &e), 0, "%s", e.text);
	cr_assert_eq(r.found.difference, DIFF_COUNTER);
	cr_assert_geq(r.program.n, 2);
	program_free(&r.program);
	sequence_free(&r.sequence);
	settled_free(&r.settled);
	executor_close(&x);
}

Test(matrix, counts_each_request_once_and_tells_what_was_never_hit)
{
	struct matrix_summary s;
	struct matrix m;
	char line[256];
	uint64_t rows = 0, hit = 0;
	FILE *f = tmpfile();

	cr_assert_eq(matrix_init(&m), 0);
	matrix_summarize(&m, &s);
	cr_assert_eq(s.hit, 0);
	cr_assert_eq(s.requests, 0);
	rig_open(&rig, &x, "emu:vectors=8", HONEST);
	x.matrix = &m;
	rig_run(&x,
		"set_irqs msix trigger eventfd fds=e0\nset_irqs msix trigger eventfd fds=e1\n"
		"set_irqs msix trigger eventfd fds=e1\nirq_info msix\nset_irqs index=77 mask "
		"none\n",
		NULL);
	matrix_summarize(&m, &s);
	cr_assert_eq(s.requests, 4);
	cr_assert_eq(s.hit, 3, "before and after the enable are two states");
	cr_assert_gt(s.possible, 10000);
	matrix_csv(&m, f);
	rewind(f);
	while (fgets(line, sizeof(line), f)) {
		rows++;
		hit += line[strlen(line) - 2] != '0';
	}
	cr_assert_eq(rows, s.possible + 1, "one row a cell and the names");
	cr_assert_eq(hit, s.hit + 1);
	fclose(f);
	executor_close(&x);
	matrix_free(&m);
}

/* An executor as on a real device: real eventfds, whose ids tell of leaks. */
static void open_real(void)
{
	struct errmsg e = {0};

	memset(&x, 0, sizeof(x));
	x.spec = strdup("emu");
	cr_assert_eq(slots_eventfd_create(&x.slots), 0);
	cr_assert_eq(target_open(x.spec, &x.be, &e), 0);
	cr_assert_eq(backend_describe(x.be, &x.desc), 0);
}

Test(leak, an_eventfd_that_is_still_held_is_found)
{
	struct exec_result r = {0};
	struct errmsg e = {0};
	struct leak leak;
	bool seen = false;

	/* Ids are the whole machine's: other processes can hide the leak, or look like one. */
	for (int i = 0; i < 4 && !seen; i++) {
		bool clean;
		int held;

		open_real();
		cr_assert_eq(leak_init(&leak, &x, &e), 0, "%s", e.text);
		if (!leak.on)
			cr_skip_test("this kernel does not show eventfd ids");
		cr_assert_eq(leak_check(&leak, &x, &r, &e), 0, "%s", e.text);
		clean = r.difference == DIFF_NONE;
		held = eventfd(0, 0);
		cr_assert_eq(leak_check(&leak, &x, &r, &e), 0, "%s", e.text);
		seen = clean && r.difference == DIFF_REFERENCES;
		r.difference = DIFF_NONE;
		close(held);
		executor_close(&x);
	}
	if (!seen)
		cr_skip_test("other processes make and close eventfds all the time");
}

Test(leak, a_handler_that_survives_the_last_close_is_found)
{
	static const char *const text = "set_irqs msix trigger eventfd fds=e0\n";
	struct exec_result r;
	struct errmsg e = {0};
	struct leak leak;

	rig_open(&rig, &x, "emu:vectors=8", HONEST);
	cr_assert_eq(leak_init(&leak, &x, &e), 0, "%s", e.text);
	r = rig_run(&x, text, NULL);
	cr_assert_eq(leak_check(&leak, &x, &r, &e), 0, "%s", e.text);
	cr_assert_eq(r.difference, DIFF_NONE, "%s", r.text);
	rig.lie = LEFT_HANDLER;
	cr_assert_eq(leak_check(&leak, &x, &r, &e), 0, "%s", e.text);
	cr_assert_eq(r.difference, DIFF_ACTIVE);
	executor_close(&x);
}

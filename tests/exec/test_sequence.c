/* SPDX-License-Identifier: MIT */
/* Findings that depend on earlier programs: who is to blame, and what is enough to show it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exec/differential.h"
#include "exec/explore.h"
#include "program/text.h"

/*
 * A host that keeps something: FLRs leave it as it is until it is started anew, and from then on
 * each RESET fails, but in a program that reads e7. What it keeps no program can see or undo.
 */
struct host {
	struct fresh f;
	uint32_t boots;
	uint32_t flrs; /* that it takes */
	int fail_boot; /* the errno of that boot's failure */
	uint32_t at_boot;
};

static const struct exec_result wanted = {
	.difference = DIFF_RETURN,
	.key = "return:-:reset",
	.sense = "0 -EIO",
};

static bool is_spared(const struct program *p)
{
	for (uint32_t k = 0; k < p->n; k++) {
		if (p->ops[k].kind == OP_READ && p->ops[k].slot == 7)
			return true;
	}
	return false;
}

static int host_shows(struct fresh *f, const struct program *const *p, uint32_t n,
		      const struct exec_result *want, uint32_t *which, struct exec_result *r,
		      struct errmsg *e)
{
	struct host *h = (struct host *)f;
	uint32_t flrs = 0;

	cr_assert_str_eq(want->key, wanted.key);
	if (++h->boots == h->at_boot)
		return errmsg_set(e, h->fail_boot, EXIT_ENVIRONMENT, "no guest");
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t k = 0; k < p[i]->n; k++) {
			flrs += p[i]->ops[k].kind == OP_FLR;
			if (p[i]->ops[k].kind != OP_RESET || flrs < h->flrs || is_spared(p[i]))
				continue;
			*which = i;
			*r = wanted;
			r->at = k;
			return 1;
		}
	}
	return 0;
}

static struct host new_host(uint32_t flrs)
{
	return (struct host){.f = {.shows = host_shows, .max_runs = 500}, .flrs = flrs};
}

static void add(struct sequence *s, const char *text)
{
	struct errmsg e = {0};
	struct program *p = &s->p[s->n++];

	program_init(p);
	cr_assert_eq(text_parse(text, strlen(text), "test", p, &e), 0, "%s", e.text);
}

static void is_program(const struct program *p, const char *want)
{
	char *text = text_of(p);

	cr_assert_str_eq(text, want);
	free(text);
}

static struct settled settle(struct host *h, const char *shortened, struct sequence *s,
			     struct exec_result *found)
{
	struct sequence one = {0};
	struct settled out;
	struct errmsg e = {0};

	*found = wanted;
	found->at = 77;
	if (shortened)
		add(&one, shortened);
	cr_assert_eq(sequence_settle(&h->f, shortened ? one.p : NULL, s, found, &out, &e), 0, "%s",
		     e.text);
	cr_assert_eq(out.runs, h->boots, "each trial is on a machine of its own");
	sequence_free(&one);
	return out;
}

Test(sequence, a_guilty_program_is_shown_as_it_was_shortened)
{
	struct host h = new_host(1);
	struct sequence s = {0};
	struct exec_result found;
	struct settled out;

	add(&s, "read e0\n");
	add(&s, "read e1\nflr\nread e2\nreset\n");
	out = settle(&h, "flr\nreset\n", &s, &found);
	cr_assert_eq(out.verdict, FRESH_ALONE);
	cr_assert_eq(out.runs, 1);
	cr_assert_eq(s.n, 1);
	is_program(&s.p[0], "flr\nreset\n");
	cr_assert_eq(found.at, 1);
	sequence_free(&s);
}

Test(sequence, a_search_that_went_astray_is_made_again)
{
	struct host h = new_host(1);
	struct sequence s = {0};
	struct exec_result found;
	struct settled out;

	/* On a host that has it already any reset fails. */
	add(&s, "read e0\n");
	add(&s, "read e1\nflr\nread e2\nreset\nread e3\n");
	out = settle(&h, "reset\n", &s, &found);
	cr_assert_eq(out.verdict, FRESH_ALONE);
	cr_assert_eq(s.n, 1);
	is_program(&s.p[0], "flr\nreset\n");
	sequence_free(&s);
}

Test(sequence, an_innocent_program_is_not_blamed)
{
	struct host h = new_host(1);
	struct sequence s = {0};
	struct exec_result found;
	struct settled out;

	for (int i = 0; i < 15; i++)
		add(&s, i == 6 ? "read e1\nflr\nread e2\n" : "read e0\nwrite e0 1\n");
	add(&s, "read e1\nreset\nread e2\n");
	out = settle(&h, "reset\n", &s, &found);
	cr_assert_eq(out.verdict, FRESH_SEQUENCE);
	cr_assert(out.complete);
	cr_assert_eq(out.before, 16);
	cr_assert_eq(out.after, 2);
	cr_assert_eq(s.n, 2, "%u programs are left", s.n);
	is_program(&s.p[0], "flr\n");
	is_program(&s.p[1], "reset\n");
	cr_assert_eq(found.at, 0);
	sequence_free(&s);
}

Test(sequence, each_program_that_it_takes_is_kept)
{
	struct host h = new_host(3);
	struct sequence s = {0};
	struct exec_result found;
	struct settled out;

	for (int i = 0; i < 15; i++)
		add(&s, i == 1 || i == 9 || i == 14 ? "flr\n" : "read e0\n");
	add(&s, "reset\n");
	out = settle(&h, "reset\n", &s, &found);
	cr_assert_eq(out.verdict, FRESH_SEQUENCE);
	cr_assert_eq(s.n, 4);
	for (int i = 0; i < 3; i++)
		is_program(&s.p[i], "flr\n");
	sequence_free(&s);
}

Test(sequence, it_is_the_last_one_that_shows_it_however_the_others_are_cut)
{
	struct host h = new_host(2);
	struct sequence s = {0};
	struct exec_result found;

	add(&s, "flr\n");
	add(&s, "flr\nreset\nread e7\n"); /* without the read it is this one */
	add(&s, "reset\n");
	settle(&h, "reset\n", &s, &found);
	cr_assert_eq(s.n, 3);
	is_program(&s.p[1], "flr\n");
	is_program(&s.p[2], "reset\n");
	sequence_free(&s);
}

Test(sequence, whole_programs_go_first)
{
	struct host h = new_host(1);
	struct sequence s = {0};
	struct exec_result found;

	h.f.max_runs = 16;
	for (int i = 0; i < 15; i++)
		add(&s, i == 6 ? "read e0\nflr\n" : "read e0\nread e1\n");
	add(&s, "reset\n");
	settle(&h, "reset\n", &s, &found);
	cr_assert_eq(s.n, 2, "a boot for each of 30 operations is too many");
	sequence_free(&s);
}

Test(sequence, what_no_kept_program_did_is_not_shown)
{
	struct host h = new_host(1);
	struct sequence s = {0};
	struct exec_result found;
	struct settled out;

	add(&s, "read e0\n");
	add(&s, "reset\n");
	out = settle(&h, "reset\n", &s, &found);
	cr_assert_eq(out.verdict, FRESH_NOT_SHOWN);
	cr_assert_eq(out.runs, 3);
	cr_assert_eq(s.n, 2, "the last programs are kept as they are");
	cr_assert_eq(found.at, 77);
	sequence_free(&s);
}

Test(sequence, the_number_of_machines_is_kept_and_what_there_is_shows_it)
{
	for (uint32_t max = 3; max < 40; max++) {
		struct host h = new_host(2), again;
		struct sequence s = {0};
		struct exec_result found;
		struct settled out;

		h.f.max_runs = max;
		for (int i = 0; i < 15; i++)
			add(&s, i == 3 || i == 4 ? "flr\nread e7\n" : "read e0\nread e1\n");
		add(&s, "read e2\nreset\n");
		out = settle(&h, "reset\n", &s, &found);
		cr_assert_leq(h.boots, max);
		cr_assert_eq(out.verdict, FRESH_SEQUENCE);
		again = new_host(2);
		out = settle(&again, NULL, &s, &found);
		cr_assert_eq(out.verdict, FRESH_SEQUENCE, "%u machines", max);
		sequence_free(&s);
	}
}

Test(sequence, a_machine_that_does_not_start_is_an_error_and_the_programs_stay)
{
	struct host h = new_host(1);
	struct sequence s = {0};
	struct exec_result found = wanted;
	struct settled out;
	struct errmsg e = {0};

	h.at_boot = 2;
	h.fail_boot = -EIO;
	add(&s, "flr\n");
	add(&s, "read e0\nreset\n");
	cr_assert_eq(sequence_settle(&h.f, &s.p[0], &s, &found, &out, &e), -EIO);
	cr_assert_str_eq(e.text, "no guest");
	cr_assert_eq(out.verdict, FRESH_NOT_TRIED);
	cr_assert_eq(s.n, 2);
	sequence_free(&s);
}

/* The counter of the fault outlives programs: which one it hits is chance. */
static struct diff_result differs(const char *target)
{
	struct diff_options o = {.ops = 100000, .seed = 3, .length = 20};
	struct executor x;
	struct diff_result r;
	struct errmsg e = {0};

	cr_assert_eq(executor_open(&x, target, &e), 0, "%s", e.text);
	x.inspect_every = 16;
	cr_assert_eq(differential_run(&x, &o, &r, &e), 0, "%s", e.text);
	cr_assert_neq(r.found.difference, DIFF_NONE);
	executor_close(&x);
	return r;
}

static uint32_t fires(const struct sequence *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		for (uint32_t k = 0; k < s->p[i].n; k++)
			n += s->p[i].ops[k].kind == OP_FIRE;
	}
	return n;
}

Test(sequence, on_an_emulator_it_is_what_makes_the_fault_strike, .timeout = 120)
{
	struct diff_result r = differs("emu:fault=drop:6");
	struct executor x;
	struct exec_result one;
	struct errmsg e = {0};

	cr_assert_eq(r.settled.verdict, FRESH_SEQUENCE, "%s",
		     fresh_verdict_names[r.settled.verdict]);
	cr_assert_gt(r.sequence.n, 1);
	cr_assert_eq(fires(&r.sequence), 6, "every fire counts, and no other is left");
	/* On another emulator: none but the last shows it, and that one does. */
	cr_assert_eq(executor_open(&x, "emu:fault=drop:6", &e), 0);
	x.inspect_every = 1;
	for (uint32_t i = 0; i < r.sequence.n; i++) {
		cr_assert_eq(executor_run(&x, &r.sequence.p[i], &one, &e), 0);
		cr_assert_eq(one.difference != DIFF_NONE, i + 1 == r.sequence.n, "program %u", i);
	}
	cr_assert_str_eq(one.key, r.found.key);
	executor_close(&x);
	sequence_free(&r.sequence);
	program_free(&r.program);
}

Test(sequence, on_an_emulator_a_fault_of_each_program_is_shown_alone)
{
	struct diff_result r = differs("emu:fault=drop:1");

	cr_assert_eq(r.settled.verdict, FRESH_ALONE);
	cr_assert_eq(r.program.n, 2);
	sequence_free(&r.sequence);
	program_free(&r.program);
}

Test(sequence, what_takes_more_than_the_last_programs_is_shown_with_the_counter_as_it_was)
{
	struct diff_options o = {.ops = 100000, .seed = 3, .length = 2};
	struct executor x;
	struct diff_result r;
	struct exec_result one;
	struct errmsg e = {0};

	cr_assert_eq(executor_open(&x, "emu:fault=drop:5", &e), 0, "%s", e.text);
	cr_assert_eq(differential_run(&x, &o, &r, &e), 0, "%s", e.text);
	cr_assert_eq(r.found.difference, DIFF_COUNTER, "%s", r.found.text);
	cr_assert_eq(r.settled.verdict, FRESH_ALONE, "%u", r.settled.verdict);
	cr_assert_str_eq(r.settled.target, "emu:fault=drop:5+4");
	executor_close(&x);
	cr_assert_eq(executor_open(&x, r.settled.target, &e), 0, "%s", e.text);
	x.inspect_every = 1;
	cr_assert_eq(executor_run(&x, &r.program, &one, &e), 0);
	cr_assert_str_eq(one.key, r.found.key);
	executor_close(&x);
	settled_free(&r.settled);
	sequence_free(&r.sequence);
	program_free(&r.program);
}

Test(sequence, a_fault_in_many_fires_outlives_the_devices_of_programs)
{
	struct diff_result r = differs("emu:fault=drop:2k,fault=misroute:5k");

	cr_assert_eq(r.settled.verdict, FRESH_ALONE);
	cr_assert_eq(strncmp(r.settled.target, "emu:fault=drop:2k+19", 20), 0, "%s",
		     r.settled.target);
	cr_assert(strstr(r.settled.target, ",fault=misroute:5k+"), "%s", r.settled.target);
	settled_free(&r.settled);
	sequence_free(&r.sequence);
	program_free(&r.program);
}

Test(sequence, exploring_tells_the_counter_too)
{
	struct explore_options o = {.depth = 3};
	struct explore_result r;
	struct executor x;
	struct errmsg e = {0};

	cr_assert_eq(executor_open(&x, "emu:fault=drop:4", &e), 0);
	cr_assert_eq(explore_run(&x, &o, &r, &e), 0, "%s", e.text);
	cr_assert_eq(r.found.difference, DIFF_COUNTER);
	cr_assert_eq(r.settled.verdict, FRESH_ALONE);
	cr_assert_str_eq(r.settled.target, "emu:fault=drop:4+3");
	cr_assert_eq(r.program.n, 2, "one program does not fire four times");
	executor_close(&x);
	settled_free(&r.settled);
	sequence_free(&r.sequence);
	program_free(&r.program);
}

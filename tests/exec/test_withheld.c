/* SPDX-License-Identifier: MIT */
/*
 * What is withheld reaches no target: pairs of requests that attach two eventfds, all of them, on
 * the emulator with the line down, where nothing comes of any. The guard says which it leaves out.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/executor.h"
#include "exec/interleave.h"

#define REQUESTS (2 * PROGRAM_SLOTS)

static struct executor x;

static void open_emulator(void)
{
	struct errmsg e = {0};

	cr_assert_eq(executor_open(&x, "emu", &e), 0, "%s", e.text);
}

static void close_emulator(void)
{
	executor_close(&x);
}

static struct op request(uint32_t i)
{
	struct op op = op_make(OP_SET_IRQS);

	op.flags = VFIO_IRQ_SET_DATA_EVENTFD |
		   (i % 2 ? VFIO_IRQ_SET_ACTION_UNMASK : VFIO_IRQ_SET_ACTION_TRIGGER);
	op.data[0] = (int32_t)(i / 2);
	op.count = op.n = 1;
	return op;
}

/* An enable, then both; the number that withheld_op() says of them. */
static uint32_t make(struct program *p, uint32_t i)
{
	struct withheld w;
	uint32_t n = 0;

	program_clear(p);
	cr_assert_eq(program_append(p,
				    (struct op[]){request(0), request(i / REQUESTS),
						  request(i % REQUESTS)},
				    3),
		     0);
	p->ops[0].data[0] = -1;
	withheld_start(&w);
	for (uint32_t k = 0; k < p->n; k++)
		n += withheld_op(&w, &p->ops[k]);
	return n;
}

TestSuite(exec_withheld, .init = open_emulator, .fini = close_emulator);

Test(exec_withheld, it_is_skipped_and_counted)
{
	uint32_t withheld = 0;
	struct errmsg e = {0};
	struct exec_result r;
	struct program p;

	program_init(&p);
	for (uint32_t i = 0; i < REQUESTS * REQUESTS; i++) {
		uint32_t want = make(&p, i);

		withheld += want;
		cr_assert_eq(executor_run(&x, &p, &r, &e), 0, "%s", e.text);
		cr_assert_eq(r.difference, DIFF_NONE, "%s", r.text);
		cr_assert_eq(r.withheld, want);
		cr_assert_eq(r.skipped, want);
		cr_assert_eq(r.ops, 3 - want);
	}
	cr_assert_eq(withheld, 2 * PROGRAM_SLOTS);
	program_free(&p);
}

Test(exec_withheld, a_step_says_so)
{
	struct errmsg e = {0};
	struct exec_result r;
	uint32_t said = 0;
	struct program p;

	program_init(&p);
	for (uint32_t i = 0; i < REQUESTS * REQUESTS; i++) {
		make(&p, i);
		cr_assert_eq(executor_begin(&x, &p, &r, &e), 0, "%s", e.text);
		for (uint32_t k = 0; k < p.n; k++)
			said += executor_step(&x, &p.ops[k], k) == -ECANCELED;
		cr_assert_eq(executor_finish(&x, &e), 0, "%s", e.text);
	}
	cr_assert_eq(said, 2 * PROGRAM_SLOTS);
	program_free(&p);
}

/* A run without the model leaves references that the emulator counts. */
Test(exec_withheld, nor_does_a_bare_run_make_it)
{
	struct errmsg e = {0};
	struct program p;

	program_init(&p);
	for (uint32_t i = 0; i < REQUESTS * REQUESTS; i++) {
		struct backend_inspect seen = {0};
		uint32_t want = make(&p, i);

		cr_assert_eq(executor_run_bare(&x, &p, &e), 0, "%s", e.text);
		cr_assert_eq(x.be->ops->inspect(x.be, &seen), 0);
		cr_assert_leq(seen.references, 2 - want, "pair %u", i);
	}
	program_free(&p);
}

/* Calls that callers made, by what is told of the run. */
static uint32_t calls_made(const struct interleave *il)
{
	char *text = NULL;
	uint32_t n = 0;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	cr_assert_not_null(f);
	interleave_print(il, f);
	fclose(f);
	for (const char *at = text; (at = strstr(at, "set_irqs ")); at++)
		n++;
	free(text);
	return n;
}

/* Dealt to two callers, who can come in any order, after the enable. */
Test(exec_withheld, nor_do_callers_by_turns)
{
	struct interleave_plan plan = {.setup = 1, .dealt = 2};
	struct interleave_result r;
	struct interleave *il;
	struct errmsg e = {0};
	struct program p;

	program_init(&p);
	cr_assert_eq(interleave_create(&x, &il), 0);
	for (uint32_t i = 0; i < REQUESTS * REQUESTS; i++) {
		uint32_t want = make(&p, i);

		cr_assert_eq(interleave_run(il, &p, &plan, &r, &e), 0, "%s", e.text);
		cr_assert_eq(r.finding, INTERLEAVE_FINE, "%s", r.text);
		cr_assert_eq(calls_made(il), 2 - want, "pair %u: %u", i, calls_made(il));
	}
	interleave_destroy(il);
	program_free(&p);
}

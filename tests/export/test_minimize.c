/* SPDX-License-Identifier: MIT */
/* The minimizer and finding keys: long programs become short, and stay what they are. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/isolate.h"
#include "exec/minimize.h"
#include "generated.h"
#include "program/text.h"
#include "support/clock.h"
#include "tests/length.h"
#include "wrapper.h"

static struct executor x;
static struct errmsg e;

static void parse(const char *text, struct program *p)
{
	program_init(p);
	cr_assert_eq(text_parse(text, strlen(text), "test", p, &e), 0, "%s", e.text);
}

static void open_on(const char *target)
{
	cr_assert_eq(executor_open(&x, target, &e), 0, "%s", e.text);
	x.inspect_every = 1;
}

static struct exec_result run(const struct program *p)
{
	struct exec_result r;

	cr_assert_eq(executor_run(&x, p, &r, &e), 0, "%s", e.text);
	return r;
}

/* Minimizes @p and checks that it is the same finding, each time, and that nothing is left to cut.
 */
static struct minimize_result minimized(struct program *p, const char *key)
{
	struct minimize_options o = {.replays = 3};
	struct minimize_result m;
	struct exec_result r = {0}, again;

	cr_assert_eq(minimize_with(&x, &o, p, &r, &m, &e), 0, "%s", e.text);
	cr_assert_str_eq(r.key, key);
	cr_assert_eq(m.shown_before, 3);
	cr_assert_eq(m.shown_after, 3);
	cr_assert(m.complete);
	cr_assert_eq(m.after, p->n);
	again = run(p);
	cr_assert_str_eq(again.key, key);
	cr_assert_str_eq(again.sense, r.sense);
	return m;
}

static void long_program(uint64_t seed, int32_t ret, int32_t wrong)
{
	struct program p, copy;
	struct exec_result r;
	struct minimize_result m;
	char *first, *second;
	uint64_t start;

	program_init(&p);
	program_init(&copy);
	open_on("emu");
	generate(&x, seed, 500, false, &p);
	if (!plant_expect(&x, &p, ret, wrong))
		goto out;
	for (uint32_t i = 0; i < p.n; i++)
		cr_assert_eq(program_add(&copy, &p.ops[i]), 0);
	r = run(&p);
	cr_assert_eq(r.difference, DIFF_EXPECT, "seed %d", (int)seed);
	start = clock_ns();
	m = minimized(&p, r.key);
	cr_assert_lt(clock_ns() - start, 30 * NSEC_PER_SEC);
	cr_assert_geq(m.before, 500);
	first = text_of(&p);
	cr_assert_leq(p.n, 6, "seed %d, %d: %u operations are left:\n%s", (int)seed, ret, p.n,
		      first);
	minimized(&copy, r.key);
	second = text_of(&copy);
	cr_assert_str_eq(first, second, "the same every time");
	free(first);
	free(second);
out:
	program_free(&p);
	program_free(&copy);
	executor_close(&x);
}

Test(minimize, five_hundred_operations_become_six_at_most, .timeout = 120)
{
	for (uint64_t seed = 1; seed <= LENGTH(3, 12); seed++) {
		long_program(seed, -EINVAL, 0);
		long_program(seed, -ENOTTY, -EINVAL);
		long_program(seed, -EBADF, 0);
		long_program(seed, -EFAULT, 1);
		long_program(seed, 0, -EINVAL);
	}
}

static void comes_to(const char *target, const char *text, const char *key, const char *want)
{
	struct program p;
	char *got;

	parse(text, &p);
	open_on(target);
	minimized(&p, key);
	got = text_of(&p);
	cr_assert_str_eq(got, want);
	free(got);
	program_free(&p);
	executor_close(&x);
}

Test(minimize, fields_and_names_become_plain)
{
	comes_to("emu:fault=drop:1",
		 "device vectors=32,msi=8,pcie=0\nset_irqs msix trigger eventfd start=3 "
		 "fds=e7,e5,e2 argsz=99\nirq_info err\nfire msix 4\n",
		 "counter:R50:fire/msix", "set_irqs msix trigger eventfd fds=e0\nfire msix 0\n");
	comes_to("emu:fault=drop:1",
		 "set_irqs msix trigger eventfd fds=e7,-1,-9,e5\nset_irqs msix trigger none\nread "
		 "e7\nfire msix 3\n",
		 "counter:R50:fire/msix", "set_irqs msix trigger eventfd fds=e0\nfire msix 0\n");
	comes_to("emu", "raw 1800000024000000020000000a0000000100000009000000\nexpect 0\n",
		 "expect:R50:set_irqs/msix/trigger/eventfd",
		 "set_irqs msix trigger eventfd fds=closed\nexpect 0\n");
}

Test(minimize, what_only_goes_together_goes)
{
	comes_to("emu",
		 "set_irqs intx trigger eventfd fds=e0\nset_irqs intx trigger none count=0\n"
		 "set_irqs msix trigger eventfd fds=e1\nset_irqs intx trigger eventfd fds=e2\n"
		 "expect 0\n",
		 "expect:R18:set_irqs/intx/trigger/eventfd",
		 "set_irqs msix trigger eventfd fds=e0\nset_irqs intx trigger eventfd fds=e1\n"
		 "expect 0\n");
}

/* Two wrong expectations: the one that is named is kept, though the other is shorter. */
Test(minimize, never_another_finding)
{
	static const char text[] = "set_irqs msix trigger eventfd fds=e0,e1\nfire msix 1\n"
				   "set_irqs msix trigger eventfd start=1 fds=closed\nexpect 0\n"
				   "irq_info msix\nexpect -EINVAL\n";
	struct minimize_options o = {.replays = 2};
	struct minimize_result m;
	struct exec_result r;
	struct program p;

	parse(text, &p);
	open_on("emu");
	r = run(&p);
	cr_assert_eq(r.at, 3);
	cr_assert_eq(minimize_with(&x, &o, &p, &r, &m, &e), 0, "%s", e.text);
	cr_assert_eq(strncmp(r.key, "expect:", 7), 0);
	cr_assert_neq(strstr(r.key, "set_irqs/msix/trigger/eventfd"), NULL, "%s", r.key);
	cr_assert_str_eq(r.text, "the program expects 0, got -EBADF");
	program_free(&p);
	executor_close(&x);
}

Test(minimize, nothing_is_done_to_a_program_without_a_finding)
{
	struct minimize_options o = {.replays = 4};
	struct exec_result r = {0};
	struct minimize_result m;
	struct program p;

	parse("read e0\nirq_info msix\n", &p);
	open_on("emu");
	cr_assert_eq(minimize_with(&x, &o, &p, &r, &m, &e), 0);
	cr_assert_eq(m.shown_before, 0);
	cr_assert_eq(p.n, 2);
	program_free(&p);
	executor_close(&x);
}

static void dies(enum wrong wrong, const char *key, const char *sense)
{
	struct minimize_options o = {.replays = 2};
	struct exec_result r = {0};
	struct minimize_result m;
	struct wrapper w;
	struct program p;

	parse("irq_info msix\nread e0\nset_irqs msix trigger eventfd fds=e0,e1\nfire msix 1\n"
	      "set_irqs req trigger none\nread e1\nflr\nread e2\n",
	      &p);
	open_on("emu");
	wrapper_put(&w, &x, wrong);
	cr_assert_eq(minimize_with(&x, &o, &p, &r, &m, &e), 0, "%s", e.text);
	cr_assert_str_eq(r.key, key);
	cr_assert_str_eq(r.sense, sense);
	cr_assert_eq(m.shown_after, 2);
	cr_assert_eq(p.n, 1);
	cr_assert_eq(p.ops[0].kind, OP_FLR);
	program_free(&p);
	executor_close(&x);
}

Test(minimize, a_crash_is_made_smaller)
{
	dies(CRASH_IN_FLR, "crash:-:flr", "SIGSEGV");
}

Test(minimize, a_hang_is_made_smaller, .timeout = 60)
{
	dies(HANG_IN_FLR, "hang:-:flr", "hang");
}

Test(minimize, what_shows_now_and_then_is_tried_often_enough)
{
	struct minimize_options o = {.replays = 30};
	struct exec_result r = {0};
	struct minimize_result m;
	struct wrapper w;
	struct program p;

	parse("irq_info msix\nread e0\nset_irqs msix trigger eventfd fds=e0,e1\nwrite e4 7\n"
	      "irq_info err\ndup e0 e5\nset_irqs req mask none\nread e1\nread e2\n",
	      &p);
	open_on("emu");
	wrapper_put(&w, &x, SOMETIMES_INVALID);
	cr_assert_eq(minimize_with(&x, &o, &p, &r, &m, &e), 0, "%s", e.text);
	cr_assert_str_eq(r.key, "return:R11:set_irqs/req/mask/none");
	cr_assert_eq(m.shown_before, 10);
	cr_assert_eq(m.shown_after, 10);
	cr_assert_eq(p.n, 1);
	program_free(&p);
	executor_close(&x);
}

/* Of every second fire here: none sees what another left behind. */
Test(isolate, every_run_is_the_first)
{
	struct exec_result r;
	struct isolate s;
	struct program p;

	parse("set_irqs msix trigger eventfd fds=e0\nfire msix 0\n", &p);
	open_on("emu:fault=drop:2");
	cr_assert_eq(isolate_init(&s, &x, &e), 0);
	for (int i = 0; i < 4; i++) {
		cr_assert_eq(isolate_run(&s, &p, &r, &e), 0, "%s", e.text);
		cr_assert_eq(r.difference, DIFF_NONE, "%s", r.text);
	}
	isolate_free(&s);
	program_free(&p);
	executor_close(&x);
}

static void has_key(const char *target, const char *text, const char *key)
{
	struct exec_result r;
	struct program p;

	parse(text, &p);
	open_on(target);
	r = run(&p);
	cr_assert_str_eq(r.key, key);
	program_free(&p);
	executor_close(&x);
}

Test(key, says_what_rule_and_operation)
{
	has_key("emu", "set_irqs msix mask none\nexpect 0\n", "expect:R11:set_irqs/msix/mask/none");
	has_key("emu:profile=6.1", "set_irqs msix mask none count=3\nexpect 0\n",
		"expect:R11:set_irqs/msix/mask/none");
	has_key("emu", "set_irqs index=9 flags=0x123\nread e0\nset_irqs intx flags=0x9\nexpect 0\n",
		"expect:R24:set_irqs/intx/mask/none");
	has_key("emu:fault=drop:1", "set_irqs msix trigger eventfd fds=e3\nfire msix 0\n",
		"counter:R50:fire/msix");
	has_key("emu", "raw 00\nexpect 0\n", "expect:R3:set_irqs/short");
	has_key("emu", "irq_info msix\nread e0\n", "");
}

/* Another seed, other numbers, the same bug: the same key. */
Test(key, is_the_same_for_every_seed)
{
	char first[FINDING_KEY_MAX] = "";

	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct minimize_options o = {.replays = 1};
		struct exec_result r = {0};
		struct minimize_result m;
		struct program p;

		program_init(&p);
		open_on("emu");
		generate(&x, seed, 300, false, &p);
		executor_close(&x);
		open_on("emu:fault=drop:1");
		cr_assert_eq(minimize_with(&x, &o, &p, &r, &m, &e), 0, "%s", e.text);
		if (m.shown_before && !strcmp(r.key, "counter:R50:fire/msix")) {
			cr_assert_leq(p.n, 3);
			strcpy(first, r.key);
		}
		program_free(&p);
		executor_close(&x);
	}
	cr_assert_str_eq(first, "counter:R50:fire/msix");
}

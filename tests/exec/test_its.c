/* SPDX-License-Identifier: MIT */
/*
 * What a host with a GICv3 ITS would not forget is made of no such host, is counted, and changes
 * nothing elsewhere: enables of MSI whose count is no power of two, which are looked for in what
 * reaches the target.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "exec/differential.h"
#include "exec/explore.h"
#include "exec/its_msi.h"
#include "program/text.h"
#include "rig.h"

static struct executor x;
static struct rig rig;

static void open_host(uint32_t traits)
{
	rig_open(&rig, &x, "emu", HONEST);
	x.desc.traits |= traits;
}

static struct exec_result run(const char *text)
{
	rig.set_calls = 0;
	return rig_run(&x, text, NULL);
}

Test(exec_its, an_msi_enable_of_no_power_of_two_is_made_elsewhere_alone)
{
	static const struct {
		const char *text;
		uint32_t leaking, calls;
	} cases[] = {
		{"set_irqs msi trigger eventfd fds=e0,e1,e2\n", 1, 0},
		{"set_irqs msi trigger eventfd start=2 fds=e0\n", 1, 0},
		{"set_irqs msi trigger eventfd start=3 fds=e0\n", 0, 1},
		{"set_irqs msi trigger eventfd fds=e0\n", 0, 1},
		{"set_irqs msi trigger eventfd fds=e0,e1\n", 0, 1},
		{"set_irqs msi trigger eventfd fds=e0,e1,e2,-1\n", 0, 1},
		/* enabled: nothing is allocated */
		{"set_irqs msi trigger eventfd fds=e0,e1,e2,-1\n"
		 "set_irqs msi trigger eventfd fds=e0,e1,e2\n",
		 0, 2},
		{"set_irqs msi trigger eventfd fds=e0,e1,e2\n"
		 "set_irqs msi trigger eventfd fds=e0,e1,e2,e3\n"
		 "set_irqs msi trigger none count=0\n"
		 "set_irqs msi trigger eventfd fds=e0,e1,-1\n",
		 2, 2},
		{"set_irqs msix trigger eventfd fds=e0,e1,e2\n", 0, 1},
		{"set_irqs msi trigger bool bools=1,1,1\n", 0, 1},
		/* the same as raw bytes: argsz 32, TRIGGER|EVENTFD, MSI, 0, 3 */
		{"raw 200000002400000001000000000000000300000000000000"
		 "0100000002000000\n",
		 1, 0},
	};
	struct exec_result r;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_host(BACKEND_ITS);
		r = run(cases[i].text);
		cr_assert_eq(r.difference, DIFF_NONE, "%s: %s", cases[i].text, r.text);
		cr_assert_eq(r.leaking, cases[i].leaking, "%s: %u", cases[i].text, r.leaking);
		cr_assert_eq(rig.set_calls, cases[i].calls, "%s: %u calls", cases[i].text,
			     rig.set_calls);
		executor_close(&x);
		open_host(0);
		r = run(cases[i].text);
		cr_assert_eq(r.leaking, 0, "%s", cases[i].text);
		cr_assert_eq(rig.set_calls, cases[i].leaking + cases[i].calls, "%s", cases[i].text);
		executor_close(&x);
	}
}

Test(exec_its, what_depends_on_it_is_not_expected)
{
	static const char text[] = "set_irqs msi trigger eventfd fds=e0,e1,e2\n"
				   "expect 0\n"
				   "set_irqs msi trigger eventfd start=3 fds=e3\n"
				   "expect -EINVAL\n"
				   "set_irqs msi trigger none count=2\n"
				   "expect 0\n";
	struct exec_result r;

	open_host(0);
	r = run(text);
	cr_assert_eq(r.difference, DIFF_NONE, "%s", r.text);
	cr_assert_eq(r.skipped, 0);
	executor_close(&x);
	open_host(BACKEND_ITS);
	r = run(text);
	cr_assert_eq(r.difference, DIFF_NONE, "%s", r.text);
	cr_assert_eq(r.leaking, 4, "%u", r.leaking);
	cr_assert_eq(r.skipped, r.leaking, "%u", r.skipped);
	cr_assert_eq(r.ops, 2, "the others are compared with the model: %u", r.ops);
	executor_close(&x);
}

Test(exec_its, nor_does_a_bare_run_make_it)
{
	static const char text[] = "set_irqs msi trigger eventfd fds=e0,e1,e2\n"
				   "set_irqs msi trigger eventfd fds=e0,e1\n";
	struct errmsg e = {0};
	struct program p;

	program_init(&p);
	cr_assert_eq(text_parse(text, strlen(text), "bare", &p, &e), 0, "%s", e.text);
	for (uint32_t traits = 0; traits <= BACKEND_ITS; traits += BACKEND_ITS) {
		open_host(traits);
		rig.set_calls = 0;
		cr_assert_eq(executor_run_bare(&x, &p, &e), 0, "%s", e.text);
		cr_assert_eq(rig.set_calls, traits ? 1 : 2, "%u", rig.set_calls);
		executor_close(&x);
	}
	program_free(&p);
}

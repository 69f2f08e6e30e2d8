/* SPDX-License-Identifier: MIT */
/*
 * Every fallible step of every scenario fails once (docs/fallible-steps.md): state and references
 * are the model's each time, and there are as many steps as documented.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "model/state.h"
#include "program/text.h"
#include "rig.h"

#define NEVER 1000000u

struct scenario {
	const char *name, *before, *call;
	uint32_t steps[2];  /* 6.12, 6.1 */
	uint32_t silent[2]; /* steps whose failure does not change the result */
};

/* resume and memdup, then those of the handler */
static const struct scenario scenarios[] = {
	{"first enable of 3 MSI-X vectors",
	 "",
	 "set_irqs msix trigger eventfd fds=e0,e1,e2\n",
	 {2 + 1 + 3 * 6, 2 + 2 + 3 * 5},
	 {6, 6}},
	{"first enable with a start",
	 "",
	 "set_irqs msix trigger eventfd start=3 fds=e0\n",
	 {2 + 1 + 6, 2 + 2 + 5},
	 {2, 2}},
	{"enable with no vector",
	 "",
	 "set_irqs msix trigger eventfd fds=-1\n",
	 {2 + 1, 2 + 2},
	 {0, 0}},
	{"dynamic add",
	 "set_irqs msix trigger eventfd fds=e0\n",
	 "set_irqs msix trigger eventfd start=5 fds=e1\n",
	 {2 + 7, 2},
	 {2, 0}},
	{"replace",
	 "set_irqs msix trigger eventfd fds=e0,e1\n",
	 "set_irqs msix trigger eventfd fds=e2\n",
	 {2 + 6, 2 + 5},
	 {2, 2}},
	{"replace in D3hot",
	 "set_irqs msix trigger eventfd fds=e0,e1; power d3hot\n",
	 "set_irqs msix trigger eventfd fds=e2\n",
	 {2 + 6, 2 + 5},
	 {2, 2}},
	/* a lookup that fails and one of a closed descriptor are -EBADF both */
	{"rollback",
	 "set_irqs msix trigger eventfd fds=e0,e1,e2,e3\n",
	 "set_irqs msix trigger eventfd fds=e4,closed,e5\n",
	 {2 + 6 + 3, 2 + 5 + 2},
	 {4, 4}},
	{"disarm",
	 "set_irqs msix trigger eventfd fds=e0\n",
	 "set_irqs msix trigger eventfd fds=-1\n",
	 {2, 2},
	 {0, 0}},
	{"disable",
	 "set_irqs msix trigger eventfd fds=e0\n",
	 "set_irqs msix trigger none count=0\n",
	 {1, 1},
	 {0, 0}},
	{"MSI",
	 "",
	 "set_irqs msi trigger eventfd fds=e0,e1\n",
	 {2 + 1 + 2 * 5, 2 + 2 + 2 * 4},
	 {2, 2}},
	{"MSI replace",
	 "set_irqs msi trigger eventfd fds=e0,e1\n",
	 "set_irqs msi trigger eventfd start=1 fds=e2\n",
	 {2 + 5, 2 + 4},
	 {1, 1}},
	{"INTX enable",
	 "line 1\n",
	 "set_irqs intx trigger eventfd fds=e0\n",
	 {2 + 4, 2 + 4},
	 {0, 0}},
	{"INTX enable without trigger",
	 "",
	 "set_irqs intx trigger eventfd fds=-1\n",
	 {2 + 3, 2 + 3},
	 {0, 0}},
	{"INTX replace",
	 "set_irqs intx trigger eventfd fds=e0\n",
	 "set_irqs intx trigger eventfd fds=e1\n",
	 {2 + 1, 2 + 1},
	 {0, 0}},
	{"UNMASK eventfd",
	 "set_irqs intx trigger eventfd fds=e0; line 1; write e1 2\n",
	 "set_irqs intx unmask eventfd fds=e1\n",
	 {2 + 2, 2 + 2},
	 {0, 0}},
	{"UNMASK eventfd while attached",
	 "set_irqs intx trigger eventfd fds=e0; set_irqs intx unmask eventfd fds=e1\n",
	 "set_irqs intx unmask eventfd fds=e2\n",
	 {2 + 2, 2 + 2},
	 {0, 0}},
	{"ERR set", "", "set_irqs err trigger eventfd fds=e0\n", {2 + 2, 2 + 1}, {0, 0}},
	{"ERR replace",
	 "set_irqs err trigger eventfd fds=e0\n",
	 "set_irqs err trigger eventfd fds=e1\n",
	 {2 + 2, 2 + 1},
	 {0, 0}},
	{"REQ set", "", "set_irqs req trigger eventfd fds=e0\n", {2 + 2, 2 + 1}, {0, 0}},
	{"REQ drop",
	 "set_irqs req trigger eventfd fds=e0\n",
	 "set_irqs req trigger eventfd fds=-1\n",
	 {2, 2},
	 {0, 0}},
};

/* What lives after it, and what signals. */
static const char after[] = "power d0; irq_info msix\n"
			    "set_irqs msix trigger none count=4\n"
			    "fire msix 0; fire msix 1; fire msix 2; fire msix 3; fire msix 5\n"
			    "fire msi 0; fire msi 1; fire err; fire req\n"
			    "line 1; set_irqs intx unmask none; line 0; write e1 1\n"
			    "read e0; read e1; read e2; read e3; read e4; read e5\n"
			    "set_irqs msix trigger eventfd fds=e6; read e6\n";

struct noted {
	uint32_t at;
	char outcome[32];
};

static void note_call(void *data, uint32_t at, const struct op *op, const char *outcome)
{
	struct noted *noted = data;

	(void)op;
	if (at == noted->at)
		snprintf(noted->outcome, sizeof(noted->outcome), "%s", outcome);
}

static struct exec_result run(struct executor *x, const struct scenario *s, uint32_t nth,
			      struct noted *noted)
{
	struct exec_trace trace = {.line = note_call, .data = noted};
	char text[2048];
	struct program p;
	struct exec_result r;

	program_init(&p);
	cr_assert_eq(text_parse(s->before, strlen(s->before), "before", &p, NULL), 0);
	noted->at = p.n + 1;
	program_free(&p);
	snprintf(text, sizeof(text), "%sfail %u\n%s%s", s->before, nth, s->call, after);
	x->trace = &trace;
	r = rig_run(x, text, NULL);
	x->trace = NULL;
	cr_assert_eq(r.difference, DIFF_NONE, "%s, step %u on %s: %s after operation %u", s->name,
		     nth, x->desc.profile, r.text, r.at);
	return r;
}

/* How many steps the model takes through the call. */
static uint32_t steps_of(const struct executor *x, const struct scenario *s)
{
	struct expectation out;
	struct program p;
	struct model m;
	uint32_t taken;
	char text[1024];

	model_init(&m, &x->answers, NULL);
	program_init(&p);
	snprintf(text, sizeof(text), "%s%s", s->before, s->call);
	cr_assert_eq(text_parse(text, strlen(text), s->name, &p, NULL), 0);
	for (uint32_t i = 0; i + 1 < p.n; i++)
		model_step(&m, &p.ops[i], &out);
	m.fail = NEVER;
	model_enter_set_irqs(&m, &p.ops[p.n - 1]);
	taken = NEVER - m.fail;
	program_free(&p);
	return taken;
}

static void every_step(const char *target, uint32_t profile)
{
	struct executor x;
	struct rig rig;

	rig_open(&rig, &x, target, HONEST);
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		const struct scenario *s = &scenarios[i];
		uint32_t noticed = 0, steps = steps_of(&x, s);
		struct noted clean, noted;
		uint64_t digest = run(&x, s, NEVER, &clean).digest;

		cr_assert_eq(steps, s->steps[profile], "%s on %s has %u steps, not %u", s->name,
			     target, steps, s->steps[profile]);
		for (uint32_t nth = 1; nth <= steps; nth++) {
			run(&x, s, nth, &noted);
			noticed += strcmp(noted.outcome, clean.outcome) != 0;
		}
		cr_assert_eq(noticed, steps - s->silent[profile], "%s on %s: %u steps show",
			     s->name, target, noticed);
		cr_assert_eq(run(&x, s, steps + 1, &noted).digest, digest, "%s on %s: no step %u",
			     s->name, target, steps + 1);
		cr_assert_str_eq(noted.outcome, clean.outcome);
	}
	executor_close(&x);
}

Test(fail, every_step_of_every_scenario_on_6_12)
{
	every_step("emu:profile=6.12,vectors=8,msi=4", 0);
}

Test(fail, every_step_of_every_scenario_on_6_1)
{
	every_step("emu:profile=6.1,vectors=8,msi=4", 1);
}

Test(fail, the_other_ioctls_have_one_step)
{
	struct executor x;
	struct rig rig;
	struct exec_result r;

	rig_open(&rig, &x, "emu", HONEST);
	r = rig_run(&x,
		    "fail 1; reset\nexpect -EIO\nreset\nexpect 0\nfail 2; reset\nexpect 0\n"
		    "fail 1; irq_info req\nexpect -EIO\nfail 2; irq_info req\n"
		    "expect flags=0x9 count=1\nirq_info req\nexpect flags=0x9 count=1\n",
		    NULL);
	cr_assert_eq(r.difference, DIFF_NONE, "%s", r.text);
	executor_close(&x);
}

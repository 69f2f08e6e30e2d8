/* SPDX-License-Identifier: MIT */
/*
 * A host's lawful refusals on a target that is not ours: the emulator behind a rig that fails its
 * steps as a host without memory or vectors would, or gives answers that no host may give.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "exec/differential.h"
#include "exec/explore.h"
#include "program/text.h"
#include "rig.h"

static struct executor x;
static struct rig rig;
static struct hazard_watch watch;

/* As a real device looks from outside. */
#define UNSEEN (~(uint32_t)(INSPECT_ACTIVE | INSPECT_TYPE))

static void open_real(const char *target)
{
	rig_open(&rig, &x, target, HONEST);
	x.emulated = false;
	rig.ops.set_step_hook = NULL;
	x.desc.device_ops = 1u << BACKEND_DEV_DISINTX | 1u << BACKEND_DEV_MEMORY |
			    1u << BACKEND_DEV_REOPEN | 1u << BACKEND_DEV_LINE;
	rig.hide = UNSEEN;
}

/* @before has @calls SET_IRQS, the next is @call. */
static struct exec_result run(const char *before, uint32_t calls, const char *call,
			      const char *after)
{
	char text[2048];

	rig.set_calls = 0;
	rig.on_call = calls + 1;
	snprintf(text, sizeof(text), "%s%s\n%s", before, call, after);
	return rig_run(&x, text, NULL);
}

static const char after_all[] = "set_irqs err trigger none count=1\nread e5\n"
				"set_irqs msix trigger none count=8\nread e0\nread e1\nread e2\n"
				"read e3\nset_irqs msi trigger none count=4\nread e0\nread e1\n"
				"set_irqs intx trigger none\nread e0\nread e1\n"
				"set_irqs msix trigger eventfd start=1 fds=e6,e7\nfire msix 1\n"
				"fire msix 2\nread e6\nread e7\n";

static const struct scenario {
	const char *name, *before, *call;
	uint32_t calls;
	uint32_t lawful[2]; /* steps whose failure a host may answer with: 6.12, 6.1 */
} scenarios[] = {
	/* memdup, name, context, request_irq */
	{"INTX enable", "", "set_irqs intx trigger eventfd fds=e0", 0, {4, 4}},
	{"INTX enable, no trigger", "", "set_irqs intx trigger eventfd fds=-1", 0, {4, 4}},
	{"INTX replace",
	 "set_irqs intx trigger eventfd fds=e1\n",
	 "set_irqs intx trigger eventfd fds=e0",
	 1,
	 {1, 1}},
	{"INTX unmask by eventfd",
	 "set_irqs intx trigger eventfd fds=e1\n",
	 "set_irqs intx unmask eventfd fds=e0",
	 1,
	 {2, 2}},
	{"INTX mask by bool",
	 "set_irqs intx trigger eventfd fds=e1\n",
	 "set_irqs intx mask bool bools=1",
	 1,
	 {1, 1}},
	/* memdup, allocation, and for each vector context, name, request_irq; 6.1 has an array */
	{"MSI enable", "", "set_irqs msi trigger eventfd fds=e0,e1", 0, {8, 7}},
	{"MSI-X enable", "", "set_irqs msix trigger eventfd fds=e0,e1,-1,e2", 0, {11, 9}},
	{"MSI-X enable, raw",
	 "",
	 "raw 180000002400000002000000000000000100000000000000",
	 0,
	 {5, 5}},
	{"MSI-X enable, no vector", "", "set_irqs msix trigger eventfd fds=-1", 0, {2, 3}},
	{"MSI-X replace in the middle",
	 "set_irqs msix trigger eventfd fds=e0,e1,e2,e3\n",
	 "set_irqs msix trigger eventfd start=1 fds=e4,e5",
	 1,
	 {7, 5}},
	{"MSI-X replace and remove",
	 "set_irqs msix trigger eventfd fds=e0,e1,e2,e3\n",
	 "set_irqs msix trigger eventfd fds=-1,e4,-1",
	 1,
	 {4, 3}},
	{"MSI-X remove",
	 "set_irqs msix trigger eventfd fds=e0,e1,e2,e3\n",
	 "set_irqs msix trigger eventfd fds=-1,-1",
	 1,
	 {1, 1}},
	{"MSI-X loopback by bool",
	 "set_irqs msix trigger eventfd fds=e0,e1,e2,e3\n",
	 "set_irqs msix trigger bool bools=1,1",
	 1,
	 {1, 1}},
	{"ERR set", "", "set_irqs err trigger eventfd fds=e5", 0, {2, 1}},
	{"REQ replace",
	 "set_irqs req trigger eventfd fds=e1\n",
	 "set_irqs req trigger eventfd fds=e5",
	 1,
	 {2, 1}},
};

/* Every step of every request fails once: what a host can lack is a refusal, the rest is not. */
static void every_step(const char *target, uint32_t profile)
{
	open_real(target);
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		const struct scenario *s = &scenarios[i];
		uint32_t lawful = 0;

		for (rig.fail_nth = 1; rig.fail_nth < 24; rig.fail_nth++) {
			struct exec_result r = run(s->before, s->calls, s->call, after_all);

			if (r.refused) {
				lawful++;
				cr_assert_eq(r.difference, DIFF_NONE, "%s, step %u: %s", s->name,
					     rig.fail_nth, r.text);
				cr_assert_eq(r.refused, 1, "%s: %u", s->name, r.refused);
				cr_assert_eq(r.refused_at, s->calls, "%s", s->name);
				cr_assert(strchr(r.refusal, 'R'), "%s", r.refusal);
			} else if (r.difference == DIFF_RETURN) {
				/* -EIO of the resume, -EBADF of a lookup */
				cr_assert(strstr(r.text, "-EIO") || strstr(r.text, "-EBADF"),
					  "%s, step %u: %s", s->name, rig.fail_nth, r.text);
			}
		}
		cr_assert_eq(lawful, s->lawful[profile], "%s on %s: %u steps", s->name, target,
			     lawful);
	}
	executor_close(&x);
}

Test(refused, every_lack_in_every_request_is_a_refusal_and_the_program_goes_on_6_12)
{
	every_step("emu:profile=6.12,vectors=8,msi=4", 0);
}

Test(refused, every_lack_in_every_request_is_a_refusal_and_the_program_goes_on_6_1)
{
	every_step("emu:profile=6.1,vectors=8,msi=4", 1);
}

/* Nobody did what was asked, and this came back. */
static const struct answer {
	const char *before, *call;
	uint32_t calls;
	int32_t ret;
} unlawful[] = {
	{"set_irqs msix trigger eventfd fds=e0\n", "set_irqs msix trigger none count=0", 1,
	 -ENOSPC},
	{"set_irqs msix trigger eventfd fds=e0\n", "set_irqs msix trigger none count=0", 1,
	 -ENOMEM},
	{"set_irqs msix trigger eventfd fds=e0\n", "set_irqs msix trigger none count=0", 1, -EBUSY},
	{"set_irqs intx trigger eventfd fds=e0\n", "set_irqs intx trigger none count=0", 1, -EBUSY},
	{"set_irqs err trigger eventfd fds=e0\n", "set_irqs err trigger eventfd fds=e1", 1, -EBUSY},
	{"set_irqs err trigger eventfd fds=e0\n", "set_irqs err trigger eventfd fds=e1", 1,
	 -ENOSPC},
	{"set_irqs err trigger eventfd fds=e0\n", "set_irqs err trigger none count=0", 1, -ENOMEM},
	{"set_irqs msix trigger eventfd fds=e0\n", "set_irqs msix trigger eventfd fds=e1", 1,
	 -EBUSY},
	{"set_irqs msix trigger eventfd fds=e0\n", "set_irqs msix trigger eventfd fds=-1", 1,
	 -ENOSPC},
	{"set_irqs msix trigger eventfd fds=e0\n", "set_irqs msix trigger none", 1, -ENOMEM},
	{"set_irqs msix trigger eventfd fds=e0\n", "set_irqs msix trigger bool bools=1", 1,
	 -ENOSPC},
	{"", "set_irqs msix trigger eventfd fds=e0", 0, -EBUSY},
	{"set_irqs msix trigger eventfd fds=e0\n", "set_irqs msix trigger eventfd fds=e1", 1,
	 -ENODEV},
	{"", "set_irqs msix trigger eventfd fds=e0", 0, -EINVAL},
	{"", "set_irqs msix trigger eventfd fds=e0", 0, -EIO},
	{"", "set_irqs msi trigger eventfd fds=e0", 0, -EBUSY},
	{"", "set_irqs intx trigger eventfd fds=e0", 0, -ENOSPC},
	{"", "set_irqs intx trigger eventfd fds=e0", 0, 1},
	{"set_irqs intx trigger eventfd fds=e0\n", "set_irqs intx trigger eventfd fds=e1", 1,
	 -EBUSY},
	{"set_irqs intx trigger eventfd fds=e0\n", "set_irqs intx mask none", 1, -ENOMEM},
	{"set_irqs intx trigger eventfd fds=e0\n", "set_irqs intx unmask eventfd fds=e1", 1,
	 -EBUSY},
	/* fewer vectors: of a first enable alone, and fewer it has to be */
	{"set_irqs msix trigger eventfd fds=e0\n", "set_irqs msix trigger eventfd fds=e0,e1", 1, 1},
	{"", "set_irqs msix trigger eventfd fds=e0,e1", 0, 2},
	{"", "set_irqs msix trigger eventfd fds=e0,e1", 0, 3},
	{"", "set_irqs msi trigger eventfd fds=e0", 0, 1},
	{"", "set_irqs err trigger eventfd fds=e0", 0, 1},
	/* it is a mistake that has to be seen first */
	{"", "set_irqs msix trigger eventfd start=9 fds=e0", 0, -ENOSPC},
	{"", "set_irqs intx trigger eventfd fds=closed", 0, -EBUSY},
};

Test(refused, an_answer_that_no_host_may_give_is_a_difference)
{
	open_real("emu:vectors=8,msi=4");
	for (size_t i = 0; i < sizeof(unlawful) / sizeof(unlawful[0]); i++) {
		const struct answer *a = &unlawful[i];
		struct exec_result r;

		rig.answer = a->ret;
		r = run(a->before, a->calls, a->call, "");
		cr_assert_eq(r.difference, DIFF_RETURN, "%s%s: %d taken: %s", a->before, a->call,
			     a->ret, r.refusal);
		cr_assert_eq(r.refused, 0);
	}
	executor_close(&x);
}

static const struct answer lawful[] = {
	{"", "set_irqs msix trigger eventfd count=8 fds=e0", 0, -ENOSPC},
	{"", "set_irqs msix trigger eventfd count=8 fds=e0", 0, -ENOMEM},
	{"", "set_irqs msix trigger eventfd count=8 fds=e0", 0, 7},
	{"", "set_irqs msix trigger eventfd count=8 fds=e0", 0, -ENODEV},
	{"", "set_irqs msi trigger eventfd fds=e0", 0, -524},
	{"", "set_irqs msi trigger eventfd fds=e0,e1", 0, 1},
	{"", "set_irqs msi trigger eventfd fds=e0,e1", 0, -ENOSPC},
	{"", "set_irqs intx trigger eventfd fds=e0", 0, -EBUSY},
	{"", "set_irqs intx trigger eventfd fds=e0", 0, -ENODEV},
	{"", "set_irqs err trigger eventfd fds=e0", 0, -ENOMEM},
	{"set_irqs msix trigger eventfd fds=e0\n", "set_irqs msix trigger eventfd start=3 fds=e1",
	 1, -ENODEV},
	{"set_irqs msix trigger eventfd fds=e0\n", "set_irqs msix trigger eventfd start=3 fds=e1",
	 1, -ENOSPC},
};

Test(refused, the_same_answers_of_an_emulated_host_are_differences)
{
	for (size_t i = 0; i < sizeof(lawful) / sizeof(lawful[0]); i++) {
		const struct answer *a = &lawful[i];

		for (int emulated = 0; emulated < 2; emulated++) {
			struct exec_result r;

			rig_open(&rig, &x, "emu:vectors=8,msi=4", HONEST);
			x.emulated = emulated;
			x.hazards = &watch; /* so that what was before is known to both */
			rig.hide = UNSEEN;
			rig.answer = a->ret;
			r = run(a->before, a->calls, a->call, "");
			cr_assert_eq(r.difference, emulated ? DIFF_RETURN : DIFF_NONE, "%s: %d: %s",
				     a->call, a->ret, r.text);
			cr_assert_eq(r.refused, !emulated);
			executor_close(&x);
		}
	}
}

static bool msi_is_off(struct backend *be, uint32_t index, int ret, char *buf, size_t size)
{
	(void)be;
	snprintf(buf, size, "MSI is off");
	return index != VFIO_PCI_INTX_IRQ_INDEX && ret == -EINVAL;
}

/* It is also what a mistake is answered with. */
Test(refused, einval_is_a_refusal_only_where_the_host_is_seen_to_be_such)
{
	struct exec_result r;

	open_real("emu:vectors=8");
	rig.answer = -EINVAL;
	r = run("", 0, "set_irqs msix trigger eventfd fds=e0", "");
	cr_assert_eq(r.difference, DIFF_RETURN);
	rig.ops.why_refused = msi_is_off;
	r = run("", 0, "set_irqs msix trigger eventfd fds=e0", "");
	cr_assert_eq(r.difference, DIFF_NONE, "%s", r.text);
	cr_assert_str_eq(r.refusal, "-EINVAL: MSI is off (R46)");
	r = run("set_irqs msix trigger eventfd fds=e0\n", 1, "set_irqs msix trigger eventfd fds=e1",
		"");
	cr_assert_eq(r.difference, DIFF_RETURN, "it was on");
	r = run("", 0, "set_irqs intx trigger eventfd fds=e0", "");
	cr_assert_eq(r.difference, DIFF_RETURN, "INTX is not concerned");
	executor_close(&x);
}

Test(refused, a_refusal_that_does_not_do_what_it_must_is_a_difference)
{
	struct exec_result r;

	open_real("emu:vectors=8");
	rig.answer = -ENOSPC; /* and the vector keeps its handler */
	r = run("set_irqs msix trigger eventfd fds=e0\n", 1, "set_irqs msix trigger eventfd fds=e1",
		"");
	cr_assert_eq(r.difference, DIFF_ACTIVE, "R53: %s", r.text);
	executor_close(&x);
}

Test(refused, a_host_with_few_vectors_is_followed)
{
	struct exec_result r;

	open_real("emu:vectors=64,msi=16,hostvecs=4");
	x.answers.host_vectors = 0; /* nobody knows of a real one */
	r = rig_run(
		&x,
		"set_irqs msi trigger eventfd count=8 fds=e0\nread e0\n"
		"set_irqs msi trigger eventfd fds=e0,e1,e2,e3\nset_irqs msi trigger none count=4\n"
		"read e3\nset_irqs msi trigger none count=0\n"
		"set_irqs msix trigger eventfd count=64 fds=e0\n"
		"set_irqs msix trigger eventfd fds=e0,e1,e2\n"
		"set_irqs msix trigger eventfd start=8 fds=e5,e6\n"
		"fire msix 8\nfire msix 0\nread e0\nread e5\n"
		"set_irqs msix trigger eventfd fds=e4\nfire msix 0\nread e4\n",
		NULL);
	cr_assert_eq(r.difference, DIFF_NONE, "operation %u: %s", r.at, r.text);
	cr_assert_eq(r.refused, 3, "%u", r.refused);
	cr_assert_str_eq(r.refusal, "4: the host has 4 free interrupt vectors, of 8 wanted (R48)");
	r = rig_run(&x, "set_irqs msix trigger eventfd count=64 fds=e0\n", NULL);
	cr_assert_str_eq(r.refusal, "-ENOSPC: the host has no free interrupt vectors (R49)");
	executor_close(&x);
}

Test(refused, what_the_program_expects_is_no_skip)
{
	static const char call[] = "set_irqs msix trigger eventfd fds=e0,e1";
	struct exec_result r;

	open_real("emu:vectors=8");
	rig.answer = -ENOSPC;
	r = run("", 0, call, "expect -ENOSPC\nexpect -ENOSPC\n");
	cr_assert_eq(r.difference, DIFF_NONE, "%s", r.text);
	cr_assert_eq(r.refused, 0);
	cr_assert_str_eq(r.refusal, "");
	r = run("", 0, call, "expect 0\n");
	cr_assert_eq(r.difference, DIFF_EXPECT);
	cr_assert(strstr(r.text, "a host may refuse that"), "%s", r.text);
	r = run("", 0, call, "expect 0 on 6.1\n");
	cr_assert_eq(r.difference, DIFF_NONE, "%s", r.text);
	cr_assert_eq(r.refused, 1);
	executor_close(&x);
}

/* Where no handler can be seen and the vectors are of consequence, nothing is said of the rest. */
Test(refused, a_program_ends_where_nobody_can_tell_what_was_left)
{
	static const char before[] = "set_irqs msix trigger eventfd fds=e0,e1,e2,e3\n";
	static const char call[] = "set_irqs msix trigger eventfd fds=e4,e5,e6,e7";
	struct exec_result r;

	open_real("emu:vectors=8");
	rig.fail_nth = 10; /* in vector 1 */
	r = run(before, 1, call, "fire msix 3\nread e3\nread e0\n");
	cr_assert_eq(r.difference, DIFF_NONE, "%s", r.text);
	cr_assert_eq(r.refused, 1);
	cr_assert_eq(r.skipped, 0);
	rig.hide = ~0u;
	r = run(before, 1, call, "fire msix 3\nread e3\nread e0\n");
	cr_assert_eq(r.difference, DIFF_NONE, "%s", r.text);
	cr_assert_eq(r.refused, 1);
	cr_assert_eq(r.skipped, 3);
	executor_close(&x);
}

/* Every fifth call meets a host without memory for its data (R9), if it has any. */
Test(refused, diff_goes_on_counts_and_tells)
{
	struct diff_options o = {.ops = 400, .seed = 7, .length = 20};
	struct diff_result d;
	struct errmsg e = {0};

	open_real("emu:vectors=8,msi=4");
	rig.fail_nth = 2;
	rig.every = 5;
	cr_assert_eq(differential_run(&x, &o, &d, &e), 0, "%s", e.text);
	cr_assert_eq(d.found.difference, DIFF_NONE, "%s", d.found.text);
	cr_assert_geq(d.ops, 400);
	cr_assert_gt(d.refused, 5, "%lu", (unsigned long)d.refused);
	cr_assert_str_eq(d.refusal, "-ENOMEM: the host has no memory for it (R9)");
	program_free(&d.program);
	executor_close(&x);
}

Test(refused, explore_goes_on_counts_and_tells)
{
	struct explore_options o = {.depth = 2};
	struct explore_result r;
	struct errmsg e = {0};

	open_real("emu:vectors=3,msi=2");
	rig.fail_nth = 2;
	rig.every = 5;
	cr_assert_eq(explore_run(&x, &o, &r, &e), 0, "%s", e.text);
	cr_assert_eq(r.found.difference, DIFF_NONE, "%s", r.found.text);
	cr_assert_gt(r.refused, 5, "%lu", (unsigned long)r.refused);
	cr_assert(strstr(r.refusal, "(R9)"), "%s", r.refusal);
	cr_assert_eq(r.skipped, 0);
	program_free(&r.program);
	executor_close(&x);
}

Test(refused, what_the_trigger_has_no_way_to_do_is_skipped)
{
	static const int32_t answers[] = {-EOPNOTSUPP, -EIO};
	struct exec_result r;

	open_real("emu:vectors=8");
	for (size_t i = 0; i < 2; i++) {
		rig.fire_answer = answers[i];
		r = rig_run(&x, "set_irqs msix trigger eventfd fds=e0\nfire msix 0\nread e0\n",
			    NULL);
		cr_assert_eq(r.difference, DIFF_NONE, "%s", r.text);
		cr_assert_eq(r.skipped, 1);
	}
	rig.fire_answer = -EPERM;
	r = rig_run(&x, "set_irqs msix trigger eventfd fds=e0\nfire msix 0\n", NULL);
	cr_assert_eq(r.difference, DIFF_RETURN, "any other answer is one");
	executor_close(&x);

	rig_open(&rig, &x, "emu:vectors=8", HONEST);
	rig.fire_answer = -EOPNOTSUPP;
	r = rig_run(&x, "fire msix 0\n", NULL);
	cr_assert_eq(r.difference, DIFF_RETURN, "the emulator can fire");
	executor_close(&x);
}

static bool can(const char *text)
{
	struct program p;
	bool ret;

	program_init(&p);
	cr_assert_eq(text_parse(text, strlen(text), "test", &p, NULL), 0);
	ret = executor_can(&x, &p.ops[0]);
	program_free(&p);
	return ret;
}

/* As QEMU's edu is driven: INTX and MSI, no MSI-X at all. */
Test(refused, an_index_that_the_trigger_does_not_raise_cannot_be_fired)
{
	open_real("emu:vectors=0,msi=4");
	x.desc.fires = 1u << VFIO_PCI_INTX_IRQ_INDEX | 1u << VFIO_PCI_MSI_IRQ_INDEX;
	x.desc.fire_max = 0;
	cr_assert(can("fire intx 0"));
	cr_assert(can("fire msi 0"));
	cr_assert(!can("fire msi 1"), "the device has it, the trigger does not raise it");
	cr_assert(can("fire msi 4"), "refused by rule: the device has none");
	cr_assert(!can("fire msix 0"));
	cr_assert(!can("fire err"));
	cr_assert(!can("fire req"));
	executor_close(&x);
}

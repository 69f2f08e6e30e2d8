/* SPDX-License-Identifier: MIT */
/* The executor and its oracle: what is different is found, named and placed. */
#include <criterion/criterion.h>
#include <string.h>

#include "rig.h"

static struct executor x;
static struct rig rig;

static struct exec_result told(enum lie lie, const char *text)
{
	struct exec_result r;

	rig_open(&rig, &x, "emu:vectors=8", lie);
	r = rig_run(&x, text, NULL);
	executor_close(&x);
	return r;
}

static void differs(enum lie lie, const char *text, enum difference d, uint32_t at)
{
	struct exec_result r = told(HONEST, text);

	cr_assert_eq(r.difference, DIFF_NONE, "honest: %s", r.text);
	r = told(lie, text);
	cr_assert_eq(r.difference, d, "%s, not %s: %s", difference_name(r.difference),
		     difference_name(d), r.text);
	cr_assert_eq(r.at, at, "after operation %u, not %u", r.at, at);
	cr_assert(r.text[0]);
}

Test(executor, finds_a_wrong_errno)
{
	differs(WRONG_ERRNO, "irq_info msix\nset_irqs msix mask none\nread e0\n", DIFF_RETURN, 1);
}

Test(executor, finds_a_lost_signal)
{
	differs(LOST_SIGNAL, "set_irqs msix trigger eventfd fds=e0\nfire msix 0\nread e0\n",
		DIFF_COUNTER, 1);
}

Test(executor, finds_a_kept_reference)
{
	differs(KEPT_REFERENCE,
		"set_irqs req trigger eventfd fds=e0\nset_irqs req trigger none count=0\n"
		"read e1\n",
		DIFF_REFERENCES, 1);
}

Test(executor, finds_wrong_flags_and_a_changed_argsz)
{
	differs(WRONG_FLAGS, "read e0\nirq_info msix\n", DIFF_INFO, 1);
	differs(CHANGED_ARGSZ, "irq_info req\n", DIFF_WRITTEN, 0);
}

Test(executor, finds_what_a_call_wrote_and_must_not)
{
	struct exec_result r;

	differs(WRITES_AND_FAILS, "irq_info req\nirq_info req argsz=15\n", DIFF_WRITTEN, 1);
	differs(WRITES_BEYOND, "read e0\nirq_info req\n", DIFF_WRITTEN, 1);
	differs(WRITES_BEYOND, "irq_info msix argsz=64\n", DIFF_WRITTEN, 0);
	differs(WRITES_REQUEST, "read e0\nset_irqs msix trigger eventfd fds=e0\n", DIFF_WRITTEN, 1);
	differs(WRITES_REQUEST, "set_irqs msix mask none count=1\n", DIFF_WRITTEN, 0);
	r = told(WRITES_AND_FAILS, "irq_info index=7\n");
	cr_assert_str_eq(r.key, "written:R14:irq_info/unknown");
}

Test(executor, finds_what_only_looking_behind_tells)
{
	differs(LEFT_ALLOCATION, "set_irqs msix trigger eventfd fds=e0\nread e0\n", DIFF_ALLOCATED,
		0);
	differs(STRAY_ENTRY, "set_irqs msix trigger eventfd fds=e0,e1\nread e0\n", DIFF_MASKED, 1);
}

Test(executor, finds_what_a_last_close_leaves)
{
	struct exec_result r = told(NEVER_CLOSES, "set_irqs msix trigger eventfd fds=e0\n");

	cr_assert_neq(r.difference, DIFF_NONE);
	cr_assert(strstr(r.text, "after the last close"), "%s", r.text);
}

Test(executor, stops_at_the_first_difference)
{
	struct exec_result r = told(WRONG_ERRNO, "set_irqs msix mask none\nread e0\nread e1\n");

	cr_assert_eq(r.ops, 1);
}

Test(executor, expect_lines_are_held_against_the_target)
{
	struct exec_result r;

	r = told(HONEST, "read e0\nexpect -EAGAIN\nwrite e0 3\nexpect 0\nread e0\nexpect value=3\n"
			 "irq_info msix\nexpect flags=0x1 count=8\n");
	cr_assert_eq(r.difference, DIFF_NONE, "%s", r.text);
	r = told(HONEST, "write e0 3\nread e0\nexpect value=4\n");
	cr_assert_eq(r.difference, DIFF_EXPECT);
	cr_assert_eq(r.at, 2);
	r = told(HONEST, "set_irqs msix mask none\nexpect -EINVAL\n");
	cr_assert_eq(r.difference, DIFF_EXPECT);
	r = told(HONEST, "irq_info msix\nexpect flags=0x9 count=8\n");
	cr_assert_eq(r.difference, DIFF_EXPECT);
	r = told(HONEST, "irq_info msix\nexpect flags=0x9 count=8 on 6.1\n");
	cr_assert_eq(r.difference, DIFF_NONE, "not this profile: %s", r.text);
}

Test(executor, a_block_runs_inside_its_call)
{
	struct exec_result r;

	rig_open(&rig, &x, "emu:vectors=8", HONEST);
	r = rig_run(&x,
		    "set_irqs msix trigger eventfd fds=e0,e1\n"
		    "at 3 { fire msix 1; fire msix 0 }\nset_irqs msix trigger eventfd fds=e2\n"
		    "read e1\nexpect value=1\n",
		    NULL);
	cr_assert_eq(r.difference, DIFF_NONE, "%s", r.text);
	cr_assert_eq(rig.fires, 2);
	cr_assert_eq(rig.fires_in_call, 2);
	rig.fires = rig.fires_in_call = 0;
	r = rig_run(&x,
		    "at 500 { fire req }\nset_irqs req trigger eventfd fds=e0\n"
		    "read e0\nexpect value=1\n",
		    NULL);
	cr_assert_eq(r.difference, DIFF_NONE, "%s", r.text);
	cr_assert_eq(rig.fires, 1);
	cr_assert_eq(rig.fires_in_call, 0, "after a call with fewer steps");
	executor_close(&x);
}

Test(executor, a_lie_inside_a_block_is_found)
{
	rig_open(&rig, &x, "emu:vectors=8", LOST_SIGNAL);
	cr_assert_eq(rig_run(&x,
			     "set_irqs msix trigger eventfd fds=e0,e1\n"
			     "at 3 { fire msix 1 }\nset_irqs msix trigger eventfd fds=e2\n",
			     NULL)
			     .difference,
		     DIFF_COUNTER);
	executor_close(&x);
}

Test(executor, a_signal_lost_inside_the_call_that_replaces_its_trigger_is_found)
{
	static const char text[] = "set_irqs msix trigger eventfd fds=e0\n"
				   "at 8 { fire msix 0 }\nset_irqs msix trigger eventfd fds=e1\n";

	differs(LOST_SIGNAL, text, DIFF_COUNTER, 3);
	differs(DOUBLE_SIGNAL, text, DIFF_COUNTER, 3);
}

Test(executor, a_posted_message_may_be_lost_where_another_may_not)
{
	struct exec_result r;

	rig_open(&rig, &x, "emu:vectors=8,posted=1", LOST_SIGNAL);
	r = rig_run(&x,
		    "set_irqs msix trigger eventfd fds=e0,e1\n"
		    "at 3 { fire msix 0 }\nset_irqs msix trigger eventfd fds=e2\n",
		    NULL);
	cr_assert_eq(r.difference, DIFF_NONE, "its trigger was replaced: %s", r.text);
	r = rig_run(&x,
		    "set_irqs msix trigger eventfd fds=e0,e1\n"
		    "at 3 { fire msix 1 }\nset_irqs msix trigger eventfd fds=e2\n",
		    NULL);
	cr_assert_eq(r.difference, DIFF_COUNTER, "not touched");
	executor_close(&x);
}

Test(executor, what_a_program_does_behind_the_kernel_is_told_and_no_difference)
{
	struct errmsg e = {0};
	struct exec_result r;
	char text[160];

	cr_assert_eq(executor_open(&x, "emu:vectors=8,msg=cached", &e), 0, "%s", e.text);
	r = rig_run(&x,
		    "set_irqs msix trigger eventfd fds=e0,e1\n"
		    "scribble 1\nread e0\nfire msix 1\nscribble 1\n",
		    NULL);
	cr_assert_eq(r.difference, DIFF_NONE, "%s", r.text);
	cr_assert_eq(x.breaches.seen.n, 2, "P1 and P2");
	cr_assert_eq(x.breaches.seen.kind[0].rule, BREACH_P1);
	cr_assert_eq(x.breaches.seen.kind[0].count, 2);
	cr_assert_eq(x.breaches.at[0], 1, "where it came first");
	cr_assert_eq(x.breaches.seen.kind[1].rule, BREACH_P2);
	cr_assert_eq(x.breaches.at[1], 3, "where it came first");
	cr_assert_str_eq(breach_text(&x.breaches.seen.kind[1], text, sizeof(text)),
			 "violation P2: vector 1: a message was sent that the table no longer has, "
			 "by the program");
	rig_run(&x, "set_irqs msix trigger eventfd fds=e0,e1\n", NULL);
	cr_assert_eq(x.breaches.seen.n, 0, "the next program has none");
	executor_close(&x);
}

Test(executor, a_failure_that_no_call_took_is_gone_with_the_program)
{
	rig_open(&rig, &x, "emu:vectors=8", HONEST);
	rig_run(&x, "fail 1\n", NULL);
	cr_assert_eq(rig_run(&x, "irq_info msix\nexpect flags=0x1 count=8\n", NULL).difference,
		     DIFF_NONE);
	executor_close(&x);
}

Test(executor, the_device_of_a_program_is_what_answers_are_held_against)
{
	struct exec_result r;

	rig_open(&rig, &x, "emu", HONEST);
	/* A device of its own is a new emulator: the rig is gone. */
	r = rig_run(&x,
		    "device profile=6.1,vectors=5,msi=2,pcie=0\nirq_info msix\n"
		    "expect flags=0x9 count=5\nirq_info err\nexpect -EINVAL\n"
		    "irq_info msi\nexpect flags=0x9 count=2\n",
		    NULL);
	cr_assert_eq(r.difference, DIFF_NONE, "%s", r.text);
	r = rig_run(&x, "device profile=6.12,dyn=0\nirq_info msix\nexpect flags=0x9 count=64\n",
		    NULL);
	cr_assert_eq(r.difference, DIFF_NONE, "%s", r.text);
	executor_close(&x);
}

/* The device is known by its configuration space: a kernel that counts wrongly does not mislead. */
Test(executor, a_real_device_that_counts_its_interrupts_wrongly_is_found)
{
	static const char *const asked[] = {"irq_info intx\n", "irq_info msi\n", "irq_info msix\n",
					    "irq_info err\n", "irq_info req\n"};
	static const enum lie lies[] = {HONEST, WRONG_COUNT};

	for (size_t lie = 0; lie < 2; lie++) {
		for (size_t i = 0; i < 5; i++) {
			struct exec_result r;

			rig_open(&rig, &x, "emu:vectors=8,msi=4", lies[lie]);
			cr_assert_eq(backend_describe(x.be, &x.desc), 0);
			x.emulated = false;
			executor_know_device(&x);
			cr_assert_eq(x.answers.count[VFIO_PCI_MSIX_IRQ_INDEX], 8);
			r = rig_run(&x, asked[i], NULL);
			cr_assert_eq(r.difference, lie ? DIFF_INFO : DIFF_NONE, "%s%s", asked[i],
				     r.text);
			executor_close(&x);
		}
	}
}

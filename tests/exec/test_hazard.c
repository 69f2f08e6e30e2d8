/* SPDX-License-Identifier: MIT */
/* Hazards, one by one: told where they are, and silent where a caller means what he asks. */
#include <criterion/criterion.h>
#include <string.h>

#include "rig.h"

static struct executor x;
static struct hazard_watch w;

static void look(const char *target, const char *text)
{
	struct rig rig;
	struct exec_result r;

	rig_open(&rig, &x, target, HONEST);
	x.hazards = &w;
	r = rig_run(&x, text, NULL);
	cr_assert_eq(r.difference, DIFF_NONE, "%s: %s", text, r.text);
	executor_close(&x);
}

#define EMU "emu:vectors=8,msi=4"

static void is_silent(const char *text)
{
	char line[320];

	look(EMU, text);
	cr_assert_eq(w.n, 0, "%s: %s", text, hazard_text(&w.found[0], line, sizeof(line)));
}

static void is_told_on(const char *target, const char *text, enum hazard_kind kind, uint32_t at)
{
	look(target, text);
	cr_assert_eq(w.n, 1, "%s: %u hazards", text, w.n);
	cr_assert_eq(w.found[0].kind, kind, "%s: %s", text, hazard_rule(w.found[0].kind));
	cr_assert_eq(w.found[0].at, at, "%s: operation %u", text, w.found[0].at);
}

static void is_told(const char *text, enum hazard_kind kind, uint32_t at)
{
	is_told_on(EMU, text, kind, at);
}

Test(hazard, a_loopback_that_nobody_reads_was_meant_to_remove)
{
	static const char set[] = "set_irqs msix trigger eventfd fds=e0,e1\n";
	char text[512];

	is_told("set_irqs msix trigger eventfd fds=e0,e1\nset_irqs msix trigger none count=2\n",
		HAZARD_LOOPBACK, 1);
	cr_assert_eq(w.found[0].n, 2);
	is_told("set_irqs msix trigger eventfd fds=e0,e1\n"
		"set_irqs msix trigger bool bools=0,1\nread e0\n",
		HAZARD_LOOPBACK, 1);
	cr_assert_eq(w.found[0].a, 1);
	is_told("set_irqs intx trigger eventfd fds=e0\nset_irqs intx trigger none\n",
		HAZARD_LOOPBACK, 1);
	is_told("set_irqs err trigger eventfd fds=e0\nset_irqs err trigger none\nread e1\n",
		HAZARD_LOOPBACK, 1);
	is_told("set_irqs msix trigger eventfd fds=e0\nset_irqs msix trigger none\nclose e0\n"
		"open e0\nwrite e0 1\nread e0\n",
		HAZARD_LOOPBACK, 1);
	/* who reads what he signalled wanted a loopback */
	snprintf(text, sizeof(text), "%sset_irqs msix trigger none count=2\nread e1\n", set);
	is_silent(text);
	/* nothing was signalled, or nothing was done */
	snprintf(text, sizeof(text), "%sset_irqs msix trigger bool bools=0,0\n", set);
	is_silent(text);
	snprintf(text, sizeof(text), "%sset_irqs msix trigger none start=2 count=3\n", set);
	is_silent(text);
	is_silent("set_irqs msix trigger none count=2\nexpect -EINVAL\n");
	/* this does remove */
	snprintf(text, sizeof(text),
		 "%sset_irqs msix trigger eventfd fds=-1,-1\nset_irqs msix trigger none count=0\n",
		 set);
	is_silent(text);
}

Test(hazard, a_live_vector_is_set_to_what_it_has)
{
	is_told("set_irqs msix trigger eventfd fds=e0,e1\n"
		"set_irqs msix trigger eventfd fds=e0,e1,e2\n",
		HAZARD_SAME_FD, 1);
	cr_assert_eq(w.found[0].n, 2, "two of the three");
	is_told("dup e0 e3\nset_irqs msix trigger eventfd fds=e0\n"
		"set_irqs msix trigger eventfd fds=e3\n",
		HAZARD_SAME_FD, 2); /* by another descriptor */
	is_told("set_irqs msi trigger eventfd fds=e0\nset_irqs msi trigger eventfd fds=e0\n",
		HAZARD_SAME_FD, 1);
	is_silent("set_irqs msix trigger eventfd fds=e0\nset_irqs msix trigger eventfd fds=e1\n"
		  "set_irqs msix trigger eventfd fds=-1\nset_irqs msix trigger eventfd fds=e1\n");
	is_silent("set_irqs intx trigger eventfd fds=e0\nset_irqs intx trigger eventfd fds=e0\n");
}

Test(hazard, minus_one_takes_a_live_vector_beside_others)
{
	is_told("set_irqs msix trigger eventfd fds=e0,e1\n"
		"set_irqs msix trigger eventfd fds=-1,e2\n",
		HAZARD_NOT_KEPT, 1);
	cr_assert_eq(w.found[0].a, 0);
	is_told("set_irqs msix trigger eventfd fds=e0,e1\n"
		"set_irqs msix trigger eventfd start=1 fds=-2,e2\n",
		HAZARD_NOT_KEPT, 1); /* every negative number is one */
	is_silent("set_irqs msix trigger eventfd fds=e0,e1\n"
		  "set_irqs msix trigger eventfd fds=-1,-1\n");
	is_silent("set_irqs msix trigger eventfd fds=-1,e1,-1\n"
		  "set_irqs msix trigger eventfd start=2 fds=-1,e2\n");
}

Test(hazard, nobody_looked_whether_the_mask_did_anything)
{
	is_told("set_irqs msix trigger eventfd fds=e0\nset_irqs msix mask none\nread e0\n",
		HAZARD_NO_MASK, 1);
	is_told("set_irqs msi unmask none\n", HAZARD_NO_MASK, 0);
	is_silent("set_irqs msix mask none\nexpect -ENOTTY\n");
	is_silent("set_irqs intx trigger eventfd fds=e0\nset_irqs intx mask none\n");
	is_silent("set_irqs msix mask none start=9\n"); /* that is another mistake */
}

Test(hazard, nobody_looked_whether_the_disable_did_anything)
{
	is_told("set_irqs msix trigger none count=0\n", HAZARD_UNDISABLED, 0);
	is_told("set_irqs msix trigger eventfd fds=e0\nset_irqs msi trigger none count=0\n",
		HAZARD_UNDISABLED, 1);
	is_told("set_irqs msix trigger eventfd fds=e0\n"
		"set_irqs msix trigger none start=9 count=0\nread e0\n",
		HAZARD_UNDISABLED, 1);
	is_silent("set_irqs msix trigger none count=0\nexpect -EINVAL\n");
	is_silent("set_irqs msix trigger eventfd fds=e0\nset_irqs msix trigger none count=0\n");
}

Test(hazard, a_positive_number_is_no_success)
{
	static const char few[] = "emu:vectors=8,msi=4,intremap=0";

	is_told_on(few, "set_irqs msi trigger eventfd fds=e0,e1\n", HAZARD_FEWER, 0);
	cr_assert_eq(w.found[0].a, 1);
	cr_assert_eq(w.found[0].b, 2);
	is_told_on(few, "set_irqs msi trigger eventfd fds=e0,e1\nfire msi 0\nread e0\n",
		   HAZARD_FEWER, 0);
	is_told_on(few,
		   "set_irqs msi trigger eventfd fds=e0,e1\n"
		   "set_irqs msi trigger eventfd fds=e0,e1,e2\nexpect 1\n",
		   HAZARD_FEWER, 0); /* asked for more */
	look(few, "set_irqs msi trigger eventfd fds=e0,e1\nset_irqs msi trigger eventfd fds=e0\n");
	cr_assert_eq(w.n, 0, "asked for as many");
	look(few, "set_irqs msi trigger eventfd fds=e0,e1\nset_irqs msix trigger eventfd fds=e0\n");
	cr_assert_eq(w.n, 0, "turned to another index");
	look(few, "set_irqs msi trigger eventfd fds=e0,e1\nexpect 1\n");
	cr_assert_eq(w.n, 0, "looked");
}

Test(hazard, two_vectors_have_one_eventfd)
{
	is_told("set_irqs msix trigger eventfd fds=e0,e1,e0\n", HAZARD_SHARED_FD, 0);
	cr_assert_eq(w.found[0].a, 0);
	cr_assert_eq(w.found[0].b, 2);
	is_told("set_irqs msix trigger eventfd fds=e0\nset_irqs msix trigger eventfd start=5 "
		"fds=e0\n",
		HAZARD_SHARED_FD, 1);
	is_told("set_irqs msi trigger eventfd count=2 fds=e0\n", HAZARD_SHARED_FD, 0);
	is_silent("set_irqs msix trigger eventfd fds=e0\nset_irqs msix trigger eventfd fds=-1\n"
		  "set_irqs msix trigger eventfd start=5 fds=e0\n");
	is_silent("set_irqs msix trigger eventfd fds=e0,e0,closed\nexpect -EBADF\n");
	is_silent("set_irqs msix trigger eventfd fds=e0\nset_irqs err trigger eventfd fds=e0\n");
}

Test(hazard, they_are_told_in_order_and_counted_beyond_the_room)
{
	char text[8192] = "set_irqs msix trigger eventfd fds=e0\n";

	look(EMU, "set_irqs msix trigger eventfd fds=e0\nset_irqs msix trigger none\n"
		  "set_irqs msix mask none\n");
	cr_assert_eq(w.n, 2);
	cr_assert_eq(w.found[0].kind, HAZARD_LOOPBACK, "found at the end, told first");
	cr_assert_eq(w.found[1].kind, HAZARD_NO_MASK);
	for (int i = 0; i < 40; i++)
		strcat(text, "set_irqs msix trigger eventfd fds=e0\n");
	look(EMU, text);
	cr_assert_eq(w.n, HAZARDS_MAX);
	cr_assert_eq(w.more, 40 - HAZARDS_MAX);
	look(EMU, "read e0\n");
	cr_assert_eq(w.n + w.more, 0, "nothing of it is left");
}

Test(hazard, every_kind_has_its_rule_and_a_text_without_gaps)
{
	char line[320];

	for (uint32_t k = 0; k < HAZARD_KINDS; k++) {
		struct hazard h = {.kind = k, .a = 2047, .b = 2046, .n = 2045};

		cr_assert_eq(hazard_rule(k)[0], 'R', "kind %u", k);
		cr_assert(!strchr(hazard_text(&h, line, sizeof(line)), '$'), "%s", line);
		cr_assert_lt(strlen(line), 250, "%s", line);
	}
}

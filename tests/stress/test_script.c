/* SPDX-License-Identifier: MIT */
/* A program as a strategy: what of it resizes, and how it is brought within what there is. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "program/text.h"
#include "vmm/script_check.h"

#define VECTORS 8
#define STABLE  2

struct play {
	struct program p;
	struct vmm_state s;
	struct vmm_plan plan;
};

static void play_init(struct play *y, const char *text)
{
	struct errmsg e = {0};

	memset(y, 0, sizeof(*y));
	program_init(&y->p);
	cr_assert_eq(text_parse(text, strlen(text), "test", &y->p, &e), 0, "%s", e.text);
	cr_assert_eq(vmm_state_init(&y->s, VECTORS, STABLE, true, 0), 0);
	y->s.script = &y->p;
	memset(y->s.wanted, 1, STABLE);
	strategy_plan(&strategy_script, &y->s, VMM_ENABLE, 0, &y->plan);
}

static void play_fini(struct play *y)
{
	vmm_state_fini(&y->s);
	program_free(&y->p);
}

/* The set of the plan: its last call. */
static const struct vmm_call *set(const struct play *y)
{
	return &y->plan.calls[y->plan.n - 1];
}

static void next(struct play *y)
{
	strategy_script.next(&y->s, &y->plan);
}

Test(script, only_sets_of_msix_triggers_and_its_disable_resize)
{
	static const char *const others[] = {
		"irq_info msix\n",
		"set_irqs msi trigger eventfd fds=e0\n",
		"set_irqs msix trigger none count=1\n",
		"set_irqs intx mask none count=1\n",
		"fire msix 0\n",
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct play y;

		play_init(&y, others[i]);
		cr_assert_not(script_resizes(&y.p), "%s", others[i]);
		play_fini(&y);
	}
}

Test(script, sets_arm_and_disarm_and_it_begins_anew_at_the_end)
{
	struct play y;

	play_init(&y, "fire msix 0\n"
		      "set_irqs msix trigger eventfd start=3 fds=e0,-1,e1\n"
		      "set_irqs msix trigger eventfd start=3 fds=-1\n");
	cr_assert(script_resizes(&y.p));
	cr_assert_eq(set(&y)->count, STABLE, "the enable holds what is stable");
	next(&y);
	cr_assert_eq(y.plan.kind, PLAN_IN_PLACE);
	cr_assert(set(&y)->start == 3 && set(&y)->count == 3);
	cr_assert(y.s.wanted[3] && !y.s.wanted[4] && y.s.wanted[5]);
	cr_assert(y.s.side[3] == 0 && y.s.side[5] == 1);
	next(&y);
	cr_assert(!y.s.wanted[3] && y.s.wanted[5]);
	next(&y);
	cr_assert(y.s.wanted[3], "again from the start");
	play_fini(&y);
}

Test(script, every_set_is_played_in_every_round)
{
	struct play y;

	play_init(&y, "set_irqs msix trigger eventfd start=3 fds=e0\n"
		      "set_irqs msix trigger eventfd start=4 fds=e0\n"
		      "set_irqs msix trigger eventfd start=5 fds=e0\n");
	for (uint32_t i = 0; i < 9; i++) {
		next(&y);
		cr_assert_eq(set(&y)->start, 3 + i % 3, "move %u", i);
	}
	play_fini(&y);
}

Test(script, a_set_with_less_data_than_it_counts_sets_what_it_has)
{
	struct play y;

	play_init(&y, "set_irqs msix trigger eventfd start=3 fds=e0,e1 count=4 readable=28\n");
	next(&y);
	cr_assert(set(&y)->start == 3 && set(&y)->count == 2, "%u", set(&y)->count);
	play_fini(&y);
}

Test(script, stable_vectors_are_set_again_rather_than_disarmed)
{
	struct play y;

	play_init(&y, "set_irqs msix trigger eventfd start=0 fds=-1,-1,-1\n");
	next(&y);
	cr_assert(y.s.wanted[0] && y.s.wanted[1] && !y.s.wanted[2]);
	cr_assert_eq(set(&y)->count, 3);
	play_fini(&y);
}

Test(script, ranges_are_brought_within_the_vectors)
{
	struct play y;

	play_init(&y, "set_irqs msix trigger eventfd start=2046 fds=e0,e0,e0,e0\n");
	next(&y);
	cr_assert_eq(set(&y)->start, 2046 % VECTORS);
	cr_assert_eq(set(&y)->count, VECTORS - 2046 % VECTORS);
	play_fini(&y);
}

Test(script, a_disable_enables_again_no_more_than_is_wanted_where_vectors_can_be_added)
{
	struct play y;

	play_init(&y, "set_irqs msix trigger eventfd start=4 fds=e0\n"
		      "set_irqs msix trigger none count=0\n");
	next(&y);
	next(&y);
	cr_assert(y.plan.calls[0].kind == CALL_DISABLE && y.plan.kind == PLAN_TEARDOWN);
	cr_assert(y.plan.first == 0 && y.plan.count == VECTORS, "every vector is touched");
	cr_assert_eq(set(&y)->count, 5);
	y.s.dynamic = false;
	next(&y);
	next(&y);
	cr_assert_eq(set(&y)->count, VECTORS, "later sets must stay within nvec");
	play_fini(&y);
}

/* Those of a program for 8 vectors, of which 2 stay. */
static int check(const char *text, struct script_notes *notes, struct errmsg *e)
{
	struct program p;
	int err;

	program_init(&p);
	cr_assert_eq(text_parse(text, strlen(text), "test", &p, e), 0, "%s", e->text);
	err = script_check(&p, "FILE", VECTORS, STABLE, notes, e);
	program_free(&p);
	return err;
}

static const char moves[] = "set_irqs msix trigger eventfd start=2 fds=e0,-1,e1\n"
			    "set_irqs msix trigger none count=0\n";

Test(script, a_line_that_would_change_what_is_played_is_refused)
{
	static const struct {
		const char *line, *says;
	} lines[] = {
		{"set_irqs msix trigger none count=2\n", "R59"},
		{"set_irqs msix trigger bool bools=1\n", "R59"},
		{"set_irqs intx trigger eventfd fds=e0\n", "R18"},
		{"set_irqs intx mask none\n", "R18"},
		{"set_irqs msi trigger none count=0\n", "R18"},
		{"set_irqs msix trigger eventfd start=3 fds=e0,closed\n", "R53"},
		{"set_irqs msix trigger eventfd start=3 fds=file\n", "R53"},
		{"set_irqs msix trigger eventfd start=3 fds=e0,e1 argsz=24\n", "R8"},
		{"set_irqs msix trigger eventfd start=3 fds=e0,e1 readable=24\n", "R8"},
		{"reset\n", "changes the device"},
		{"flr\n", "changes the device"},
		{"reopen\n", "changes the device"},
		{"power d3hot\n", "changes the device"},
		{"memory 0\n", "changes the device"},
		{"disintx 1\n", "changes the device"},
		{"table_size 16\n", "changes the device"},
		{"function_mask 1\n", "changes the device"},
		{"rebind\n", "changes the device"},
		{"fail 1\n", "changes the device"},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct script_notes notes;
		struct errmsg e = {0};
		char text[512];

		snprintf(text, sizeof(text), "%s%s", moves, lines[i].line);
		cr_assert_eq(check(text, &notes, &e), -EINVAL, "%s", lines[i].line);
		cr_assert_eq(e.exit, EXIT_USAGE);
		cr_assert(strstr(e.text, lines[i].says), "%s: %s", lines[i].line, e.text);
		cr_assert(strstr(e.text, "operation 3: "), "%s", e.text);
	}
}

Test(script, a_line_that_says_nothing_of_the_resizes_is_listed)
{
	static const struct {
		const char *line, *says;
	} lines[] = {
		{"fire msix 0\n", "fires by itself"},
		{"line 1\n", "fires by itself"},
		{"read e0\n", "`run` does that"},
		{"irq_info msix\nexpect 0\n", "and 1 more of the kind"},
		{"entry 0\n", "`run` does that"},
		{"close e0\n", "of the storm's"},
		{"write e0 1\n", "of the storm's"},
		{"set_irqs err trigger eventfd fds=e0\n", "R20"},
		{"set_irqs req trigger none count=1\n", "R20"},
		{"set_irqs msix mask none\n", "R11"},
		{"set_irqs msix trigger eventfd count=0\n", "does nothing"},
		{"set_irqs msix trigger eventfd fds=e0,-1,e0\n", "--stable"},
		{"set_irqs msix trigger eventfd start=7 fds=e0,e1\n", "--vectors"},
	};
	static const char wrapped[] = "set_irqs msix trigger eventfd start=9 fds=-1\n";
	struct script_notes both;
	struct errmsg none = {0};

	/* Vector 1, which stays, by its number modulo those that there are. */
	cr_assert_eq(check(wrapped, &both, &none), 0, "%s", none.text);
	cr_assert_eq(both.n, 2);
	cr_assert(strstr(both.text[0], "--stable") && strstr(both.text[1], "--vectors"));

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct script_notes notes;
		struct errmsg e = {0};
		char text[512];

		snprintf(text, sizeof(text), "%s%s", moves, lines[i].line);
		cr_assert_eq(check(text, &notes, &e), 0, "%s: %s", lines[i].line, e.text);
		cr_assert_eq(notes.n, 1, "%s: %u", lines[i].line, notes.n);
		cr_assert(strstr(notes.text[0], lines[i].says), "%s: %s", lines[i].line,
			  notes.text[0]);
		cr_assert_eq(notes.list[0], notes.text[0]);
		cr_assert_null(notes.list[1]);
	}
}

Test(script, of_a_program_that_is_played_whole_nothing_is_said)
{
	struct script_notes notes;
	struct errmsg e = {0};
	char text[512];

	cr_assert_eq(check(moves, &notes, &e), 0, "%s", e.text);
	cr_assert_eq(notes.n, 0, "%s", notes.text[0]);
	cr_assert_null(notes.list[0]);
	snprintf(text, sizeof(text), "device vectors=4,msi=4\n%s", moves);
	cr_assert_eq(check(text, &notes, &e), 0, "%s", e.text);
	cr_assert(strstr(notes.text[0], "--target's"), "%s", notes.text[0]);
	cr_assert_eq(check("fire msix 0\n", &notes, &e), -EINVAL);
	cr_assert(strstr(e.text, "no operation that resizes"), "%s", e.text);
}

Test(script, what_is_left_of_a_stripped_program_is_played_as_before)
{
	static const char text[] = "fire msix 0\nset_irqs msix trigger none count=2\n"
				   "set_irqs msix trigger eventfd start=3 fds=e0,closed,e1\nreset\n"
				   "set_irqs msix trigger none count=0\n";
	struct script_notes notes;
	struct errmsg e = {0};
	struct play y;

	play_init(&y, text);
	cr_assert_eq(script_check(&y.p, "FILE", VECTORS, STABLE, &notes, &e), -EINVAL);
	script_strip(&y.p);
	cr_assert_eq(y.p.n, 2);
	cr_assert_eq(script_check(&y.p, "FILE", VECTORS, STABLE, &notes, &e), 0, "%s", e.text);
	cr_assert_eq(notes.n, 0, "%s", notes.text[0]);
	next(&y);
	cr_assert(y.s.wanted[3] && !y.s.wanted[4] && y.s.wanted[5]);
	play_fini(&y);
}

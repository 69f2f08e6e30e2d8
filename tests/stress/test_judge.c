/* SPDX-License-Identifier: MIT */
/* What a result comes to: its verdict, by what makes it, and whether its books add up. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "stress/engine.h"

/* A run that lost nothing, and one thing about it. */
static enum exit_code verdict_of(size_t field, bool is_int, int64_t value)
{
	struct stress_result *clean = calloc(1, sizeof(*clean));
	enum exit_code verdict;

	clean->fired = clean->tally.delivered = 100;
	if (is_int)
		*(int *)(void *)((char *)clean + field) = (int)value;
	else
		*(uint64_t *)(void *)((char *)clean + field) = (uint64_t)value;
	verdict = stress_verdict(clean);
	free(clean);
	return verdict;
}

#define COUNT(field) offsetof(struct stress_result, field), false
#define ERROR        offsetof(struct stress_result, call_error), true

Test(stress_verdict, each_fault_by_itself_is_a_finding_and_what_the_rules_allow_is_none)
{
	static const struct {
		const char *what;
		size_t field;
		bool is_int;
		int64_t value;
		enum exit_code verdict;
	} table[] = {
		{"nothing", COUNT(fired), 100, EXIT_PASS},
		{"a loss without an explanation", COUNT(tally.lost_unexplained), 1, EXIT_FINDING},
		{"a spurious signal", COUNT(spurious), 1, EXIT_FINDING},
		{"a misrouted signal", COUNT(misrouted), 1, EXIT_FINDING},
		{"a refused fire", COUNT(self.fire_errors), 1, EXIT_FINDING},
		{"an explained loss", COUNT(tally.lost_explained), 1, EXIT_PASS},
		{"a coalesced fire", COUNT(tally.coalesced), 1, EXIT_PASS},
		{"an unarmed fire", COUNT(tally.unarmed), 1, EXIT_PASS},
		{"a stray", COUNT(strays), 1, EXIT_PASS},
		{"a late fire", COUNT(tally.late), 1, EXIT_PASS},
		{"a refused vector", COUNT(refusals), 1, EXIT_PASS},
		{"a stale bit", COUNT(self.stale), 1, EXIT_PASS},
		{"a full ring", COUNT(self.ring_full), 1, EXIT_PASS},
		{"a call that is invalid", ERROR, -EINVAL, EXIT_FINDING},
		{"a call that oopses", ERROR, -EIO, EXIT_FINDING},
		{"a call that wants fewer vectors", ERROR, 3, EXIT_FINDING},
		{"a host without vectors", ERROR, -ENOSPC, EXIT_ENVIRONMENT},
		{"a host without memory", ERROR, -ENOMEM, EXIT_ENVIRONMENT},
		{"a host without files", ERROR, -EMFILE, EXIT_ENVIRONMENT},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		cr_expect_eq(verdict_of(table[i].field, table[i].is_int, table[i].value),
			     table[i].verdict, "%s", table[i].what);
}

Test(stress_verdict, a_host_that_runs_short_excuses_no_loss)
{
	struct stress_result *r = calloc(1, sizeof(*r));

	r->call_error = -ENOMEM;
	cr_assert_eq(stress_verdict(r), EXIT_ENVIRONMENT);
	r->tally.lost_unexplained = 1;
	cr_assert_eq(stress_verdict(r), EXIT_FINDING);
	free(r);
}

/* Every term is another figure. */
static struct stress_result *sums(void)
{
	struct stress_result *r = calloc(1, sizeof(*r));

	r->fired = 1000000;
	r->tally.delivered = 900000;
	r->tally.coalesced = 60000;
	r->tally.unarmed = 30000;
	r->tally.lost_explained = 7000;
	r->tally.lost_unexplained = 3000;
	r->tally.signals = 900011;
	r->tally.extra = 11;
	r->misrouted = 5;
	r->spurious = 4;
	r->strays = 2;
	return r;
}

Test(stress_identity, every_fire_and_every_signal_has_one_class)
{
	struct stress_result *r = sums();
	uint64_t *const terms[] = {
		&r->fired,
		&r->tally.delivered,
		&r->tally.coalesced,
		&r->tally.unarmed,
		&r->tally.lost_explained,
		&r->tally.lost_unexplained,
		&r->tally.signals,
		&r->tally.extra,
		&r->spurious,
		&r->misrouted,
		&r->strays,
	};

	cr_assert(stress_adds_up(r));
	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
		++*terms[i];
		cr_expect_not(stress_adds_up(r), "one more of term %zu", i);
		*terms[i] -= 2;
		cr_expect_not(stress_adds_up(r), "one less of term %zu", i);
		++*terms[i];
	}
	cr_assert(stress_adds_up(r));
	free(r);
}

Test(stress_identity, a_stray_without_an_unarmed_fire_does_not_add_up)
{
	struct stress_result *r = sums();

	r->tally.coalesced += r->tally.unarmed - 1;
	r->tally.unarmed = 1;
	cr_assert_not(stress_adds_up(r), "two strays");
	r->strays = 1;
	r->spurious++;
	cr_assert(stress_adds_up(r));
	free(r);
}

/* SPDX-License-Identifier: MIT */
/* What several tries at a planted bug come to. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "campaign/tally.h"

static struct hunt_result try(bool found, uint64_t execs, double seconds, const char *key)
{
	struct hunt_result r = {
		.possible = true,
		.reached = true,
		.found = found,
		.execs = execs,
		.seconds = seconds,
	};

	snprintf(r.key, sizeof(r.key), "%s", key);
	return r;
}

Test(tally, no_try_says_nothing)
{
	struct hunt_tally t;

	hunt_tally(NULL, 0, &t);
	cr_assert(!t.tries && !t.found && !t.median_found && !t.key);
}

Test(tally, medians_are_of_executions_and_of_time_each)
{
	struct hunt_result r[] = {try(true, 30, 1, "a"), try(true, 10, 3, "a"),
				  try(true, 20, 2, "b")};
	struct hunt_tally t;

	hunt_tally(r, 3, &t);
	cr_assert_eq(t.found, 3);
	cr_assert(t.median_found);
	cr_assert_eq(t.median_execs, 20);
	cr_assert_float_eq(t.median_s, 2, 1e-9);
	cr_assert_float_eq(t.slowest_s, 3, 1e-9);
	cr_assert_float_eq(t.total_s, 6, 1e-9);
	cr_assert_str_eq(t.key, "a", "the commonest");
}

Test(tally, a_try_that_found_nothing_took_for_ever_whatever_its_time)
{
	struct hunt_result r[] = {try(false, 5, 1, ""), try(true, 100, 9, "a"),
				  try(false, 6, 1, "")};
	struct hunt_tally t;

	hunt_tally(r, 3, &t);
	cr_assert_eq(t.found, 1);
	cr_assert_not(t.median_found, "two of three took for ever");
	cr_assert_str_eq(t.key, "a");
}

Test(tally, half_of_the_tries_are_enough_for_the_lower_median)
{
	struct hunt_result r[] = {try(true, 7, 4, "a"), try(false, 1, 60, "")};
	struct hunt_tally t;

	hunt_tally(r, 2, &t);
	cr_assert(t.median_found);
	cr_assert_eq(t.median_execs, 7);
}

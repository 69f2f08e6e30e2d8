/* SPDX-License-Identifier: MIT */
#include "report/verdict.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "report/summary.h"

/* A stress result in which so many of 1000 fires came to so. */
static json_t *stress(const char *verdict, int explained, int unexplained, int spurious)
{
	return json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:{s:i, s:i, s:i}, "
			 "s:i, s:s, s:b}",
			 "schema", "irqstorm.stress/1", "strategy", "teardown", "verdict", verdict,
			 "fired", 1000, "delivered", 1000 - explained - unexplained, "coalesced", 0,
			 "unarmed", 0, "spurious", spurious, "misrouted", 0, "resizes", 10, "lost",
			 "total", explained + unexplained, "explained", explained, "unexplained",
			 unexplained, "fire_errors", 0, "target", "emu:profile=6.12", "interrupted",
			 0);
}

static void expect(json_t *run, const char *word, const char *says)
{
	json_t *summary = summary_of_stress(run);
	char *sentence = verdict_sentence(summary);

	cr_assert_str_eq(verdict_word(summary), word);
	cr_assert(strstr(sentence, says), "'%s' is not in: %s", says, sentence);
	free(sentence);
	json_decref(summary);
	json_decref(run);
}

Test(verdict, nothing_lost_comes_with_a_bound)
{
	expect(stress("pass", 0, 0, 0), "PASS",
	       "none was lost (below 3,000 per million with 95 % confidence)");
}

Test(verdict, losses_in_gaps_are_told_and_by_whom)
{
	expect(stress("pass", 5, 0, 0), "PASS",
	       "5 were lost in gaps that the rules allow, most by teardown on emulator 6.12 "
	       "(5,000 per million, 95 %: 1,625 - 11,629)");
}

Test(verdict, what_no_rule_allows_is_a_finding)
{
	expect(stress("finding", 0, 2, 0), "FINDING",
	       "2 of 1,000 interrupts were lost with no rule");
}

Test(verdict, signals_that_nobody_sent_are_told)
{
	expect(stress("finding", 0, 0, 3), "FINDING", "3 arrived that nobody sent there");
}

Test(verdict, an_interrupted_run_is_incomplete)
{
	json_t *run = stress("pass", 0, 0, 0);

	json_object_set_new(run, "interrupted", json_true());
	expect(run, "INCOMPLETE", "every one of 1,000 interrupts");
}

Test(verdict, one_repeat_that_finds_makes_a_cell_a_finding)
{
	json_t *repeats = json_array(), *cells = json_array(), *cell;

	json_array_append_new(repeats, stress("pass", 0, 0, 0));
	json_array_append_new(repeats, stress("finding", 0, 1, 0));
	json_array_append_new(repeats, stress("stopped", 0, 0, 0));
	for (size_t i = 0; i < 3; i++)
		json_object_set_new(json_array_get(repeats, i), "repeat",
				    json_sprintf("--seed %zu", i));
	cell = summary_cell(json_object(), repeats, NULL);
	cr_assert_str_eq(json_string_value(json_object_get(cell, "repeat")), "--seed 1",
			 "of the one that found something");
	json_array_append_new(cells, cell);
	cr_assert_str_eq(summary_verdict(cells, NULL), "finding");
	cr_assert_eq(json_integer_value(json_object_get(json_object_get(cell, "counts"), "fired")),
		     3000);
	json_decref(cells);
	json_decref(repeats);
}

static json_t *with_stall(double ns)
{
	json_t *run = stress("pass", 0, 0, 0), *summary;

	json_object_set_new(run, "engine", json_pack("{s:f}", "stall_p99_ns", ns));
	summary = summary_of_stress(run);
	json_decref(run);
	return summary;
}

Test(verdict, a_restless_machine_is_told_and_a_quiet_one_is_not)
{
	json_t *restless = with_stall(3.2e6), *quiet = with_stall(80000);
	char *noise = verdict_noise(restless);

	cr_assert(noise && strstr(noise, "woke late by 3.20 ms at p99"), "%s", noise);
	cr_assert_null(verdict_noise(quiet));
	free(noise);
	json_decref(restless);
	json_decref(quiet);
}

Test(verdict, a_cell_that_was_not_run_is_missing_and_one_that_cannot_says_why)
{
	json_t *none = json_array(), *a, *b;

	a = summary_cell(json_object(), none, NULL);
	b = summary_cell(json_object(), none, "it has no MSI");
	cr_assert_str_eq(json_string_value(json_object_get(a, "state")), "missing");
	cr_assert_str_eq(json_string_value(json_object_get(b, "state")), "cannot");
	cr_assert_str_eq(json_string_value(json_object_get(b, "why")), "it has no MSI");
	json_decref(a);
	json_decref(b);
	json_decref(none);
}

/* A bench of @cells and @costs that said @verdict; both are taken over. */
static void expect_bench(const char *verdict, json_t *cells, json_t *costs, const char *word,
			 const char *says)
{
	json_t *summary = json_pack("{s:s, s:b, s:o, s:o}", "verdict", verdict, "complete", 1,
				    "cells", cells, "resize_cost", costs);
	char *sentence = verdict_sentence(summary);

	cr_assert_str_eq(verdict_word(summary), word, "%s: %s", verdict, sentence);
	cr_assert(strstr(sentence, says), "'%s' is not in: %s", says, sentence);
	free(sentence);
	json_decref(summary);
}

static json_t *one_cell_that_cannot(void)
{
	json_t *none = json_array(), *cells = json_array();

	json_array_append_new(cells, summary_cell(json_object(), none, "it has no MSI"));
	json_decref(none);
	return cells;
}

static json_t *one_curve(const char *state)
{
	return json_pack("[{s:s}]", "state", state);
}

Test(verdict, a_bench_of_which_nothing_could_run_is_skipped)
{
	json_t *cells = one_cell_that_cannot(), *costs = one_curve("cannot");

	cr_assert_str_eq(summary_verdict(cells, costs), "skipped");
	expect_bench("skipped", cells, costs, "SKIPPED", "nothing was measured; 1 of 1 cells");
	/* as it was told before */
	expect_bench("pass", one_cell_that_cannot(), one_curve("cannot"), "SKIPPED",
		     "the cost of 1 strategies cannot be measured");
	expect_bench("pass", json_array(), json_array(), "SKIPPED", "nothing was measured");
}

Test(verdict, a_cost_that_was_measured_is_a_pass_without_storms)
{
	json_t *cells = one_cell_that_cannot(), *costs = one_curve("measured");

	cr_assert_str_eq(summary_verdict(cells, costs), "pass");
	expect_bench("pass", cells, costs, "PASS", "the cost of a resize was measured");
}

Test(verdict, a_storm_that_delivered_nothing_is_skipped_and_hides_no_other)
{
	json_t *repeats = json_array(), *cells = json_array();
	json_t *run = stress("skipped", 1000, 0, 0);

	expect(json_incref(run), "SKIPPED", "not one of 1000 interrupts was delivered");
	json_array_append_new(repeats, run);
	json_array_append_new(cells, summary_cell(json_object(), repeats, NULL));
	cr_assert_str_eq(summary_verdict(cells, NULL), "skipped");
	json_array_append_new(repeats, stress("pass", 0, 0, 0));
	json_array_append_new(cells, summary_cell(json_object(), repeats, NULL));
	cr_assert_str_eq(summary_verdict(cells, NULL), "pass");
	json_decref(cells);
	json_decref(repeats);
}

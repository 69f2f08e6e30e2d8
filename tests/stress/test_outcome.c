/* SPDX-License-Identifier: MIT */
/* A run in which nothing was delivered shows nothing: it is told as skipped, never as a pass. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "stress/report.h"

static struct stress_result *made(uint64_t fired, uint64_t delivered, uint64_t unarmed,
				  uint64_t explained)
{
	struct stress_result *r = calloc(1, sizeof(*r));

	tally_init(&r->tally);
	hist_init(&r->resize_ns);
	hist_init(&r->self.stalls);
	r->strategy = strategy_find("teardown");
	r->fired = fired;
	r->tally.delivered = delivered;
	r->tally.unarmed = unarmed;
	r->tally.lost_explained = explained;
	return r;
}

static void expect(struct stress_result *r, enum exit_code code, const char *says)
{
	struct stress_config cfg = {.strategy = r->strategy, .vectors = 4};
	struct stress_report rep = {.cfg = &cfg, .result = r};
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	stress_report_text(&rep, f);
	fclose(f);
	cr_assert_eq(stress_outcome(r), code, "exit %d: %s", (int)stress_outcome(r), text);
	cr_assert(strstr(text, says), "no '%s' in: %s", says, text);
	cr_assert_eq(!!strstr(text, "PASS"), code == EXIT_PASS, "%s", text);
	free(text);
	free(r);
}

Test(outcome, a_run_that_delivered_is_a_pass)
{
	expect(made(10, 10, 0, 0), EXIT_PASS, "PASS  0 lost of 10 fires");
}

Test(outcome, a_run_without_a_fire_is_skipped)
{
	expect(made(0, 0, 0, 0), EXIT_SKIP, "SKIPPED  nothing was fired");
}

Test(outcome, a_run_whose_fires_all_met_removed_vectors_is_skipped)
{
	expect(made(9, 0, 9, 0), EXIT_SKIP, "SKIPPED  none of 9 fires met a vector in use");
}

Test(outcome, a_run_whose_fires_were_all_lost_in_gaps_is_skipped)
{
	expect(made(9, 0, 2, 7), EXIT_SKIP, "SKIPPED  not one of 7 fires was delivered");
}

Test(outcome, what_was_found_is_told_all_the_same)
{
	struct stress_result *r = made(9, 0, 0, 0);

	r->tally.lost_unexplained = 9;
	expect(r, EXIT_FINDING, "FINDING");
	r = made(0, 0, 0, 0);
	r->call_error = -ENOSPC;
	expect(r, EXIT_ENVIRONMENT, "STOPPED");
}

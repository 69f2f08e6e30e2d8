/* SPDX-License-Identifier: MIT */
/* outcome: what the children's JSON says, and files that are none. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gate/outcome.h"

static char path[] = "/tmp/irqstorm-test-outcome-XXXXXX";
static struct errmsg e;

static void begin(void)
{
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	close(fd);
}

static void end(void)
{
	unlink(path);
}

TestSuite(outcome, .init = begin, .fini = end);

static int read_text(const char *text, enum gate_kind kind, struct outcome *out)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
	return outcome_read(path, kind, false, out, &e);
}

Test(outcome, stress_counts_and_ratios)
{
	struct outcome o;

	cr_assert_eq(
		read_text("{\"schema\": \"irqstorm.stress/1\", \"verdict\": \"finding\","
			  "\"interrupted\": false, \"fired\": 100, \"delivered\": 80,"
			  "\"coalesced\": 4, \"unarmed\": 6, \"spurious\": 2, \"misrouted\": 1,"
			  "\"lost\": {\"total\": 10, \"explained\": 7, \"unexplained\": 3},"
			  "\"resizes\": 5, \"repeat\": \"irqstorm stress\","
			  "\"resize_ns\": {\"n\": 5, \"p50\": 300},"
			  "\"latency_ns\": {\"service\": {\"n\": 9, \"p50\": 20},"
			  "\"response\": {\"n\": 0, \"p50\": 0, \"p99\": 0}},"
			  "\"control\": {\"p50_ns\": 10, \"p99_ns\": 40}}",
			  GATE_STRESS, &o),
		0, "%s", e.text);
	cr_assert(o.found);
	cr_assert_eq(o.fired, 100);
	cr_assert_eq(o.at_risk, 90);
	cr_assert_eq(o.lost_unexplained, 3);
	cr_assert_eq(o.lost_explained, 7);
	cr_assert_eq(o.spurious, 2);
	cr_assert_eq(o.misrouted, 1);
	cr_assert_str_eq(o.repeat, "irqstorm stress");
	cr_assert_eq(o.ratio[METRIC_SERVICE_P50], 2);
	cr_assert_eq(o.ns[METRIC_RESIZE_P50], 300);
	cr_assert(isnan(o.ns[METRIC_RESPONSE_P50]), "nothing was measured");
}

Test(outcome, without_a_control_there_are_times_and_no_ratios)
{
	struct outcome o;

	cr_assert_eq(read_text("{\"schema\": \"irqstorm.stress/1\", \"verdict\": \"pass\","
			       "\"resize_ns\": {\"n\": 5, \"p50\": 300},"
			       "\"control\": {\"p50_ns\": 0, \"p99_ns\": 0}}",
			       GATE_LATENCY, &o),
		     0);
	cr_assert_eq(o.ns[METRIC_RESIZE_P50], 300);
	cr_assert(isnan(o.ratio[METRIC_RESIZE_P50]));
}

Test(outcome, the_first_program_that_differs_is_named)
{
	struct outcome o;

	cr_assert_eq(read_text("{\"schema\": \"irqstorm.run/1\", \"programs\": ["
			       "{\"program\": \"a.irq\", \"ops\": 3, \"difference\": null},"
			       "{\"program\": \"b.irq\", \"ops\": 4, \"difference\":"
			       "{\"kind\": \"return\", \"what\": \"0, not -22\"}}]}",
			       GATE_CORPUS, &o),
		     0);
	cr_assert(o.found);
	cr_assert_str_eq(o.program, "b.irq");
	cr_assert_str_eq(o.what, "return: 0, not -22");
	cr_assert_eq(o.programs, 2);
	cr_assert_eq(o.ops, 7);
}

Test(outcome, a_divergence_and_an_early_end_are_seen)
{
	struct outcome o;

	cr_assert_eq(
		read_text("{\"schema\": \"irqstorm.diff/1\", \"ops\": 9, \"programs\": 2,"
			  "\"complete\": false, \"divergences\": 1, \"first_divergence\":"
			  "{\"kind\": \"counter\", \"what\": \"1, not 2\", \"operation\": \"x\"}}",
			  GATE_DIFF, &o),
		0);
	cr_assert(o.found && o.interrupted);
	cr_assert_str_eq(o.what, "counter: 1, not 2 after x");
	cr_assert_not(outcome_save_program(path, "/nonexistent/x.irq"), "there is no program");
}

Test(outcome, what_is_no_result_is_an_error_that_names_the_file)
{
	static const char *const texts[] = {
		"", "{", "[]", "{\"schema\": \"irqstorm.bench/1\"}", "{\"schema\": 3}",
	};
	struct outcome o;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_assert_lt(read_text(texts[i], GATE_STRESS, &o), 0, "case %zu", i);
		cr_assert_eq(e.exit, EXIT_ENVIRONMENT);
		cr_assert(strstr(e.text, path), "%s", e.text);
	}
	cr_assert_lt(outcome_read("/nonexistent/x.json", GATE_STRESS, false, &o, &e), 0);
}

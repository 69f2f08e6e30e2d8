/* SPDX-License-Identifier: MIT */
/* report: what a gate says of made-up checks, and the exit code. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/report.h"

#define CHECKS 60

static struct scenario kinds[GATE_KINDS];
static struct gate_check checks[CHECKS];
static struct gate_config config = {.seed = 0x1234};
static struct gate_result result = {.at = checks};

static void begin(void)
{
	static const char *const units[] = {"programs", "operations", "executions", "fires",
					    "rounds"};

	for (int k = 0; k < GATE_KINDS; k++)
		kinds[k].kind = (enum gate_kind)k;
	for (int i = 0; i < CHECKS; i++) {
		int kind = i % GATE_KINDS;

		checks[i].s = &kinds[kind];
		checks[i].unit = units[kind];
		checks[i].n = 1000u * (unsigned int)(i + 1);
		snprintf(checks[i].name, sizeof(checks[i].name), "check:%d", i);
		snprintf(checks[i].says, sizeof(checks[i].says), "says <%d> & 50 %%\nmore", i);
		snprintf(checks[i].repeat, sizeof(checks[i].repeat), "irqstorm repeat %d", i);
	}
	result.n = CHECKS;
}

TestSuite(report, .init = begin);

static char *text_of(void (*write)(FILE *f))
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	write(f);
	fclose(f);
	return text;
}

static void write_text(FILE *f)
{
	gate_text(f, &config, &result);
}

static void write_json(FILE *f)
{
	gate_json(f, &config, &result);
}

static void write_junit(FILE *f)
{
	gate_junit(f, &config, &result);
}

static void write_annotations(FILE *f)
{
	gate_annotations(f, &result);
}

static unsigned int lines(const char *text)
{
	unsigned int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static unsigned int times(const char *text, const char *what)
{
	unsigned int n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

static void plain_says(void)
{
	for (int i = 0; i < CHECKS; i++)
		*strchr(checks[i].says, '\n') = ' ';
}

Test(report, never_has_more_than_15_lines_and_begins_with_the_verdict)
{
	plain_says();
	result.no_baseline = true;
	strcpy(result.folder, "irqstorm-gate-1");
	for (int bad = 0; bad <= CHECKS; bad++) {
		for (int v = VERDICT_FAIL; v < VERDICTS; v++) {
			char *text;

			for (int i = 0; i < CHECKS; i++)
				checks[i].verdict = i < bad ? (enum gate_verdict)v : VERDICT_PASS;
			text = text_of(write_text);
			cr_assert_leq(lines(text), GATE_LINES, "%d of verdict %d:\n%s", bad, v,
				      text);
			if (bad && v == VERDICT_FAIL)
				cr_assert(!strncmp(text, "FAIL  ", 6), "%s", text);
			if (!bad)
				cr_assert(!strncmp(text, "PASS  ", 6), "%s", text);
			cr_assert(strstr(text, "--seed 0x1234\n"), "%s", text);
			free(text);
		}
	}
}

Test(report, a_failure_comes_with_the_command_that_repeats_it)
{
	char *text;

	plain_says();
	checks[7].verdict = VERDICT_FAIL;
	text = text_of(write_text);
	cr_assert(strstr(text, "check:7: says <7>"), "%s", text);
	cr_assert(strstr(text, "repeat: irqstorm repeat 7\n"), "%s", text);
	free(text);
}

Test(report, the_worst_check_decides_the_exit_code)
{
	static const struct {
		enum gate_verdict first, second;
		int code;
	} table[] = {
		{VERDICT_PASS, VERDICT_PASS, EXIT_PASS},
		{VERDICT_SKIP, VERDICT_PASS, EXIT_PASS},
		{VERDICT_UNTRUSTED, VERDICT_PASS, EXIT_UNTRUSTED},
		{VERDICT_UNTRUSTED, VERDICT_FAIL, EXIT_FINDING},
		{VERDICT_ERROR, VERDICT_FAIL, EXIT_FINDING},
		{VERDICT_STOPPED, VERDICT_FAIL, EXIT_FINDING},
		{VERDICT_ERROR, VERDICT_UNTRUSTED, EXIT_ENVIRONMENT},
		{VERDICT_STOPPED, VERDICT_UNTRUSTED, EXIT_ENVIRONMENT},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		checks[0].verdict = table[i].first;
		checks[1].verdict = table[i].second;
		cr_assert_eq(gate_exit(&result), table[i].code, "case %zu: %d", i,
			     gate_exit(&result));
	}
	for (int i = 0; i < CHECKS; i++)
		checks[i].verdict = VERDICT_SKIP;
	cr_assert_eq(gate_exit(&result), EXIT_SKIP);
	checks[3].verdict = VERDICT_ERROR;
	checks[3].exit = EXIT_USAGE;
	cr_assert_eq(gate_exit(&result), EXIT_USAGE);
	result.n = 0;
	cr_assert_eq(gate_exit(&result), EXIT_SKIP);
	result.stopped = true;
	cr_assert_eq(gate_exit(&result), EXIT_ENVIRONMENT);
}

Test(report, junit_counts_what_it_contains)
{
	char *text;

	checks[1].verdict = VERDICT_FAIL;
	checks[2].verdict = VERDICT_FAIL;
	checks[3].verdict = VERDICT_UNTRUSTED;
	checks[4].verdict = VERDICT_ERROR;
	text = text_of(write_junit);
	cr_assert(strstr(text, "tests=\"60\" failures=\"2\" errors=\"1\" skipped=\"1\""), "%s",
		  text);
	cr_assert_eq(times(text, "<testcase "), CHECKS);
	cr_assert_eq(times(text, "<failure "), 2);
	cr_assert_eq(times(text, "says <"), 0, "not escaped");
	cr_assert(strstr(text, "says &#60;1&#62; &#38; 50 %"), "%s", text);
	free(text);
}

Test(report, json_has_every_check_and_the_figures_of_a_comparison)
{
	char *text;
	json_t *root, *at;

	checks[4].compared = true;
	checks[4].d = (struct decision){.n_a = 40, .n_b = 20, .shift = .31, .p = .001};
	checks[3].verdict = VERDICT_FAIL;
	checks[3].lost_unexplained = 2;
	text = text_of(write_json);
	root = json_loads(text, 0, NULL);
	cr_assert_not_null(root, "%s", text);
	cr_assert_str_eq(json_string_value(json_object_get(root, "schema")), "irqstorm.gate/1");
	cr_assert_str_eq(json_string_value(json_object_get(root, "verdict")), "fail");
	cr_assert_eq(json_integer_value(json_object_get(root, "exit_code")), 1);
	cr_assert_eq(json_array_size(json_object_get(root, "checks")), CHECKS);
	at = json_array_get(json_object_get(root, "checks"), 4);
	cr_assert_eq(json_number_value(json_object_get(at, "shift")), .31);
	cr_assert_eq(json_integer_value(json_object_get(at, "n_baseline")), 40);
	at = json_array_get(json_object_get(root, "checks"), 3);
	cr_assert_eq(json_integer_value(json_object_get(at, "lost_unexplained")), 2);
	json_decref(root);
	free(text);
}

Test(report, an_annotation_is_one_line_for_each_check_that_is_no_pass)
{
	char *text;

	checks[1].verdict = VERDICT_FAIL;
	checks[2].verdict = VERDICT_UNTRUSTED;
	checks[3].verdict = VERDICT_SKIP;
	text = text_of(write_annotations);
	cr_assert_eq(lines(text), 2, "%s", text);
	cr_assert(strstr(text, "::error title=irqstorm gate fail check%3A1::says <1> & 50 "
			       "%25%0Amore%0Arepeat: irqstorm repeat 1\n"),
		  "%s", text);
	cr_assert(strstr(text, "::warning title=irqstorm gate not trustworthy check%3A2::"), "%s",
		  text);
	free(text);
}

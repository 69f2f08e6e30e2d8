/* SPDX-License-Identifier: MIT */
/* baseline: written and read back; files that are none. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/baseline.h"

static char path[] = "/tmp/irqstorm-test-baseline-XXXXXX";
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

TestSuite(baseline, .init = begin, .fini = end);

static int load_text(const char *text, struct baseline *b)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
	return baseline_load(path, b, &e);
}

Test(baseline, comes_back_as_it_was_written)
{
	double ratio[] = {1.25, .875, 3};
	struct baseline_row row = {.name = "woken:response_p50",
				   .setting = "emu \"here\"",
				   .noise = .03125,
				   .ns = 12345,
				   .ratio = ratio,
				   .n = 3};
	struct baseline b = {0}, read;
	const struct baseline_row *got;
	FILE *f = fopen(path, "w");

	cr_assert_eq(baseline_add(&b, &row), 0);
	baseline_write(f, &b);
	fclose(f);
	cr_assert_eq(baseline_load(path, &read, &e), 0, "%s", e.text);
	got = baseline_find(&read, "woken:response_p50");
	cr_assert_not_null(got);
	cr_assert_str_eq(got->setting, row.setting);
	cr_assert_eq(got->noise, row.noise);
	cr_assert_eq(got->ns, row.ns);
	cr_assert_eq(got->n, 3);
	cr_assert_eq(memcmp(got->ratio, ratio, sizeof(ratio)), 0);
	cr_assert_null(baseline_find(&read, "woken"));
	baseline_free(&b);
	baseline_free(&read);
}

Test(baseline, what_is_none_is_an_error_that_says_how_to_make_one)
{
	static const char *const texts[] = {
		"",
		"{}",
		"{\"schema\": \"irqstorm.gate/1\", \"latencies\": []}",
		"{\"schema\": \"irqstorm.baseline/2\"}",
	};
	struct baseline b;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_assert_lt(load_text(texts[i], &b), 0, "case %zu", i);
		cr_assert_eq(e.exit, EXIT_ENVIRONMENT);
		cr_assert(strstr(e.text, "--save-baseline"), "%s", e.text);
		baseline_free(&b);
	}
}

Test(baseline, rows_without_samples_or_with_bad_ones_are_refused)
{
	static const char *const rows[] = {
		"{\"name\": \"a\", \"setting\": \"s\", \"noise\": 0, \"ratio\": []}",
		"{\"name\": \"a\", \"setting\": \"s\", \"noise\": 0, \"ratio\": [1, 0]}",
		"{\"name\": \"a\", \"setting\": \"s\", \"noise\": 0, \"ratio\": [1, \"2\"]}",
		"{\"name\": \"a\", \"setting\": \"s\", \"noise\": -1, \"ratio\": [1]}",
		"{\"setting\": \"s\", \"noise\": 0, \"ratio\": [1]}",
	};
	struct baseline b;
	char text[400];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text),
			 "{\"schema\": \"irqstorm.baseline/2\", \"latencies\": [%s]}", rows[i]);
		cr_assert_lt(load_text(text, &b), 0, "case %zu", i);
		cr_assert(strstr(e.text, "latency 0"), "%s", e.text);
		baseline_free(&b);
	}
}

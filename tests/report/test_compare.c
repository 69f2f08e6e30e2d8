/* SPDX-License-Identifier: MIT */
#include "report/compare.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "report/summary.h"
#include "report/value.h"
#include "support/stats.h"

static const struct compare_metric p50 = {
	.key = "response_p50_ns", .heading = "p50", .format = COLUMN_NS};

/* A cell of which repeats had these medians; ends with a 0. */
static json_t *cell(int first, ...)
{
	json_t *values = json_array(), *out;
	struct stats_interval i;
	double v[32];
	size_t n = 0;
	va_list ap;

	va_start(ap, first);
	for (int x = first; x; x = va_arg(ap, int)) {
		json_array_append_new(values, json_integer(x));
		v[n++] = x;
	}
	va_end(ap);
	i = stats_median(v, n);
	out = json_pack("{s:{s:{s:I, s:f, s:f, s:f, s:o}}}", "metrics", "response_p50_ns", "n",
			(json_int_t)n, "median", i.median, "lo", i.lo, "hi", i.hi, "values",
			values);
	cr_assert(out);
	return out;
}

static struct compare_result compare(json_t *a, json_t *b)
{
	struct compare_result r = compare_cells(a, b, &p50);

	json_decref(a);
	json_decref(b);
	return r;
}

Test(compare, apart_with_enough_repeats_is_a_claim)
{
	struct compare_result r = compare(cell(100, 101, 102, 103, 104, 105, 0),
					  cell(130, 131, 132, 133, 134, 135, 0));
	char text[64];

	cr_assert_eq(r.claim, COMPARE_HIGHER);
	cr_assert_str_eq(compare_text(&r, text, sizeof(text)), "higher by 29.3 %");
	cr_assert_str_eq(compare_change(&r, text, sizeof(text)), "+29.3 %");
	r = compare(cell(100, 101, 102, 103, 0), cell(900, 901, 902, 903, 0));
	cr_assert_str_eq(compare_text(&r, text, sizeof(text)), "higher by a factor of 8.88");
	cr_assert_str_eq(compare_change(&r, text, sizeof(text)), "x 8.88");
	r = compare(cell(130, 131, 132, 133, 0), cell(100, 101, 102, 103, 0));
	cr_assert_eq(r.claim, COMPARE_LOWER);
}

Test(compare, intervals_that_overlap_are_no_claim)
{
	struct compare_result r = compare(cell(100, 101, 102, 103, 104, 140, 0),
					  cell(130, 131, 132, 133, 134, 135, 0));

	/* ranks alone would say so: the medians are far apart */
	cr_assert_eq(r.claim, COMPARE_OVERLAP);
	cr_assert_gt(r.shift, 0.25);
}

Test(compare, three_repeats_are_too_few_for_any_claim)
{
	struct compare_result r = compare(cell(100, 101, 102, 0), cell(200, 201, 202, 0));
	char text[64];

	cr_assert_eq(r.claim, COMPARE_FEW);
	cr_assert(strstr(compare_text(&r, text, sizeof(text)), "fewer than 4"), "%s", text);
}

Test(compare, equal_samples_are_no_claim)
{
	struct compare_result r = compare(cell(7, 7, 7, 7, 7, 7, 0), cell(7, 7, 7, 7, 7, 7, 0));

	cr_assert_eq(r.claim, COMPARE_OVERLAP);
	cr_assert_float_eq(r.shift, 0, 0);
}

Test(compare, nothing_on_one_side_is_nothing)
{
	struct compare_result r = compare(cell(7, 7, 7, 7, 0), json_object());

	cr_assert_eq(r.claim, COMPARE_NONE);
	cr_assert(isnan(r.shift));
}

static json_t *run_of(const char *target, const char *strategy)
{
	return json_pack("{s:[{s:s, s:s, s:s, s:i, s:s, s:i}, {s:s, s:s, s:s, s:i, s:s, s:i}]}",
			 "cells", "target", target, "strategy", "none", "consumer", "uring",
			 "vectors", 64, "mode", "closed", "rate", 1000, "target", target,
			 "strategy", strategy, "consumer", "uring", "vectors", 64, "mode", "closed",
			 "rate", 1000);
}

Test(compare, one_target_each_is_matched_whatever_it_is)
{
	json_t *a = run_of("vfio:auto", "dynamic"), *b = run_of("emu", "dynamic");
	struct page_run ra = {.summary = a, .label = "a"}, rb = {.summary = b, .label = "b"};
	const json_t *match = compare_match(&ra, &rb, value_at(a, "cells.1"));

	cr_assert_eq(match, value_at(b, "cells.1"));
	json_decref(a);
	json_decref(b);
}

Test(compare, with_several_targets_they_must_agree)
{
	json_t *a = run_of("emu:profile=6.1", "dynamic"),
	       *b = run_of("emu:profile=6.12", "dynamic");
	struct page_run ra = {.summary = a, .label = "a"}, rb = {.summary = b, .label = "b"};

	json_object_set_new(value_at(b, "cells.0"), "target", json_string("another"));
	cr_assert_null(compare_match(&ra, &rb, value_at(a, "cells.1")));
	json_decref(a);
	json_decref(b);
}

Test(compare, another_strategy_is_no_match)
{
	json_t *a = run_of("emu", "dynamic"), *b = run_of("emu", "teardown");
	struct page_run ra = {.summary = a, .label = "a"}, rb = {.summary = b, .label = "b"};

	cr_assert_null(compare_match(&ra, &rb, value_at(a, "cells.1")));
	cr_assert_eq(compare_match(&ra, &rb, value_at(a, "cells.0")), value_at(b, "cells.0"));
	json_decref(a);
	json_decref(b);
}

static json_t *counted(int lost, int fired)
{
	json_t *cell = json_pack("{s:{s:i, s:{s:i}}, s:s, s:s}", "counts", "fired", fired, "lost",
				 "total", lost, "strategy", "swap", "target", "emu:profile=6.1");

	summary_lost_per_million(cell);
	return cell;
}

static enum compare_claim claim_of(json_t *a, json_t *b)
{
	enum compare_claim claim = compare_cells(a, b, &compare_metrics[0]).claim;

	json_decref(a);
	json_decref(b);
	return claim;
}

Test(compare, losses_are_compared_by_the_intervals_of_their_sums)
{
	json_t *a = counted(37, 106633);
	char text[80];

	cr_assert_str_eq(compare_show(a, &compare_metrics[0], text, sizeof(text)),
			 "347 (244 - 478)");
	json_decref(a);
	cr_expect_eq(claim_of(counted(37, 106633), counted(0, 106633)), COMPARE_LOWER);
	cr_expect_eq(claim_of(counted(37, 106633), counted(90, 106633)), COMPARE_HIGHER);
	cr_expect_eq(claim_of(counted(37, 106633), counted(50, 106633)), COMPARE_OVERLAP);
}

Test(compare, a_label_tells_targets_apart)
{
	json_t *a = counted(0, 1), *b = counted(0, 1);
	char text[160];

	cr_assert_str_eq(compare_label(a, b, text, sizeof(text)), "swap on emulator 6.1");
	json_object_set_new(b, "target", json_string("vfio:auto"));
	cr_assert_str_eq(compare_label(a, b, text, sizeof(text)),
			 "swap on emulator 6.1 to vfio:auto");
	json_object_set_new(b, "strategy", json_string("none"));
	cr_assert_str_eq(compare_label(a, b, text, sizeof(text)),
			 "swap on emulator 6.1 to none on vfio:auto");
	json_decref(a);
	json_decref(b);
}

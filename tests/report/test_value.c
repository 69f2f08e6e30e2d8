/* SPDX-License-Identifier: MIT */
#include "report/value.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/columns.h"

static json_t *tree;

static void teardown(void)
{
	json_decref(tree);
}

TestSuite(value, .fini = teardown);

static void load(const char *text)
{
	json_error_t why;

	tree = json_loads(text, 0, &why);
	cr_assert(tree, "%s", why.text);
}

Test(value, a_path_goes_through_objects_and_arrays)
{
	load("{\"cells\": [{\"a\": 1}, {\"a\": {\"b\": 2.5, \"c\": \"x\"}}]}");
	cr_assert_float_eq(value_number(tree, "cells.1.a.b"), 2.5, 0);
	cr_assert_float_eq(value_number(tree, "cells.0.a"), 1, 0);
	cr_assert_str_eq(value_text(tree, "cells.1.a.c"), "x");
	cr_assert_eq(value_at(tree, ""), tree);
}

Test(value, what_is_not_there_is_nan_or_empty)
{
	load("{\"a\": null, \"b\": \"text\", \"c\": [1]}");
	cr_assert(isnan(value_number(tree, "a")));
	cr_assert(isnan(value_number(tree, "b")));
	cr_assert(isnan(value_number(tree, "c.7")));
	cr_assert(isnan(value_number(tree, "c.x")));
	cr_assert(isnan(value_number(tree, "d.e.f")));
	cr_assert(isnan(value_number(NULL, "d")));
	cr_assert_str_eq(value_text(tree, "c"), "");
}

Test(value, a_tree_is_written_as_it_was_read)
{
	static const char text[] =
		"{\"n\": 18, \"neg\": -3, \"r\": 0.125, \"t\": true, \"z\": null, "
		"\"rows\": [[1, 2], [3, 4]], \"list\": [{\"a\": []}, {}], \"s\": \"a\\\"b\\n\"}";
	char *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);
	struct json j;
	json_t *again;

	load(text);
	json_init(&j, f);
	value_write(&j, NULL, tree);
	json_finish(&j);
	fclose(f);
	again = json_loads(out, 0, NULL);
	cr_assert(json_equal(tree, again), "%s", out);
	cr_assert(strstr(out, "\"rows\": [[1, 2], [3, 4]]"), "rows are not on one line: %s", out);
	json_decref(again);
	free(out);
}

Test(value, buckets_survive_being_written_and_merged)
{
	struct hist *a = malloc(sizeof(*a)), *b = malloc(sizeof(*b));
	json_t *rows;

	hist_init(a);
	hist_init(b);
	for (uint64_t v = 1; v < 1000000000; v = v * 3 + 1)
		hist_record_n(a, v, v % 7 + 1);
	rows = value_buckets(a);
	value_buckets_add(rows, b);
	cr_assert_eq(a->n, b->n);
	cr_assert_arr_eq(a->bucket, b->bucket, sizeof(a->bucket));
	value_buckets_add(rows, b);
	cr_assert_eq(b->n, 2 * a->n);
	json_decref(rows);
	free(a);
	free(b);
}

Test(value, an_interval_names_its_unit_once_where_it_can)
{
	static const struct column c = {.path = "m", .format = COLUMN_NS, .interval = true};
	char text[80];

	load("{\"m\": {\"n\": 3, \"median\": 11300, \"lo\": 10900, \"hi\": 12200}}");
	cr_assert_str_eq(column_interval(&c, tree, text, sizeof(text)), "10.9 - 12.2 us");
	json_decref(tree);
	load("{\"m\": {\"n\": 3, \"median\": 11300, \"lo\": 900, \"hi\": 12200}}");
	cr_assert_str_eq(column_interval(&c, tree, text, sizeof(text)), "900 ns - 12.2 us");
	json_decref(tree);
	load("{\"m\": {\"n\": 1, \"median\": 11300, \"lo\": 900, \"hi\": 12200}}");
	cr_assert_str_eq(column_interval(&c, tree, text, sizeof(text)), "");
}

Test(value, what_is_missing_is_a_dash_in_the_table)
{
	char text[48];

	cr_assert_str_eq(column_format(COLUMN_NS, NAN, text, sizeof(text)), "-");
	cr_assert_str_eq(column_format(COLUMN_RATE, 0.41666, text, sizeof(text)), "0.417");
	cr_assert_str_eq(column_format(COLUMN_RATE, 12345.6, text, sizeof(text)), "12,346");
	cr_assert_str_eq(column_format(COLUMN_COUNT, 12345, text, sizeof(text)), "12,345");
}

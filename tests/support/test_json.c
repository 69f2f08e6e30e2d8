/* SPDX-License-Identifier: MIT */
/* json: what the writer writes, read back by a parser that is not ours. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "support/json.h"
#include "support/rng.h"

struct doc {
	char *text;
	size_t size;
	FILE *f;
	struct json j;
};

static void doc_begin(struct doc *d)
{
	d->f = open_memstream(&d->text, &d->size);
	cr_assert_not_null(d->f, "open_memstream");
	json_init(&d->j, d->f);
}

static json_t *doc_end(struct doc *d)
{
	json_error_t error;
	json_t *root;

	json_finish(&d->j);
	fclose(d->f);
	root = json_loads(d->text, JSON_REJECT_DUPLICATES, &error);
	cr_assert_not_null(root, "%s at line %d of:\n%s", error.text, error.line, d->text);
	free(d->text);
	return root;
}

/* One string through the writer and the parser. The caller decrefs *@root. */
static const char *echo(const char *s, json_t **root)
{
	struct doc d;

	doc_begin(&d);
	json_object_begin(&d.j, NULL);
	json_str(&d.j, "s", s);
	json_object_end(&d.j);
	*root = doc_end(&d);
	return json_string_value(json_object_get(*root, "s"));
}

Test(json, numbers_survive)
{
	static const int64_t whole[] = {0, 1, -1, INT64_MAX, INT64_MIN, 1LL << 53, (1LL << 53) + 1};
	struct doc d;
	json_t *root;

	doc_begin(&d);
	json_array_begin(&d.j, NULL);
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		json_i64(&d.j, NULL, whole[i]);
	json_array_end(&d.j);
	root = doc_end(&d);
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		cr_assert_eq(json_integer_value(json_array_get(root, i)), whole[i], "item %zu", i);
	json_decref(root);
}

/* jansson has no integer above INT64_MAX: look at the text. */
Test(json, u64_max_is_written_whole)
{
	char *text = NULL;
	size_t size = 0;
	struct json j;
	FILE *f = open_memstream(&text, &size);

	json_init(&j, f);
	json_u64(&j, NULL, UINT64_MAX);
	json_finish(&j);
	fclose(f);
	cr_assert_str_eq(text, "18446744073709551615\n");
	free(text);
}

Test(json, doubles)
{
	static const double values[] = {0, -0.0, 1.5, -2.25e-300, 1e300, 12345.6789, 1e10};
	struct doc d;
	json_t *root;

	doc_begin(&d);
	json_array_begin(&d.j, NULL);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		json_double(&d.j, NULL, values[i]);
	json_double(&d.j, NULL, NAN);
	json_double(&d.j, NULL, INFINITY);
	json_double(&d.j, NULL, -INFINITY);
	json_array_end(&d.j);
	root = doc_end(&d);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		double got = json_number_value(json_array_get(root, i));

		cr_assert(fabs(got - values[i]) <= fabs(values[i]) * 1e-8, "%g became %g",
			  values[i], got);
	}
	for (size_t i = 7; i < 10; i++)
		cr_assert(json_is_null(json_array_get(root, i)), "item %zu is not null", i);
	json_decref(root);
}

Test(json, strings_survive)
{
	static const char *const strings[] = {
		"",
		"plain",
		"quote \" and backslash \\",
		"line\nbreak\ttab\r",
		"\x01\x1f\x7f",
		"h\xc3\xa9llo",
		"\xe2\x82\xac",
		"\xf0\x9f\x90\xa7",
		"/path/with/slashes",
	};

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		json_t *root;
		const char *got = echo(strings[i], &root);

		cr_assert_str_eq(got, strings[i], "string %zu", i);
		json_decref(root);
	}
}

Test(json, invalid_utf8_is_replaced)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"a\xff\x62", "a\xef\xbf\xbd\x62"},                       /* no lead byte */
		{"\xc3", "\xef\xbf\xbd"},                                 /* cut short */
		{"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},                 /* cut short, two bytes */
		{"\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd"},                 /* overlong */
		{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* surrogate */
		{"\xf5\x80\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *root;
		const char *got = echo(cases[i].in, &root);

		cr_assert_str_eq(got, cases[i].out, "case %zu", i);
		json_decref(root);
	}
}

/* Whatever the bytes, the document stays one that a strict parser takes. */
Test(json, random_bytes_stay_valid)
{
	char s[32];
	struct rng r;

	rng_init(&r, 1, 0);
	for (int i = 0; i < 5000; i++) {
		uint32_t len = rng_below(&r, sizeof(s));
		json_t *root;

		for (uint32_t k = 0; k < len; k++)
			s[k] = (char)(1 + rng_below(&r, 255));
		s[len] = '\0';
		cr_assert_not_null(echo(s, &root), "round %d", i);
		json_decref(root);
	}
}

Test(json, null_string_and_bools)
{
	struct doc d;
	json_t *root;

	doc_begin(&d);
	json_object_begin(&d.j, NULL);
	json_str(&d.j, "none", NULL);
	json_bool(&d.j, "yes", true);
	json_bool(&d.j, "no", false);
	json_object_end(&d.j);
	root = doc_end(&d);
	cr_assert(json_is_null(json_object_get(root, "none")), "null");
	cr_assert(json_is_true(json_object_get(root, "yes")), "true");
	cr_assert(json_is_false(json_object_get(root, "no")), "false");
	json_decref(root);
}

Test(json, empty_and_nested)
{
	struct doc d;
	json_t *root, *at;
	size_t i;

	doc_begin(&d);
	json_object_begin(&d.j, NULL);
	json_object_begin(&d.j, "empty");
	json_object_end(&d.j);
	json_array_begin(&d.j, "list");
	json_array_end(&d.j);
	json_array_begin(&d.j, "deep");
	for (i = 0; i < JSON_MAX_DEPTH - 2; i++)
		json_array_begin(&d.j, NULL);
	for (i = 0; i < JSON_MAX_DEPTH - 2; i++)
		json_array_end(&d.j);
	json_u64(&d.j, NULL, 7);
	json_array_end(&d.j);
	json_object_end(&d.j);
	root = doc_end(&d);
	cr_assert_eq(json_object_size(root), 3, "members");
	cr_assert_eq(json_object_size(json_object_get(root, "empty")), 0, "empty object");
	cr_assert_eq(json_array_size(json_object_get(root, "list")), 0, "empty array");
	at = json_object_get(root, "deep");
	cr_assert_eq(json_integer_value(json_array_get(at, 1)), 7, "item after a deep one");
	for (i = 0; json_array_size(at); i++)
		at = json_array_get(at, 0);
	cr_assert_eq(i, JSON_MAX_DEPTH - 2, "depth %zu", i);
	json_decref(root);
}

/* Misuse is a programming error: it must not write a broken document. */
Test(json, value_without_key_in_an_object_aborts, .signal = SIGABRT)
{
	struct json j;

	cr_assert_not_null(freopen("/dev/null", "w", stderr));
	json_init(&j, stdout);
	json_object_begin(&j, NULL);
	json_u64(&j, NULL, 1);
}

Test(json, unbalanced_end_aborts, .signal = SIGABRT)
{
	struct json j;

	cr_assert_not_null(freopen("/dev/null", "w", stderr));
	json_init(&j, stdout);
	json_object_begin(&j, NULL);
	json_array_end(&j);
}

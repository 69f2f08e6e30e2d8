/* SPDX-License-Identifier: MIT */
/* junit: what is written is XML with the text that was given, whatever the text. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/junit.h"

static char *suite_of(const struct junit_test *t)
{
	const struct junit_suite suite = {
		.name = "a \"suite\"", .tests = 1, .failures = 1, .seconds = 1.5};
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	junit_begin(f, &suite);
	junit_case(f, t);
	junit_end(f);
	fclose(f);
	return text;
}

Test(junit, a_pass_is_one_empty_element)
{
	char *text = suite_of(&(struct junit_test){.group = "g", .name = "n", .seconds = .25});

	cr_assert_str_eq(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			       "<testsuite name=\"a &#34;suite&#34;\" tests=\"1\" failures=\"1\" "
			       "errors=\"0\" skipped=\"0\" time=\"1.500\">\n"
			       "  <testcase classname=\"g\" name=\"n\" time=\"0.250\"/>\n"
			       "</testsuite>\n");
	free(text);
}

Test(junit, each_end_has_its_element_and_its_text)
{
	static const char *const elements[] = {
		[JUNIT_FAILURE] = "failure", [JUNIT_ERROR] = "error", [JUNIT_SKIPPED] = "skipped"};

	for (int end = JUNIT_FAILURE; end <= JUNIT_SKIPPED; end++) {
		char want[128];
		char *text = suite_of(&(struct junit_test){.group = "g",
							   .name = "n",
							   .end = (enum junit_end)end,
							   .message = "m",
							   .text = "one\ntwo"});

		snprintf(want, sizeof(want), "<%s message=\"m\">one\ntwo</%s>", elements[end],
			 elements[end]);
		cr_assert_not_null(strstr(text, want), "%s", text);
		free(text);
	}
}

Test(junit, what_xml_cannot_say_is_escaped_or_replaced)
{
	char *text = suite_of(&(struct junit_test){.group = "<g>",
						   .name = "a&b",
						   .end = JUNIT_FAILURE,
						   .message = "\x01\xff\"",
						   .text = "]]>"});

	cr_assert_not_null(strstr(text, "classname=\"&#60;g&#62;\" name=\"a&#38;b\""), "%s", text);
	cr_assert_not_null(strstr(text, "message=\"??&#34;\">]]&#62;</failure>"), "%s", text);
	free(text);
}

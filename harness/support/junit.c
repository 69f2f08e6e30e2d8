/* SPDX-License-Identifier: MIT */
#include "support/junit.h"

#include <string.h>

/* As the text of an element or a value in double quotes. XML has no way to write a control byte. */
static void put(FILE *f, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (strchr("<>&\"", c))
			fprintf(f, "&#%u;", c);
		else if ((c < 0x20 && c != '\n' && c != '\t') || c >= 0x7f)
			fputc('?', f);
		else
			fputc(c, f);
	}
}

void junit_begin(FILE *f, const struct junit_suite *s)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"", f);
	put(f, s->name);
	fprintf(f,
		"\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.3f\">\n",
		s->tests, s->failures, s->errors, s->skipped, s->seconds);
}

void junit_case(FILE *f, const struct junit_test *t)
{
	static const char *const elements[] = {
		[JUNIT_FAILURE] = "failure", [JUNIT_ERROR] = "error", [JUNIT_SKIPPED] = "skipped"};

	fputs("  <testcase classname=\"", f);
	put(f, t->group);
	fputs("\" name=\"", f);
	put(f, t->name);
	fprintf(f, "\" time=\"%.3f\"", t->seconds);
	if (t->end == JUNIT_PASS) {
		fputs("/>\n", f);
		return;
	}
	fprintf(f, ">\n    <%s message=\"", elements[t->end]);
	put(f, t->message);
	fputs("\">", f);
	if (t->text)
		put(f, t->text);
	fprintf(f, "</%s>\n  </testcase>\n", elements[t->end]);
}

void junit_end(FILE *f)
{
	fputs("</testsuite>\n", f);
}

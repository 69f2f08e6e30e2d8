/* SPDX-License-Identifier: MIT */
/*
 * junit: test results as the XML that CI systems show. One suite: begin, its tests, end. Text may
 * be anything; what XML cannot say becomes '?'. Errors of the stream are for whoever commits it.
 */
#ifndef IRQSTORM_SUPPORT_JUNIT_H
#define IRQSTORM_SUPPORT_JUNIT_H

#include <stddef.h>
#include <stdio.h>

struct junit_suite {
	const char *name;
	size_t tests, failures, errors, skipped;
	double seconds;
};

enum junit_end {
	JUNIT_PASS,
	JUNIT_FAILURE,
	JUNIT_ERROR,
	JUNIT_SKIPPED,
};

struct junit_test {
	const char *group, *name;
	double seconds;
	enum junit_end end;
	const char *message; /* one line; not for a pass */
	const char *text;    /* more, or NULL */
};

void junit_begin(FILE *f, const struct junit_suite *s);
void junit_case(FILE *f, const struct junit_test *t);
void junit_end(FILE *f);

#endif

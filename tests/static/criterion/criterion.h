/* SPDX-License-Identifier: MIT */
/*
 * As much of Criterion's interface as the unit tests use, for static programs: of another
 * architecture, which emulators and guests without libraries run, where Criterion's own workers
 * cannot be started. Each test is a process of its own, one after the other. Assertions end the
 * process; expectations only make it fail. Runs of main.c.
 */
#ifndef IRQSTORM_TESTS_STATIC_CRITERION_H
#define IRQSTORM_TESTS_STATIC_CRITERION_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cr_options {
	void (*init)(void), (*fini)(void);
	int signal;     /* that the test has to end by */
	double timeout; /* seconds, 0: that of main.c */
};

/* A test; with .run NULL, the options of its suite. */
struct cr_entry {
	const char *suite, *name;
	void (*run)(void);
	struct cr_options options;
	struct cr_entry *next;
};

void cr_register(struct cr_entry *entry);
__attribute__((format(printf, 5, 6))) void cr_failed(bool fatal, const char *what, const char *file,
						     int line, const char *fmt, ...);
__attribute__((noreturn, format(printf, 1, 2))) void cr_skip(const char *fmt, ...);

#define CR_ENTRY(S, N, F, ...)                                                                     \
	static struct cr_entry cr_entry_##S##_##N = {                                              \
		.suite = #S, .name = #N, .run = F, .options = {__VA_ARGS__}};                      \
	__attribute__((constructor)) static void cr_register_##S##_##N(void)                       \
	{                                                                                          \
		cr_register(&cr_entry_##S##_##N);                                                  \
	}

#define Test(S, N, ...)                                                                            \
	static void cr_test_##S##_##N(void);                                                       \
	CR_ENTRY(S, N, cr_test_##S##_##N, __VA_ARGS__)                                             \
	static void cr_test_##S##_##N(void)

#define TestSuite(S, ...) CR_ENTRY(S, the_suite, NULL, __VA_ARGS__)

#define CR_CHECK(fatal, c, what, ...)                                                              \
	do {                                                                                       \
		if (!(c))                                                                          \
			cr_failed((fatal), (what), __FILE__, __LINE__, "" __VA_ARGS__);            \
	} while (0)

#define cr_skip_test(...)   cr_skip("" __VA_ARGS__)
#define cr_assert_fail(...) CR_CHECK(true, false, "the test gave up", __VA_ARGS__)

#define cr_assert(c, ...)          CR_CHECK(true, (c), #c, __VA_ARGS__)
#define cr_assert_not(c, ...)      CR_CHECK(true, !(c), "!(" #c ")", __VA_ARGS__)
#define cr_assert_eq(a, b, ...)    CR_CHECK(true, (a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...)   CR_CHECK(true, (a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...)    CR_CHECK(true, (a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...)   CR_CHECK(true, (a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...)    CR_CHECK(true, (a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...)   CR_CHECK(true, (a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_assert_null(p, ...)     CR_CHECK(true, !(p), #p " is NULL", __VA_ARGS__)
#define cr_assert_not_null(p, ...) CR_CHECK(true, (p), #p " is not NULL", __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...)                                                                \
	CR_CHECK(true, !strcmp((a), (b)), #a " is the text " #b, __VA_ARGS__)
#define cr_assert_str_neq(a, b, ...)                                                               \
	CR_CHECK(true, strcmp((a), (b)), #a " is not the text " #b, __VA_ARGS__)
#define cr_assert_arr_eq(a, b, size, ...)                                                          \
	CR_CHECK(true, !memcmp((a), (b), (size)), #a " has the bytes of " #b, __VA_ARGS__)
#define cr_assert_float_eq(a, b, eps, ...)                                                         \
	CR_CHECK(true, fabs((double)(a) - (double)(b)) <= (double)(eps), #a " is nearly " #b,      \
		 __VA_ARGS__)

#define cr_expect(c, ...)        CR_CHECK(false, (c), #c, __VA_ARGS__)
#define cr_expect_not(c, ...)    CR_CHECK(false, !(c), "!(" #c ")", __VA_ARGS__)
#define cr_expect_eq(a, b, ...)  CR_CHECK(false, (a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_expect_leq(a, b, ...) CR_CHECK(false, (a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_expect_gt(a, b, ...)  CR_CHECK(false, (a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_expect_null(p, ...)   CR_CHECK(false, !(p), #p " is NULL", __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...)                                                                \
	CR_CHECK(false, !strcmp((a), (b)), #a " is the text " #b, __VA_ARGS__)
#define cr_expect_float_eq(a, b, eps, ...)                                                         \
	CR_CHECK(false, fabs((double)(a) - (double)(b)) <= (double)(eps), #a " is nearly " #b,     \
		 __VA_ARGS__)

#endif

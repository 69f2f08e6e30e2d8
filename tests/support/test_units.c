/* SPDX-License-Identifier: MIT */
/* units: every suffix, every kind of wrong, and the way back. */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "support/units.h"

struct good {
	const char *text;
	uint64_t value;
};

struct bad {
	const char *text;
	int err;
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void check(int (*parse)(const char *, uint64_t *), const struct good *good, size_t n_good,
		  const struct bad *bad, size_t n_bad)
{
	for (size_t i = 0; i < n_good; i++) {
		uint64_t v = 0;
		int err = parse(good[i].text, &v);

		cr_assert_eq(err, 0, "'%s': %d", good[i].text, err);
		cr_assert_eq(v, good[i].value, "'%s': %" PRIu64, good[i].text, v);
	}
	for (size_t i = 0; i < n_bad; i++) {
		uint64_t v = 99;
		int err = parse(bad[i].text, &v);

		cr_assert_eq(err, bad[i].err, "'%s': %d, not %d", bad[i].text, err, bad[i].err);
	}
}

Test(units, counts)
{
	static const struct good good[] = {
		{"0", 0},
		{"64", 64},
		{"007", 7},
		{"10k", 10000},
		{"10K", 10000},
		{"3M", 3000000},
		{"2G", 2000000000},
		{"0x40", 64},
		{"0X40", 64},
		{"0x10k", 16000},
		{"18446744073709551615", UINT64_MAX},
		{"0xffffffffffffffff", UINT64_MAX},
		{"18446744073G", 18446744073000000000ULL},
	};
	static const struct bad bad[] = {
		{"", -EINVAL},
		{" 1", -EINVAL},
		{"1 ", -EINVAL},
		{"-1", -EINVAL},
		{"+1", -EINVAL},
		{"k", -EINVAL},
		{"1kk", -EINVAL},
		{"1.5k", -EINVAL},
		{"0x", -EINVAL},
		{"0xg", -EINVAL},
		{"0x-1", -EINVAL},
		{"12abc", -EINVAL},
		{"1m", -EINVAL},
		{"1e3", -EINVAL},
		{"18446744073709551616", -ERANGE},
		{"18446744074G", -ERANGE},
		{"0x10000000000000000", -ERANGE},
	};

	check(units_parse_count, good, COUNT(good), bad, COUNT(bad));
}

Test(units, durations)
{
	static const struct good good[] = {
		{"0", 0},
		{"1", 1000000000},
		{"5ns", 5},
		{"5us", 5000},
		{"5ms", 5000000},
		{"5s", 5000000000},
		{"2m", 120000000000ULL},
		{"1h", 3600000000000ULL},
		{"1.5s", 1500000000},
		{"0.25ms", 250000},
		{"1.5h", 5400000000000ULL},
		{"0.000000001s", 1},
		{"0.0000000001s", 0},
		{"1.9ns", 1},
		{"18446744073709551615ns", UINT64_MAX},
		{"0.333333333h", 1199999998800ULL},
	};
	static const struct bad bad[] = {
		{"", -EINVAL},
		{"s", -EINVAL},
		{"-1s", -EINVAL},
		{".5s", -EINVAL},
		{"1.", -EINVAL},
		{"1.s", -EINVAL},
		{"1.5.5s", -EINVAL},
		{"1 s", -EINVAL},
		{"1S", -EINVAL},
		{"1sec", -EINVAL},
		{"0x10s", -EINVAL},
		{"1e3s", -EINVAL},
		{"1d", -EINVAL},
		{"18446744074s", -ERANGE},
		{"99999999999h", -ERANGE},
		{"18446744073.8s", -ERANGE},
		{"99999999999999999999s", -ERANGE},
	};

	check(units_parse_duration, good, COUNT(good), bad, COUNT(bad));
}

Test(units, format_ns)
{
	static const struct {
		double ns;
		const char *text;
	} cases[] = {
		{0, "0 ns"},
		{949.5, "950 ns"},
		{950, "950 ns"},
		{999, "999 ns"},
		{999.4, "999 ns"},
		{999.5, "1.0 us"},
		{1000, "1.0 us"},
		{12340, "12.3 us"},
		/* the median of two: 114.0 us, were it made whole nanoseconds first */
		{113949.5, "113.9 us"},
		{999949, "999.9 us"},
		{999950, "1.00 ms"},
		{999999, "1.00 ms"},
		{1000000, "1.00 ms"},
		{4070000, "4.07 ms"},
		{999994999, "999.99 ms"},
		{999999999, "1.00 s"},
		{1500000000, "1.50 s"},
		{60000000000ULL, "60.00 s"},
		{(double)UINT64_MAX, "18446744073.71 s"},
	};
	char buf[32];

	for (size_t i = 0; i < COUNT(cases); i++)
		cr_assert_str_eq(units_format_ns(cases[i].ns, buf, sizeof(buf)), cases[i].text,
				 "%.1f: '%s', not '%s'", cases[i].ns, buf, cases[i].text);
}

Test(units, format_count)
{
	static const struct good cases[] = {
		{"0", 0},
		{"999", 999},
		{"1,000", 1000},
		{"12,345,678", 12345678},
		{"18,446,744,073,709,551,615", UINT64_MAX},
	};
	char buf[32];

	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t need = strlen(cases[i].text) + 1;

		units_format_count(cases[i].value, buf, sizeof(buf));
		cr_assert_str_eq(buf, cases[i].text);
		units_format_count(cases[i].value, buf, need);
		cr_assert_str_eq(buf, cases[i].text, "a buffer of just %zu bytes: '%s'", need, buf);
		memset(buf, 'x', sizeof(buf));
		units_format_count(cases[i].value, buf, need - 1);
		cr_assert(memchr(buf, '\0', need - 1), "'%s' in %zu bytes is not ended",
			  cases[i].text, need - 1);
		cr_assert_eq(buf[need - 1], 'x', "'%s' in %zu bytes ran over", cases[i].text,
			     need - 1);
	}
}

/* SPDX-License-Identifier: MIT */
#include "support/units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *suffix;
	uint64_t scale;
};

static const struct unit count_units[] = {
	{"", 1}, {"k", 1000}, {"K", 1000}, {"M", 1000000}, {"G", 1000000000},
};

static const struct unit time_units[] = {
	{"", 1000000000},        {"ns", 1},         {"us", 1000},
	{"ms", 1000000},         {"s", 1000000000}, {"m", 60000000000ULL},
	{"h", 3600000000000ULL},
};

static int find_scale(const struct unit *units, size_t n, const char *suffix, uint64_t *scale)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(units[i].suffix, suffix)) {
			*scale = units[i].scale;
			return 0;
		}
	}
	return -EINVAL;
}

int units_parse_count(const char *s, uint64_t *out)
{
	uint64_t scale, n;
	char *end;

	if (!isdigit((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	n = strtoull(s, &end, s[0] == '0' && (s[1] == 'x' || s[1] == 'X') ? 16 : 10);
	if (errno)
		return -ERANGE;
	if (find_scale(count_units, sizeof(count_units) / sizeof(count_units[0]), end, &scale))
		return -EINVAL;
	if (__builtin_mul_overflow(n, scale, out))
		return -ERANGE;
	return 0;
}

int units_parse_duration(const char *s, uint64_t *out_ns)
{
	uint64_t scale, whole, frac = 0, ns;
	uint64_t frac_scale = 1;
	char *end;

	if (!isdigit((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	whole = strtoull(s, &end, 10);
	if (errno)
		return -ERANGE;
	if (*end == '.') {
		if (!isdigit((unsigned char)end[1]))
			return -EINVAL;
		for (end++; isdigit((unsigned char)*end); end++) {
			if (frac_scale >= 1000000000)
				continue;
			frac = frac * 10 + (uint64_t)(*end - '0');
			frac_scale *= 10;
		}
	}
	if (find_scale(time_units, sizeof(time_units) / sizeof(time_units[0]), end, &scale))
		return -EINVAL;
	if (__builtin_mul_overflow(whole, scale, &ns) ||
	    __builtin_add_overflow(ns, (uint64_t)((__uint128_t)frac * scale / frac_scale), &ns))
		return -ERANGE;
	*out_ns = ns;
	return 0;
}

const char *units_format_ns(double ns, char *buf, size_t size)
{
	/* Each limit is where the rounded text would reach the next unit. */
	if (ns < 999.5)
		snprintf(buf, size, "%.0f ns", ns);
	else if (ns < 999950)
		snprintf(buf, size, "%.1f us", ns / 1e3);
	else if (ns < 999995000)
		snprintf(buf, size, "%.2f ms", ns / 1e6);
	else
		snprintf(buf, size, "%.2f s", ns / 1e9);
	return buf;
}

const char *units_format_count(uint64_t n, char *buf, size_t size)
{
	char digits[24], text[32];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, n);
	size_t o = 0;

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			text[o++] = ',';
		text[o++] = digits[i];
	}
	text[o] = '\0';
	snprintf(buf, size, "%s", text);
	return buf;
}

const char *units_format_share(double v, char *buf, size_t size)
{
	if (!isfinite(v))
		snprintf(buf, size, "-");
	else if (v >= 999.5) /* %.3g would say 1e+03 */
		units_format_count((uint64_t)llround(v), buf, size);
	else
		snprintf(buf, size, "%.3g", v);
	return buf;
}

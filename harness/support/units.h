/* SPDX-License-Identifier: MIT */
/*
 * units: numbers as people write them on a command line, and back. Whole strings only: trailing
 * garbage, a sign, an overflow or an empty string is -EINVAL or -ERANGE, never a silent 0.
 */
#ifndef IRQSTORM_SUPPORT_UNITS_H
#define IRQSTORM_SUPPORT_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* A count: decimal or 0x hexadecimal, optional suffix k, M or G (powers of 1000). */
int units_parse_count(const char *s, uint64_t *out);

/* A duration in nanoseconds: decimal fraction allowed, suffix ns, us, ms, s, m or h (default s). */
int units_parse_duration(const char *s, uint64_t *out_ns);

/* "950 ns", "12.3 us", "4.07 ms", "1.50 s"; rounded once, from all of @ns (>= 0). Returns @buf. */
const char *units_format_ns(double ns, char *buf, size_t size);

/* "0.12", "12.3", "1,230": three digits, and all before the point. Returns @buf. */
const char *units_format_share(double v, char *buf, size_t size);

/* "12,345,678". Returns @buf. */
const char *units_format_count(uint64_t n, char *buf, size_t size);

#endif

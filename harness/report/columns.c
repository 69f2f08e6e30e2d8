/* SPDX-License-Identifier: MIT */
#include "report/columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/value.h"
#include "support/units.h"

const struct column columns[] = {
	{.group = "Fires",
	 .heading = "fired",
	 .path = "counts.fired",
	 .help = "Times that the device raised a vector, over all repeats.",
	 .format = COLUMN_COUNT,
	 .terminal = true},
	{.heading = "lost",
	 .path = "counts.lost.total",
	 .help = "Fires that the workload wanted and that never came, over all repeats.",
	 .format = COLUMN_COUNT,
	 .terminal = true},
	{.heading = "unexplained",
	 .path = "counts.lost.unexplained",
	 .help = "Of these, fires that no rule allows to be lost: must be 0.",
	 .format = COLUMN_COUNT,
	 .terminal = true},
	{.heading = "lost per million",
	 .path = "lost_per_million",
	 .at = "rate",
	 .help = "lost / fired x 1,000,000, both over all repeats, and its exact 95 % interval; "
		 "with none lost below 3 / fired.",
	 .format = COLUMN_RATE,
	 .interval = true,
	 .terminal = true},
	{.heading = "lost per resize",
	 .path = "metrics.lost_per_resize",
	 .help = "Fires lost for each resize; the median over the repeats.",
	 .format = COLUMN_RATE,
	 .interval = true},
	{.group = "Response, steady",
	 .heading = "p50",
	 .path = "metrics.steady_p50_ns",
	 .help = "Time from a fire to the read that delivered it, no call in flight.",
	 .format = COLUMN_NS,
	 .interval = true},
	{.heading = "p99", .path = "metrics.steady_p99_ns", .format = COLUMN_NS, .interval = true},
	{.heading = "p99.9",
	 .path = "metrics.steady_p999_ns",
	 .format = COLUMN_NS,
	 .interval = true},
	{.group = "Response, during a resize",
	 .heading = "p50",
	 .path = "metrics.resize_p50_ns",
	 .help = "The same, fired while a call was in flight.",
	 .format = COLUMN_NS,
	 .interval = true},
	{.heading = "p99", .path = "metrics.resize_p99_ns", .format = COLUMN_NS, .interval = true},
	{.heading = "p99.9",
	 .path = "metrics.resize_p999_ns",
	 .format = COLUMN_NS,
	 .interval = true},
	{.group = "Response, settling",
	 .heading = "p50",
	 .path = "metrics.settle_p50_ns",
	 .help = "The same, fired within 1 ms after a call.",
	 .format = COLUMN_NS,
	 .interval = true},
	{.heading = "p99", .path = "metrics.settle_p99_ns", .format = COLUMN_NS, .interval = true},
	{.heading = "p99.9",
	 .path = "metrics.settle_p999_ns",
	 .format = COLUMN_NS,
	 .interval = true},
	{.group = "Response, all",
	 .heading = "p50",
	 .path = "metrics.response_p50_ns",
	 .help = "Half of the responses took no longer: from a fire to the read of it.",
	 .format = COLUMN_NS,
	 .interval = true,
	 .terminal = true},
	{.heading = "p99",
	 .path = "metrics.response_p99_ns",
	 .help = "99 % of the responses took no longer.",
	 .format = COLUMN_NS,
	 .interval = true,
	 .terminal = true},
	{.group = "A resize",
	 .heading = "p50",
	 .path = "metrics.resize_call_p50_ns",
	 .help = "Half of the resizes took no longer, all calls of one together.",
	 .format = COLUMN_NS,
	 .interval = true,
	 .terminal = true},
	{.heading = "p99",
	 .path = "metrics.resize_call_p99_ns",
	 .format = COLUMN_NS,
	 .interval = true},
	{.group = "Machine",
	 .heading = "host vectors",
	 .path = "metrics.host_vectors",
	 .help = "Interrupt vectors allocated at the host, at most.",
	 .format = COLUMN_COUNT,
	 .interval = true,
	 .terminal = true},
	{.heading = "throughput ratio",
	 .path = "metrics.ratio_throughput",
	 .help = "Delivered a second, to the control in the same run.",
	 .format = COLUMN_RATIO,
	 .interval = true,
	 .terminal = true},
	{.heading = "p50 ratio",
	 .path = "metrics.ratio_p50",
	 .help = "p50 to that of the control in the same run.",
	 .format = COLUMN_RATIO,
	 .interval = true},
	{.heading = "stall p99",
	 .path = "metrics.stall_p99_ns",
	 .help = "How late a do-nothing sleeper woke in the same run: the machine's own noise.",
	 .format = COLUMN_NS,
	 .interval = true,
	 .terminal = true},
	{.heading = NULL},
};

const char *column_format(enum column_format format, double v, char *buf, size_t size)
{
	if (!isfinite(v)) {
		snprintf(buf, size, "-");
		return buf;
	}
	switch (format) {
	case COLUMN_COUNT:
		return units_format_count((uint64_t)llround(v), buf, size);
	case COLUMN_NS:
		return units_format_ns(fmax(0, v), buf, size);
	case COLUMN_RATIO:
		snprintf(buf, size, "%.2f", v);
		return buf;
	case COLUMN_RATE:
		return units_format_share(v, buf, size);
	}
	return buf;
}

double column_value(const struct column *c, const json_t *cell)
{
	const json_t *v = value_at(cell, c->path);

	return value_number(v, c->at ? c->at : c->interval ? "median" : "");
}

const char *column_interval(const struct column *c, const json_t *cell, char *buf, size_t size)
{
	const json_t *v = value_at(cell, c->path);
	char lo[32], hi[32], *unit;

	*buf = '\0';
	if (!c->interval || !isfinite(value_number(v, "hi")) || value_number(v, "n") < 2 ||
	    value_number(v, "lo") == value_number(v, "hi"))
		return buf;
	column_format(c->format, value_number(v, "lo"), lo, sizeof(lo));
	column_format(c->format, value_number(v, "hi"), hi, sizeof(hi));
	if (c->at && value_number(v, c->at) == 0) { /* none of many: a bound */
		snprintf(buf, size, "< %s", hi);
		return buf;
	}
	/* the unit once where it is the same */
	unit = strchr(lo, ' ');
	if (unit && strchr(hi, ' ') && !strcmp(unit, strchr(hi, ' ')))
		*unit = '\0';
	snprintf(buf, size, "%s - %s", lo, hi);
	return buf;
}

const char *column_target(const json_t *cell, char *buf, size_t size)
{
	const char *target = value_text(cell, "target"), *profile = value_text(cell, "profile");

	if (strncmp(target, "emu", 3)) {
		snprintf(buf, size, "%.*s", (int)strcspn(target, ","), target);
		return buf;
	}
	if (!*profile)
		profile = strstr(target, "6.1,") || !strcmp(target, "emu:profile=6.1") ? "6.1"
										       : "6.12";
	snprintf(buf, size, "emulator %s", profile);
	return buf;
}

const char *column_setting(const json_t *cell, char *buf, size_t size)
{
	double rate = value_number(cell, "rate");
	char hz[32] = "max";

	if (isfinite(rate))
		units_format_count((uint64_t)rate, hz, sizeof(hz));
	snprintf(buf, size, "%s, %.0f vectors, %s loop, %s%s", value_text(cell, "consumer"),
		 value_number(cell, "vectors"), value_text(cell, "mode"), hz,
		 isfinite(rate) ? " fires/s" : " rate");
	return buf;
}

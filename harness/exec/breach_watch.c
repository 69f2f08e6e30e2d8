/* SPDX-License-Identifier: MIT */
#include "exec/breach_watch.h"

#include <stdio.h>
#include <string.h>

#include "emulator/emulator.h"

void breach_watch_begin(struct breach_watch *w, struct backend *be)
{
	if (emulator_violations_total(be))
		emulator_forget_violations(be);
	/* What is beyond seen.n is not looked at. */
	w->total = w->seen.n = 0;
}

bool breach_is_finding(const struct breach *b)
{
	return b->by_kernel && b->rule != BREACH_R61;
}

const struct breach *breach_watch_look(struct breach_watch *w, struct backend *be, uint32_t at)
{
	uint64_t total = emulator_violations_total(be);
	const struct breach *found = NULL;
	struct breaches now;

	if (__builtin_expect(total == w->total, 1))
		return NULL;
	emulator_violations(be, &now);
	for (uint32_t i = 0; i < now.n; i++) {
		bool known = i < w->seen.n;

		if (!known)
			w->at[i] = at;
		if (known && w->seen.kind[i].count == now.kind[i].count)
			continue;
		if (!found || (!breach_is_finding(found) && breach_is_finding(&now.kind[i])))
			found = &now.kind[i];
	}
	w->seen = now;
	w->total = total;
	return found ? &w->seen.kind[found - now.kind] : NULL;
}

const char *breach_text(const struct breach *b, char *buf, size_t size)
{
	snprintf(buf, size, "%s %s: vector %u: %s, by the %s",
		 b->rule == BREACH_R61 ? "hazard" : "violation", breach_name(b->rule), b->vector,
		 breach_what(b->rule), b->by_kernel ? "kernel" : "program");
	return buf;
}

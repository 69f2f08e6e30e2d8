/* SPDX-License-Identifier: MIT */
#include "emulator/breach.h"

#include <string.h>

static const struct {
	const char *name, *what;
} rules[BREACH_RULES] = {
	[BREACH_P1] = {"P1", "the message of an entry that is not masked was written"},
	[BREACH_P2] = {"P2", "a message was sent that the table no longer has"},
	[BREACH_P6] = {"P6", "MSI and MSI-X are both enabled"},
	[BREACH_P7] = {"P7", "the number of vectors of MSI was changed while it is enabled"},
	[BREACH_R61] = {"R61", "a write did not reach the table, which has no power"},
};

const char *breach_name(enum breach_rule rule)
{
	return rules[rule].name;
}

const char *breach_what(enum breach_rule rule)
{
	return rules[rule].what;
}

static void count_kind(struct breaches *b, enum breach_rule rule, bool by_kernel, uint32_t vector)
{
	uint32_t i = 0;

	while (i < b->n && (b->kind[i].rule != rule || b->kind[i].vector != vector ||
			    b->kind[i].by_kernel != by_kernel))
		i++;
	if (i == BREACHES_KEPT) {
		if (!by_kernel || rule == BREACH_R61)
			return;
		b->n = --i; /* the kernel's own must not be missing */
	}
	if (i == b->n)
		b->kind[b->n++] =
			(struct breach){.rule = rule, .by_kernel = by_kernel, .vector = vector};
	b->kind[i].count++;
}

void breach_note(struct breach_log *log, enum breach_rule rule, bool by_kernel, uint32_t vector)
{
	spin_lock(&log->lock);
	log->seen.count[rule]++;
	log->seen.by_kernel += by_kernel && rule != BREACH_R61;
	count_kind(&log->seen, rule, by_kernel, vector);
	spin_unlock(&log->lock);
	/* Relaxed: who wants to know more takes the lock. */
	atomic_fetch_add_explicit(&log->total, 1, memory_order_relaxed);
}

void breach_forget(struct breach_log *log)
{
	spin_lock(&log->lock);
	memset(&log->seen, 0, sizeof(log->seen));
	spin_unlock(&log->lock);
	atomic_store_explicit(&log->total, 0, memory_order_relaxed);
}

void breach_read(struct breach_log *log, struct breaches *out)
{
	spin_lock(&log->lock);
	*out = log->seen;
	spin_unlock(&log->lock);
}

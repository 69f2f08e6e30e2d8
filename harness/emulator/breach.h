/* SPDX-License-Identifier: MIT */
/*
 * breach: what the function saw done to it against the rules of PCI (docs/rules.md 2.1): how often,
 * and each kind of it once. Rules that bind the function itself (P3 to P5) are not here: this one
 * follows them, and what it sent or kept is what oracles count.
 *
 * Any thread may note; the lock is taken when there is something to note, and never held while
 * another is taken.
 */
#ifndef IRQSTORM_EMULATOR_BREACH_H
#define IRQSTORM_EMULATOR_BREACH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "support/spin.h"

enum breach_rule {
	BREACH_P1,  /* an entry that may send was written */
	BREACH_P2,  /* its message was sent as it was before, since the function had cached it */
	BREACH_P6,  /* MSI and MSI-X are both enabled */
	BREACH_P7,  /* MSI changed its number of vectors while enabled */
	BREACH_R61, /* a write did not reach the table, which had no power: no breach but a hazard,
		       which vfio takes on real hardware */
	BREACH_RULES,
};
/* "P1"; what it is in a few words. */
const char *breach_name(enum breach_rule rule);
const char *breach_what(enum breach_rule rule);

/* All breaches of one rule, on one vector, by one side. */
struct breach {
	enum breach_rule rule;
	bool by_kernel; /* else by who goes around it: a program's SCRIBBLE */
	uint32_t vector;
	uint64_t count;
};

#define BREACHES_KEPT 16u

struct breaches {
	uint64_t count[BREACH_RULES]; /* by either side */
	uint64_t by_kernel;           /* of P1 to P7 */
	uint32_t n;                   /* kinds kept: the first ones, in the order they came in */
	struct breach kind[BREACHES_KEPT];
};

struct breach_log {
	struct spin lock;
	_Atomic uint64_t total; /* changes with each breach */
	struct breaches seen;
};

void breach_note(struct breach_log *log, enum breach_rule rule, bool by_kernel, uint32_t vector);
void breach_forget(struct breach_log *log);
void breach_read(struct breach_log *log, struct breaches *out);

#endif

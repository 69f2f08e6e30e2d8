/* SPDX-License-Identifier: MIT */
/*
 * interleave: two callers and a device that interrupts, on one thread, by turns. A schedule says
 * after how many places (a lock taken or dropped, a step of a handler) who goes on; a lock that is
 * held makes who wants it wait until it is dropped. So every interleaving can be had again.
 *
 * What came of it must be what some order of the model's steps gives (model/fine.h): the answers of
 * all operations and the state at the end. The model makes a caller's steps only where the caller
 * ran. Besides: locks are taken in their order (emulator/lock.h), nobody waits for ever, and no
 * eventfd is used after its reference was put.
 *
 * One owner, one thread, on the emulator alone. After a finding that is no difference the device is
 * as it was left in the middle: executor_anew().
 */
#ifndef IRQSTORM_EXEC_INTERLEAVE_H
#define IRQSTORM_EXEC_INTERLEAVE_H

#include <stdio.h>

#include "exec/executor.h"

#define INTERLEAVE_CALLERS  3u  /* A, B, the device */
#define INTERLEAVE_OPS      24u /* operations that are run by turns, at most */
#define INTERLEAVE_SWITCHES 32u
#define INTERLEAVE_VECTORS  64u /* MSI-X table, at most */

enum interleave_who { CALLER_A, CALLER_B, CALLER_DEVICE };

struct interleave_plan {
	uint32_t setup;          /* operations at the start that are run one after the other */
	uint32_t dealt;          /* bit i % 32: the i-th of the callers' is B's */
	const uint8_t *schedule; /* see interleave_turns.c */
	uint32_t turns;
};

enum interleave_finding {
	INTERLEAVE_FINE,
	INTERLEAVE_SETUP,      /* a difference before anything was run by turns: in @r.exec */
	INTERLEAVE_ORDER,      /* no order of the model's steps explains it */
	INTERLEAVE_LOCK_ORDER, /* locks are taken against their order */
	INTERLEAVE_DEADLOCK,
	INTERLEAVE_MISUSE, /* an eventfd is used without a reference on it */
	INTERLEAVE_END,    /* a difference at the end, and after the last close: in @r.exec */
};

struct interleave_result {
	enum interleave_finding finding;
	struct exec_result exec;
	char text[320];
	char key[FINDING_KEY_MAX];
	uint32_t states; /* of the model that were looked at */
	bool unsure;     /* too many, or not known: nothing was compared */
	uint64_t digest;
	/* Where one came in between another: a number for what was under way, and how far. */
	uint32_t switches;
	uint32_t switched[INTERLEAVE_SWITCHES];
};

struct interleave;

int interleave_create(struct executor *x, struct interleave **out);
void interleave_destroy(struct interleave *il);

/*
 * The operations of @p that can be run by turns; others are left out. OP_AT and growth of the table
 * are for the operations before them (plan.setup). 0 or -errno with @e.
 */
int interleave_run(struct interleave *il, const struct program *p,
		   const struct interleave_plan *plan, struct interleave_result *r,
		   struct errmsg *e);

/* The last run: who did what, and where who came in between. */
void interleave_print(const struct interleave *il, FILE *f);

#endif

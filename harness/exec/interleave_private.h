/* SPDX-License-Identifier: MIT */
/* interleave_private: what the parts of interleave offer each other. */
#ifndef IRQSTORM_EXEC_INTERLEAVE_PRIVATE_H
#define IRQSTORM_EXEC_INTERLEAVE_PRIVATE_H

#include "emulator/lock.h"
#include "exec/interleave.h"
#include "exec/oracle.h"
#include "model/fine.h"
#include "support/fiber.h"

#define INTERLEAVE_EVENTS 4096u
#define INTERLEAVE_HELD   8u
#define INTERLEAVE_SEEN   16384u /* states that are remembered */
#define INTERLEAVE_STATES 20000u /* states that are looked at for one input */

_Static_assert(INTERLEAVE_CALLERS == FINE_CALLERS, "the same callers");

/* An operation of one of them. */
struct turn_op {
	struct op op;
	uint32_t fail; /* OP_FAIL before it */
	struct outcome out;
};

enum event_kind {
	EVENT_BEGINS,
	EVENT_ENDS,
	EVENT_LEAVES, /* another goes on */
	EVENT_TAKES,
	EVENT_DROPS,
	EVENT_WANTS, /* a lock that another holds */
	EVENT_STEPS,
	EVENT_WAITS,
};

struct event {
	uint8_t kind, who;
	uint8_t lock; /* enum lock_class */
	uint8_t op;   /* index in the caller's list */
	const char *where;
};

struct turn_caller {
	struct fiber fiber;
	struct interleave *il;
	struct turn_op *ops[INTERLEAVE_OPS];
	uint32_t n, next;
	struct lock *held[INTERLEAVE_HELD];
	uint32_t holds;
	struct lock *wants;   /* NULL: none */
	const char *where;    /* it wants it, or waits */
	uint64_t waits_since; /* progress when it began to wait, plus 1; 0: it does not */
	bool in_wake, finished;
};

struct interleave {
	struct lock_scheduler scheduler; /* first */
	struct executor *x;
	struct fiber home;
	struct turn_caller caller[INTERLEAVE_CALLERS];
	struct turn_op ops[INTERLEAVE_OPS];
	uint32_t n;

	struct interleave_plan plan;
	uint32_t turn; /* of the plan, that comes next */
	uint32_t left; /* places until then */
	uint32_t who;  /* runs */
	uint64_t progress;

	struct event events[INTERLEAVE_EVENTS];
	uint32_t n_events;

	struct interleave_result *r;

	/* The search for an order. */
	uint64_t seen[INTERLEAVE_SEEN];
	uint64_t run;
};

/* Runs what was dealt. A finding is in il->r. */
void interleave_turns(struct interleave *il);

/* Is there an order? If so @f, where the callers started from, is where it ends. */
bool interleave_explain(struct interleave *il, struct fine *f);

/* "A", "B", "device". */
const char *interleave_who_name(uint32_t who);

#endif

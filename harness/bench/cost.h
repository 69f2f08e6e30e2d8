/* SPDX-License-Identifier: MIT */
/*
 * cost: what it costs to add a vector and to remove it again, against how many are in use
 * meanwhile. No interrupts fly: a strategy enables the index with so many vectors wanted, then one
 * more is used and released over and over, and each is timed with all of its calls. The points of a
 * curve are measured in rounds, in an order shuffled anew each time; a round's figure is the median
 * of its samples, the curve's the median over rounds.
 *
 * All times are in nanoseconds. One thread; nothing else may use the backend meanwhile.
 */
#ifndef IRQSTORM_BENCH_COST_H
#define IRQSTORM_BENCH_COST_H

#include "backend/backend.h"
#include "support/errmsg.h"
#include "support/stats.h"
#include "vmm/strategy.h"

#define COST_POINTS     13u /* 1, 2, 4, ... 2048, and all but one */
#define COST_ROUNDS_MAX 64u

enum cost_move {
	COST_FIRST_ADD, /* the host has no vector for it yet */
	COST_ADD, /* it had one before in this enable, which kernels with dynamic MSI-X keep */
	COST_REMOVE,
	COST_MOVES,
};

extern const char *const cost_move_names[COST_MOVES]; /* as JSON keys: first_add, add, remove */

struct cost_point {
	uint32_t held;                              /* vectors in use before one is added */
	uint32_t samples[COST_MOVES];               /* over all rounds */
	double round[COST_MOVES][COST_ROUNDS_MAX];  /* medians, ns */
	struct stats_interval interval[COST_MOVES]; /* by cost_finish(); NaN without samples */
};

struct cost_curve {
	const struct strategy *strategy;
	bool cannot; /* the target cannot do it, @why says */
	char why[160];
	uint32_t limit; /* vectors that the target has for it */
	uint32_t rounds;
	uint32_t n_points;
	struct cost_point point[COST_POINTS];
};

struct cost {
	struct backend *be;
	struct backend_desc desc;
	int32_t *fds;
	uint32_t n_fds;
	uint64_t budget_ns; /* for the samples of one point in one round */
	uint64_t seed;
};

/* @be stays the caller's. 0 or -errno with @e; cost_fini() in any case. */
int cost_init(struct cost *c, struct backend *be, uint64_t budget_ns, uint64_t seed,
	      struct errmsg *e);
void cost_fini(struct cost *c);

/* Is there anything to measure: does a use and a release mean calls, each time? */
bool cost_applies(const struct strategy *st);

void cost_begin(const struct cost *c, const struct strategy *st, struct cost_curve *curve);
/* One more round; leaves the index disabled. 0 or -errno with @e: a well-formed call failed. */
int cost_round(struct cost *c, struct cost_curve *curve, struct errmsg *e);
void cost_finish(struct cost_curve *curve);

/*
 * How @move grows from the smallest point with at least 16 held to the largest: ratio of the
 * medians. NaN when there are no two such points.
 */
double cost_growth(const struct cost_curve *curve, enum cost_move move);

#endif

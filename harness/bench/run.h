/* SPDX-License-Identifier: MIT */
/*
 * run: a whole bench. Every cell of the matrix is run once a round, in an order shuffled from the
 * seed, so that what the machine does meanwhile falls on all of them alike; a cell's run is a short
 * storm that is thrown away, and the one that counts, with its own control. Then the cost of a
 * resize is measured on each target. What was done is kept in the folder (folder.h) at once, and
 * what an earlier bench left there is not done again.
 *
 * One thread calls; SIGINT and SIGTERM end the run early, with what is complete kept.
 */
#ifndef IRQSTORM_BENCH_RUN_H
#define IRQSTORM_BENCH_RUN_H

#include <jansson.h>

#include "bench/grid.h"

struct bench_config {
	const struct grid *grid;
	const char *out;     /* folder; NULL: none */
	const char *command; /* as it was called, for the manifest */
	const char *via;     /* as in struct stress_config */
	uint64_t duration_ns, warm_up_ns, resize_rate_hz, seed;
	uint32_t repeats;
	bool storms, cost; /* what is measured: one at least */
	uint32_t cost_rounds;
	uint64_t cost_budget_ns; /* of one point in one round */
	bool quiet;
};

/* How far it came. */
struct bench_end {
	int stop_signal;     /* that ended it, 0: none */
	uint32_t done, todo; /* runs: storms, and targets whose resizes are timed */
};

/*
 * *@summary (docs/bench-json.md) is the caller's; NULL when it did not come so far. 0, also when
 * something was found or a signal came ("verdict", "complete"); -errno with @e otherwise.
 */
int bench_run(const struct bench_config *cfg, json_t **summary, struct bench_end *end,
	      struct errmsg *e);

#endif

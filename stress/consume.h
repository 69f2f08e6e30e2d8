/* SPDX-License-Identifier: MIT */
/*
 * consume: the consumer thread of a run: it drives a consumer over all eventfds and feeds what was
 * read to the ledgers. A vector that was touched and still has an open fire is resolved by the next
 * complete pass; every open vector is looked at each SWEEP_NS, so that what never came is noticed.
 */
#ifndef IRQSTORM_STRESS_CONSUME_H
#define IRQSTORM_STRESS_CONSUME_H

#include "stress/storm.h"

struct consume {
	struct storm *storm;
	struct world_thread thread;
	struct tally tally;
	struct consumer_stats stats;
	const char *how;
	struct errmsg *e;
	int err;

	bool threaded;
	struct world_lock lock; /* tally and ledgers, where several threads report */
	uint32_t *dirty, *touched;
	uint32_t n_dirty, n_touched;
	uint8_t *is_touched;
	struct account_mark *marks;
	struct series_taker series;
	_Atomic uint64_t sweeps;
	_Atomic uint32_t
		pending; /* vectors with fires that may still arrive, as of the last sweep */
};

/* 0 or -ENOMEM. */
int consume_init(struct consume *c, struct storm *s, struct errmsg *e);
void consume_destroy(struct consume *c);
void *consume_main(void *arg);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * consumer_ring: one complete pass over a ring of which completions are asked for, apart from the
 * ring itself, so that a test can put one in its place that says what a kernel seldom says.
 *
 * A ring with deferred task work (IORING_SETUP_DEFER_TASKRUN) turns what stands ready into
 * completions inside io_uring_enter() of its one issuer. An enter may come back without some of it:
 * it stops after a number of items (20 in 6.13 and later), and where the queue is lockless (7.3) it
 * cannot get past an item that another CPU has published and not yet linked. Then the ring's flag
 * IORING_SQ_TASKRUN is set when it returns. So nothing came and the flag is clear: that is dry.
 * Nothing came, alone, is not.
 *
 * One thread. No state of its own.
 */
#ifndef IRQSTORM_STRESS_CONSUMER_RING_H
#define IRQSTORM_STRESS_CONSUMER_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "stress/consumer.h"

struct ring;

struct ring_ops {
	/* What waits to be submitted, if anything does. 0 or -errno. */
	int (*submit)(struct ring *r);
	bool (*has_to_submit)(struct ring *r);
	/* One enter for completions that does not wait. 0 or -errno. */
	int (*get_events)(struct ring *r);
	/* Handles the completions there are, and counts them. Reports made, or -errno. */
	int (*drain)(struct ring *r, uint32_t *completions);
	/* Are there completions that found the queue full? */
	bool (*has_overflow)(struct ring *r);
	/* IORING_SQ_TASKRUN; false for a ring that has no such flag. */
	bool (*taskrun)(struct ring *r);
	void (*clear_taskrun)(struct ring *r);
	/* After the @held-th enter in a row, from 1, that brought nothing although work stands. */
	void (*pause)(struct ring *r, uint32_t held);
};

struct ring {
	const struct ring_ops *ops;
	uint32_t requests; /* that can have work standing at a time, one item each */
};

/*
 * So many enters in a row that bring nothing of what stands are borne. With the pauses of the real
 * ring that is a second: the kernel holds an item half queued for a few instructions.
 */
#define RING_HELD_MAX  1128u
#define RING_HELD_SPIN 128u /* of these without a pause */

/*
 * All that stood ready when it began is reported when it returns. The number of reports, or -errno:
 * -ETIME when RING_HELD_MAX enters did not bring what stands, for then nothing can be said of what
 * was lost. Counts into @stats.
 */
int ring_pass(struct ring *r, struct consumer_stats *stats);

#endif

/* SPDX-License-Identifier: MIT */
#include "stress/consumer_ring.h"

#include <errno.h>

/* Below the number of items that any kernel carries out in one enter. */
#define ITEMS_AN_ENTER 16u

/*
 * How much nearer to its end an enter brings a pass. Work is carried out first come first served,
 * and at most one item stands for each request: after as many as there are requests, all that stood
 * when the pass began have had their turn. An enter that emptied the queue or ran into the kernel's
 * limit is worth that limit; one that stopped short of it only what it brought.
 */
static uint32_t worth(uint32_t completions, bool pending)
{
	return pending && completions < ITEMS_AN_ENTER ? completions : ITEMS_AN_ENTER;
}

static int enter(struct ring *r, uint32_t *completions)
{
	int err = r->ops->submit(r);

	*completions = 0;
	/*
	 * The kernel clears the flag only when it finds work. A producer sets it after queueing:
	 * where the item was carried out in between, the flag stands for nothing, and for ever.
	 * Cleared here it tells of this enter; what it told of before is work that this enter sees.
	 */
	r->ops->clear_taskrun(r);
	if (!err)
		err = r->ops->get_events(r);
	return err < 0 ? err : r->ops->drain(r, completions);
}

int ring_pass(struct ring *r, struct consumer_stats *stats)
{
	const uint32_t enough = r->requests + 2 * ITEMS_AN_ENTER;
	uint32_t done = 0, held = 0, completions;
	int err = r->ops->submit(r), total;

	if (err < 0)
		return err;
	total = r->ops->drain(r, &completions);
	while (total >= 0 && done < enough) {
		/* completions that found the queue full are flushed by the next enter */
		bool overflow = r->ops->has_overflow(r), pending;
		/* what drain() armed again is read by its submission */
		int got = enter(r, &completions);

		stats->cq_overflows += overflow;
		if (got < 0)
			return got;
		total += got;
		pending = r->ops->taskrun(r);
		if (!got && !overflow && !pending && !r->ops->has_to_submit(r))
			break;
		done += worth(completions, pending);
		if (!pending || completions) {
			held = 0;
			continue;
		}
		stats->held_enters++;
		if (++held == RING_HELD_MAX)
			return -ETIME;
		r->ops->pause(r, held);
	}
	return total;
}

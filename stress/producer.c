/* SPDX-License-Identifier: MIT */
/*
 * producer: the device's own thread. It fires its share of the vectors round and round: in closed
 * loop each as soon as its last fire has its class, in open loop without asking. A removed vector
 * is fired too, to exercise its pending bit: once in closed loop (the fire stays open until the
 * vector comes back), and in open loop every 16th time.
 */
#include "stress/storm.h"

#define UNARMED_EVERY 16

static enum phase phase_now(struct storm *s, uint64_t now)
{
	if (atomic_load_explicit(&s->in_resize, memory_order_relaxed))
		return PHASE_RESIZE;
	if (now - atomic_load_explicit(&s->resize_end, memory_order_relaxed) < SETTLE_NS)
		return PHASE_SETTLE;
	return PHASE_STEADY;
}

/* Nothing but a delivery was possible, as the ledger knows it. */
static bool is_certain(struct ledger *l, uint64_t slot)
{
	const struct stamp *s = &l->ring[slot & l->ring_mask];

	return fire_classify(s->before, atomic_load_explicit(&s->after, memory_order_relaxed)) ==
	       FIRE_MUST;
}

/*
 * @due: what the schedule says, NULL without one. A backend that refuses: loopback answers -EINVAL
 * while the index is disabled (R19) or beyond nvec (6.1). That is the gap itself when a call is in
 * flight, an error otherwise.
 */
static void fire(struct producer *p, struct ledger *l, const uint64_t *due, uint64_t now)
{
	struct storm *s = p->storm;
	uint64_t slot, before;
	int err;

	while (!ledger_begin(l, due ? *due : now, now, phase_now(s, now), &slot)) {
		p->ring_full++;
		world_relax(s->world, &s->place);
		if (atomic_load_explicit(&s->stop_fire, memory_order_relaxed))
			return;
		now = storm_now(s); /* a schedule goes on; what has none was not due before */
	}
	before = l->ring[slot & l->ring_mask].before;
	err = backend_fire(s->be, s->strategy->index, l->vector);
	ledger_end(l, slot);
	if (s->be->ops->fired)
		s->be->ops->fired(s->be, s->strategy->index, l->vector, is_certain(l, slot));
	if (err && fire_classify(before, atomic_load_explicit(&l->word, memory_order_acquire)) ==
			   FIRE_MUST)
		p->fire_errors++;
}

static bool skip_unarmed(struct ledger *l, uint32_t *lap)
{
	if (word_state(atomic_load_explicit(&l->word, memory_order_relaxed)) != VEC_DISARMED)
		return false;
	return ++*lap % UNARMED_EVERY != 0;
}

static bool called_off(struct storm *s)
{
	return atomic_load_explicit(&s->stop_fire, memory_order_relaxed) ||
	       atomic_load_explicit(&s->pause, memory_order_relaxed);
}

/* Wait for the time of the next fire; false when the run ends or pauses first. */
static bool wait_until(struct storm *s, uint64_t due)
{
	for (;;) {
		uint64_t now = storm_now(s);

		if (called_off(s))
			return false;
		if (now >= due)
			return true;
		if (due - now > 200 * NSEC_PER_USEC)
			world_sleep_until(s->world,
					  due - 100 * NSEC_PER_USEC < now + 10 * NSEC_PER_MSEC
						  ? due - 100 * NSEC_PER_USEC
						  : now + 10 * NSEC_PER_MSEC);
		else
			world_relax(s->world, &s->place);
	}
}

void *producer_main(void *arg)
{
	struct producer *p = arg;
	struct storm *s = p->storm;
	bool closed = s->cfg->mode == STRESS_CLOSED;
	uint64_t rate = s->cfg->rate_hz / s->cfg->producers;
	uint64_t start, n = 0;
	uint32_t idle = 0, lap = 0;

	world_ops(s->world)->pin(s->world, s->place.producer[p->id % 64]);
	if (s->cfg->rate_hz && !rate)
		rate = 1;
	start = storm_now(s);
	for (uint32_t v = p->first; !atomic_load_explicit(&s->stop_fire, memory_order_relaxed);
	     v = v + 1 < p->end ? v + 1 : p->first) {
		struct ledger *l = &s->ledgers[v];
		uint64_t now, due;

		if (atomic_load_explicit(&s->pause, memory_order_relaxed))
			start += storm_intermission(s);
		if (closed ? !ledger_idle(l) : skip_unarmed(l, &lap)) {
			if (++idle >= p->end - p->first) {
				world_relax(s->world, &s->place);
				idle = 0;
			}
			continue;
		}
		idle = 0;
		if (!rate) {
			now = storm_now(s);
			fire(p, l, NULL, now);
			continue;
		}
		/* open loop: the schedule does not wait, so a late fire keeps its intended time */
		due = start + (uint64_t)((__uint128_t)n * NSEC_PER_SEC / rate);
		if (!wait_until(s, due))
			continue;
		n++;
		now = storm_now(s);
		fire(p, l, closed ? NULL : &due, now);
	}
	return NULL;
}

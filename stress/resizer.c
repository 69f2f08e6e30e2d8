/* SPDX-License-Identifier: MIT */
/*
 * resizer: carries out what the strategy plans. Around each resize it tells the ledgers which
 * vectors are covered and how, so that a fire made meanwhile is judged for what it met.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stress/storm.h"

#define REHEARSED 4096u /* resizes: some rounds of each pattern over as many vectors */

static int32_t fd_of(void *data, uint32_t vector, uint32_t side)
{
	const struct storm *s = data;

	return s->fds[vector + side * s->cfg->vectors];
}

/* Vectors that stay live whatever the guest does to them are all there from the start. */
static bool starts_full(const struct storm *s)
{
	return s->strategy->two_sides ? !s->strategy->next : !storm_resizes(s);
}

int resizer_init(struct storm *s)
{
	struct resizer *z = &s->resizer;
	uint32_t n = s->cfg->vectors, stable = s->cfg->stable;
	bool dynamic = !(s->desc.irq[VFIO_PCI_MSIX_IRQ_INDEX].flags & VFIO_IRQ_INFO_NORESIZE);
	bool all = starts_full(s);

	if (vmm_state_init(&z->state, n, stable, dynamic, s->cfg->seed))
		return -ENOMEM;
	if (s->pattern && pattern_init(&z->pattern, all ? 0 : stable, n, all, s->cfg->seed))
		return -ENOMEM;
	z->state.script = s->cfg->script;
	memset(z->state.wanted, 1, all ? n : stable);
	z->live = calloc(n, 1);
	if (performer_init(&z->hands, s->be, s->strategy->index, n, fd_of, s))
		return -ENOMEM;
	return z->live ? 0 : -ENOMEM;
}

void resizer_destroy(struct storm *s)
{
	vmm_state_fini(&s->resizer.state);
	pattern_fini(&s->resizer.pattern);
	free(s->resizer.live);
	performer_fini(&s->resizer.hands);
}

/* What the ledger is told before the calls of @p. */
static enum vector_state covering(const struct resizer *z, const struct vmm_plan *p, uint32_t v)
{
	if (!z->live[v])
		return z->state.wanted[v] ? VEC_ADDING : VEC_DISARMED;
	if (!z->state.wanted[v])
		return VEC_REMOVING;
	return p->kind == PLAN_TEARDOWN ? VEC_TEARDOWN : VEC_SWAPPING;
}

static bool touches(const struct vmm_plan *p, uint32_t v)
{
	for (uint32_t i = 0; i < p->n; i++) {
		const struct vmm_call *c = &p->calls[i];

		if (c->kind == CALL_DISABLE || (v >= c->start && v < c->start + c->count))
			return true;
	}
	return false;
}

/*
 * What its strategy has promised of a plan: it covers just the vectors that its calls touch (R54),
 * all of them, and opens no gap that the strategy does not have. Else a loss would be explained by
 * what never happened. NULL: it keeps it.
 */
static const char *breach(const struct storm *s, const struct vmm_plan *p, uint32_t v)
{
	const struct strategy *st = s->strategy;
	bool inside = v >= p->first && v < p->first + p->count;
	enum vector_state state = covering(&s->resizer, p, v);

	if (!inside)
		return touches(p, v) && s->resizer.live[v] ? "touch, without covering it," : NULL;
	if (state != VEC_DISARMED && !touches(p, v))
		return "cover, without touching it,";
	if (st->next)
		return NULL; /* all moves there are */
	if (state == VEC_TEARDOWN && !(st->gaps & GAP_TEARDOWN))
		return "tear down";
	if (state == VEC_REMOVING && !(st->gaps & GAP_REMOVE))
		return "remove";
	if (state == VEC_SWAPPING && !st->two_sides)
		return "replace the trigger of";
	return NULL;
}

static bool keeps_promise(struct storm *s, const struct vmm_plan *p)
{
	for (uint32_t v = 0; v < s->cfg->vectors; v++) {
		s->resizer.broken = breach(s, p, v);
		s->resizer.broken_vector = v;
		if (s->resizer.broken)
			return false;
	}
	return true;
}

static void announce(struct storm *s, const struct vmm_plan *p)
{
	for (uint32_t v = p->first; v < p->first + p->count; v++) {
		enum vector_state state = covering(&s->resizer, p, v);

		if (state != VEC_DISARMED)
			ledger_set_state(&s->ledgers[v], state);
	}
}

static void conclude(struct storm *s, const struct vmm_plan *p)
{
	struct resizer *z = &s->resizer;
	uint64_t now = s->rules.timed ? storm_now(s) : 0; /* strays are matched by it */

	for (uint32_t v = p->first; v < p->first + p->count; v++) {
		uint8_t wanted = z->state.wanted[v];

		if (wanted)
			ledger_renew(&s->ledgers[v], now);
		if (wanted || z->live[v])
			ledger_set_state(&s->ledgers[v], wanted ? VEC_ARMED : VEC_DISARMED);
		z->live[v] = wanted;
	}
}

int resizer_start(struct storm *s)
{
	struct resizer *z = &s->resizer;
	struct vmm_plan p;
	int ret;

	strategy_plan(s->strategy, &z->state, VMM_ENABLE, 0, &p);
	announce(s, &p);
	ret = performer_carry_out(&z->hands, &z->state, &p);
	if (ret)
		return ret;
	if (z->state.refusals)
		return -ENOSPC;
	conclude(s, &p);
	return 0;
}

int resizer_disable(struct storm *s)
{
	return backend_set_irqs(s->be, irq_set_disable(&s->resizer.hands.buf, s->strategy->index));
}

static void plan_next(const struct storm *s, struct vmm_state *state, struct pattern_state *guest,
		      struct vmm_plan *p)
{
	enum vmm_event event;
	uint32_t vector;

	if (s->strategy->next) {
		s->strategy->next(state, p);
		return;
	}
	event = s->pattern->next(guest, &vector);
	strategy_plan(s->strategy, state, event, vector, p);
}

static uint32_t count_live(const uint8_t *live, uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t v = 0; v < n; v++)
		sum += live[v];
	return sum;
}

/* The same plans as the storm's, and nobody who carries them out. */
static int rehearse(struct storm *s, double *live)
{
	uint32_t n = s->cfg->vectors, stable = s->cfg->stable;
	struct vmm_state state = {0};
	struct pattern_state guest = {0};
	uint64_t sum = 0;
	struct vmm_plan p;
	int err;

	err = vmm_state_init(&state, n, stable, s->resizer.state.dynamic, s->cfg->seed);
	if (!err && s->pattern)
		err = pattern_init(&guest, starts_full(s) ? 0 : stable, n, starts_full(s),
				   s->cfg->seed);
	if (err)
		goto out;
	state.script = s->cfg->script;
	memset(state.wanted, 1, starts_full(s) ? n : stable);
	strategy_plan(s->strategy, &state, VMM_ENABLE, 0, &p);
	for (uint32_t i = 0; i < REHEARSED; i++) {
		plan_next(s, &state, &guest, &p);
		sum += count_live(state.wanted, n);
	}
	*live = (double)sum / REHEARSED;
out:
	vmm_state_fini(&state);
	pattern_fini(&guest);
	return err;
}

double resizer_live(struct storm *s)
{
	struct resizer *z = &s->resizer;
	uint64_t ns = z->lived_ns - z->lived_ns_seen, area = z->lived - z->lived_seen;
	double live = s->cfg->vectors;

	z->lived_ns_seen = z->lived_ns;
	z->lived_seen = z->lived;
	if (!storm_resizes(s))
		return live;
	if (ns)
		return (double)area / (double)ns;
	if (z->lived_ns || rehearse(s, &live))
		return count_live(z->live, s->cfg->vectors);
	return live;
}

/* Since @since as many vectors as now have been live. */
static void note_live(struct resizer *z, uint32_t live, uint64_t since, uint64_t now)
{
	z->lived_ns += now - since;
	z->lived += live * (now - since);
}

/* Sleep in pieces, so that the end of the run is not missed. */
static void rest_until(struct storm *s, uint64_t when)
{
	uint64_t now;

	while ((now = storm_now(s)) < when &&
	       !atomic_load_explicit(&s->stop_resize, memory_order_relaxed) &&
	       !atomic_load_explicit(&s->pause, memory_order_relaxed))
		world_sleep_until(s->world, when - now < 20 * NSEC_PER_MSEC
						    ? when
						    : now + 20 * NSEC_PER_MSEC);
}

void *resizer_main(void *arg)
{
	struct storm *s = arg;
	struct resizer *z = &s->resizer;
	uint64_t period = s->cfg->resize_rate_hz ? NSEC_PER_SEC / s->cfg->resize_rate_hz : 0;
	uint64_t since = storm_now(s), due = since + period;
	uint32_t live = count_live(z->live, s->cfg->vectors);

	world_ops(s->world)->pin(s->world, s->place.resizer);
	while (!atomic_load_explicit(&s->stop_resize, memory_order_relaxed)) {
		uint64_t begin, end;
		struct vmm_plan p;

		rest_until(s, due);
		if (atomic_load_explicit(&s->stop_resize, memory_order_relaxed))
			break;
		if (atomic_load_explicit(&s->pause, memory_order_relaxed)) {
			note_live(z, live, since, storm_now(s));
			due += storm_intermission(s);
			since = storm_now(s);
			continue;
		}
		plan_next(s, &z->state, &z->pattern, &p);
		if (!p.n) { /* a vector that was refused, or one that nothing has to be done for */
			due = storm_now(s) + (period ? period : 100 * NSEC_PER_USEC);
			continue;
		}
		if (!keeps_promise(s, &p)) {
			atomic_store_explicit(&s->failed, -EPROTO, memory_order_release);
			break;
		}
		begin = storm_now(s);
		atomic_store_explicit(&s->in_resize, true, memory_order_relaxed);
		announce(s, &p);
		if (performer_carry_out(&z->hands, &z->state, &p)) {
			/* ledgers stay in their covered states: nothing more is promised of them */
			atomic_store_explicit(&s->failed, -EIO, memory_order_release);
			break;
		}
		conclude(s, &p);
		end = storm_now(s);
		note_live(z, live, since, end);
		since = end;
		live = count_live(z->live, s->cfg->vectors);
		atomic_store_explicit(&s->resize_end, end, memory_order_relaxed);
		atomic_store_explicit(&s->in_resize, false, memory_order_relaxed);
		hist_record(z->hist, end - begin);
		series_note(&s->series->resizes,
			    atomic_load_explicit(&s->began, memory_order_relaxed), begin, end);
		z->resizes++;
		atomic_store_explicit(&s->live_resizes, z->resizes, memory_order_relaxed);
		/* at most half of the time inside calls, whatever the rate asks for */
		if (z->pattern.hurry)
			due = end + (end - begin);
		else
			due = due + period > end + (end - begin) ? due + period
								 : end + (end - begin);
	}
	note_live(z, live, since, storm_now(s));
	atomic_store_explicit(&s->in_resize, false, memory_order_relaxed);
	return NULL;
}

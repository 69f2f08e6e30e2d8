/* SPDX-License-Identifier: MIT */
/*
 * The device of a simulation, and the kernel in front of it: a function with masks and pending bits
 * that a scenario tells what to do to any interrupt. It is asked through the same backend as every
 * other, and keeps what happened for the accountant.
 */
#include <stdio.h>
#include <string.h>

#include "stress/sim/sim_private.h"

#define SETTLED_NS 1000000u /* docs/accounting.md: `settle` is within 1 ms after a resize */

static struct sim *sim_of(struct backend *be)
{
	return (struct sim *)(void *)((char *)be - offsetof(struct sim, be));
}

static bool is_live(const struct sim_vector *v)
{
	return v->fd >= 0 && !v->gap && !v->masked;
}

static int device_describe(struct backend *be, struct backend_desc *d)
{
	struct sim *s = sim_of(be);

	memset(d, 0, sizeof(*d));
	snprintf(d->target, sizeof(d->target), "simulation");
	snprintf(d->device, sizeof(d->device), "a simulated function");
	snprintf(d->kernel, sizeof(d->kernel), "simulated");
	snprintf(d->trigger, sizeof(d->trigger), "simulated");
	d->caps = BACKEND_HW_FIRE | BACKEND_MASK_ENTRY | (s->sc->sync ? BACKEND_SYNC_FIRE : 0);
	d->traits = BACKEND_FIRE_MSI;
	d->fire_max = IRQ_MAX_VECTORS;
	for (int i = 0; i < VFIO_PCI_NUM_IRQS; i++)
		d->irq[i].flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
	d->irq[VFIO_PCI_MSI_IRQ_INDEX].count = s->sc->vectors;
	d->irq[VFIO_PCI_MSIX_IRQ_INDEX].count = s->sc->vectors;
	if (!s->sc->noresize)
		d->irq[VFIO_PCI_MSIX_IRQ_INDEX].flags = VFIO_IRQ_INFO_EVENTFD;
	return 0;
}

/* ---- interrupts */

static uint32_t add_extra(struct sim *s, uint32_t vector, enum truth_extra_kind kind)
{
	struct truth_extra *x = sim_list_add(&s->truth.extras, sizeof(*x));

	x->vector = vector;
	x->kind = kind;
	s->truth.lanes[vector].doubtful = true;
	return s->truth.extras.n - 1;
}

/* What is older may have been given up: then its signal passes for that of a younger fire. */
#define GIVEN_UP_NS (900 * NSEC_PER_MSEC)

/* Into the eventfd of @v's trigger. */
static void deliver(struct sim *s, uint32_t v, struct sim_signal sig)
{
	if (sig.fire != TRUTH_NO_FIRE) {
		if (s->now - TRUTH_FIRE(&s->truth, sig.fire)->sent > GIVEN_UP_NS)
			s->truth.lanes[v].doubtful = true;
		TRUTH_FIRE(&s->truth, sig.fire)->fate = FATE_SENT;
		TRUTH_FIRE(&s->truth, sig.fire)->signalled = s->now;
	} else if (sig.extra != TRUTH_NO_FIRE) {
		TRUTH_EXTRA(&s->truth, sig.extra)->signalled = s->now;
	} else if (!s->firing) {
		s->truth.stale++;
	}
	sim_fd_signal(s, s->vectors[v].fd, sig);
}

static void message(struct sim *s, uint32_t v, struct sim_signal sig, uint64_t delay)
{
	if (s->sc->sync && !delay) {
		deliver(s, v, sig);
		return;
	}
	if (!s->sc->sync)
		delay += sim_cost(s, s->sc->flight_ns / 2);
	sim_event_add(s, (struct sim_event){
				 .at = s->now + delay,
				 .vector = v,
				 .generation = s->vectors[v].generation,
				 .signal = sig,
			 });
}

/* A vector that got its trigger after @since, other than @not; @not: there is none. */
static uint32_t newcomer(struct sim *s, uint64_t since, uint32_t not )
{
	for (uint32_t v = 0; v < s->sc->vectors; v++) {
		if (v != not &&is_live(&s->vectors[v]) && s->vectors[v].set_up > since)
			return v;
	}
	return not ;
}

/* A message that finds its vector's handler gone (R80): lost, or at the newcomer of its slot. */
static void went_astray(struct sim *s, const struct sim_event *ev)
{
	struct truth_fire *f;
	uint32_t to;

	if (ev->signal.fire == TRUTH_NO_FIRE)
		return; /* an extra one that never came */
	f = TRUTH_FIRE(&s->truth, ev->signal.fire);
	f->fate = FATE_GAP;
	to = newcomer(s, f->sent, ev->vector);
	if (to == ev->vector || s->vectors[ev->vector].fd >= 0 || s->vectors[ev->vector].torn ||
	    !sim_chance(s, s->sc->stray))
		return;
	f->strayed = true;
	deliver(s, to,
		(struct sim_signal){.fire = TRUTH_NO_FIRE, .extra = add_extra(s, to, EXTRA_STRAY)});
}

void sim_device_event(struct sim *s, const struct sim_event *ev)
{
	struct sim_vector *v = &s->vectors[ev->vector];

	/* what a scenario delays by itself comes to the vector as it is then */
	if (v->fd < 0 || v->gap || (!s->sc->sync && v->generation != ev->generation)) {
		went_astray(s, ev);
		return;
	}
	deliver(s, ev->vector, ev->signal);
}

/* The entry is masked, or has no trigger. */
static void into_pending_bit(struct sim *s, uint32_t vector, uint32_t fire)
{
	struct sim_vector *v = &s->vectors[vector];
	struct truth_fire *f = TRUTH_FIRE(&s->truth, fire);

	if (s->index != s->cfg.strategy->index || sim_chance(s, s->sc->gap_drop)) {
		f->fate = FATE_GAP;
		return;
	}
	if (v->pending) {
		f->fate = FATE_MERGED;
		f->with = v->pending_fire;
		return;
	}
	v->pending = true;
	v->pending_fire = fire;
}

static uint32_t other_live(struct sim *s, uint32_t not )
{
	uint32_t from = rng_below(&s->rng, s->sc->vectors);

	for (uint32_t i = 0; i < s->sc->vectors; i++) {
		uint32_t v = (from + i) % s->sc->vectors;

		if (v != not &&is_live(&s->vectors[v]))
			return v;
	}
	return not ;
}

/* What becomes of a fire at a vector with which nothing is wrong. 0 or what fire() returns. */
static int act(struct sim *s, uint32_t vector, uint32_t fire)
{
	const struct sim_scenario *sc = s->sc;
	struct sim_signal own = {.fire = fire, .extra = TRUTH_NO_FIRE};
	uint64_t delay = sim_chance(s, sc->delay) ? sim_cost(s, sc->delay_ns / 2) : 0;
	uint32_t other;

	if (sim_chance(s, sc->refuse)) {
		TRUTH_FIRE(&s->truth, fire)->fate = FATE_DROPPED;
		return -EINVAL;
	}
	if (sim_chance(s, sc->drop)) {
		TRUTH_FIRE(&s->truth, fire)->fate = FATE_DROPPED;
		return 0;
	}
	other = sim_chance(s, sc->misroute) ? other_live(s, vector) : vector;
	if (other != vector) {
		TRUTH_FIRE(&s->truth, fire)->fate = FATE_DROPPED;
		own.fire = TRUTH_NO_FIRE;
		own.extra = add_extra(s, other, EXTRA_MISROUTED);
	}
	TRUTH_FIRE(&s->truth, fire)->delayed = delay;
	message(s, other, own, delay);
	if (sim_chance(s, sc->twice)) {
		own.fire = TRUTH_NO_FIRE;
		own.extra = add_extra(s, other, EXTRA_DOUBLE);
		message(s, other, own, 0);
	}
	return 0;
}

static struct truth_fire *note_fire(struct sim *s, uint32_t vector)
{
	struct truth_fire *f = sim_list_add(&s->truth.fires, sizeof(*f));
	struct sim_task *t = s->current;
	uint64_t rate = s->sc->rate_hz / s->sc->producers;

	f->sent = s->now;
	f->vector = vector;
	f->with = TRUTH_NO_FIRE;
	f->resize = s->planner;
	f->settle = !s->planner && s->plan_end && s->now - s->plan_end < SETTLED_NS;
	f->due = f->sent;
	if (s->sc->mode == STRESS_OPEN && s->sc->rate_hz) {
		if (!rate)
			rate = 1;
		f->due = t->first_now + (uint64_t)((__uint128_t)t->fires * NSEC_PER_SEC / rate);
		for (uint32_t i = 1; i < s->truth.slices.n; i++) {
			const struct truth_slice *slice = TRUTH_SLICE(&s->truth, i);

			/* it stood still for the slice, and for at most the whole pause */
			f->due += slice->end - slice->begin;
			f->due_slack += (slice->resume ? slice->resume : s->now) - slice->pause -
					(slice->end - slice->begin) + s->truth.worst_ns;
		}
	}
	t->fires++;
	return f;
}

static int device_fire(struct backend *be, uint32_t index, uint32_t vector)
{
	struct sim *s = sim_of(be);
	struct sim_vector *v = &s->vectors[vector];
	uint32_t fire = s->truth.fires.n;
	int ret = 0;

	(void)index;
	s->firing = true;
	note_fire(s, vector);
	sim_spend(s, s->sc->fire_ns);
	if (is_live(v))
		ret = act(s, vector, fire);
	else
		into_pending_bit(s, vector, fire);
	if (s->sc->sync)
		sim_pay_for_waking(s);
	sim_spend(s, s->sc->fire_ns);
	TRUTH_FIRE(&s->truth, fire)->returned = s->now;
	TRUTH_FIRE(&s->truth, fire)->refused = ret;
	return ret;
}

/* ---- SET_IRQS */

/* The first call of a resize: what vectors were before it is kept as they are touched. */
static void plan_begin(struct sim *s)
{
	s->current->preemptible = false; /* the resizer: its calls and nothing between them */
	if (s->planner)
		return;
	s->planner = s->current;
	s->plan.begin = s->now;
	s->n_touched = 0;
}

static void touch(struct sim *s, uint32_t vector)
{
	struct sim_vector *v = &s->vectors[vector];

	if (v->touched)
		return;
	v->touched = true;
	v->was_live = v->fd >= 0;
	v->was_fd = v->fd;
	v->torn = false;
	s->touched[s->n_touched++] = vector;
}

static void plan_covers(struct sim *s)
{
	bool resizer = s->current != &s->tasks[0];

	for (uint32_t i = 0; i < s->n_touched; i++) {
		struct sim_vector *v = &s->vectors[s->touched[i]];
		struct truth_lane *lane = &s->truth.lanes[s->touched[i]];
		bool live = v->fd >= 0;
		struct truth_cover *c;

		v->touched = false;
		if (!live && !v->was_live)
			continue;
		s->truth.unswapped += live && !v->torn && v->fd == v->was_fd;
		lane->changed |= resizer;
		lane->merges |= resizer && !(live && v->was_live && v->torn);
		c = sim_list_add(&lane->covers, sizeof(*c));
		*c = (struct truth_cover){
			.begin = s->plan.begin,
			.end = s->now,
			.kind = !live          ? COVER_REMOVE
				: !v->was_live ? COVER_ADD
				: v->torn      ? COVER_TEAR
					       : COVER_SWAP,
		};
	}
}

/*
 * The calls of a resize follow each other without time in between, so it is over when the one who
 * makes them has time for something else.
 */
void sim_device_idle(struct sim *s)
{
	if (!s->planner || s->planner != s->current)
		return;
	s->planner = NULL;
	s->plan.end = s->now;
	plan_covers(s);
	if (s->current == &s->tasks[0])
		return; /* the main thread's first enable, and last disable */
	s->plan_end = s->now;
	*(struct truth_plan *)sim_list_add(&s->truth.plans, sizeof(s->plan)) = s->plan;
}

static void shut(struct sim *s, uint32_t vector)
{
	struct sim_vector *v = &s->vectors[vector];

	touch(s, vector);
	v->gap = true;
	v->generation++;
}

static void set_up(struct sim *s, uint32_t vector, int32_t fd)
{
	struct sim_vector *v = &s->vectors[vector];

	v->gap = v->masked = false;
	v->fd = fd;
	v->held = v->held || fd >= 0;
	if (fd < 0)
		return;
	v->set_up = s->now;
	if (!v->pending)
		return;
	v->pending = false;
	message(s, vector, (struct sim_signal){.fire = v->pending_fire, .extra = TRUTH_NO_FIRE}, 0);
}

/* The last disable: what is still under way to vectors with which nothing was ever wrong. */
static void note_left_behind(struct sim *s)
{
	for (uint32_t i = 0; i < s->events.n; i++) {
		const struct sim_event *ev = &((struct sim_event *)s->events.at)[i];
		const struct truth_lane *lane = &s->truth.lanes[ev->vector];
		uint64_t age;

		if (ev->signal.fire == TRUTH_NO_FIRE || lane->changed || lane->doubtful)
			continue;
		age = s->now - TRUTH_FIRE(&s->truth, ev->signal.fire)->sent;
		s->truth.youngest = age < s->truth.youngest ? age : s->truth.youngest;
	}
}

static int disable(struct sim *s)
{
	if (s->index == VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	if (s->firing && s->current == &s->tasks[0])
		note_left_behind(s);
	for (uint32_t v = 0; v < s->sc->vectors; v++) {
		if (s->vectors[v].fd >= 0) {
			shut(s, v);
			s->vectors[v].fd = -1;
			s->vectors[v].torn = true;
		}
		s->vectors[v].held = false;
		/* a pending bit does not outlive it here: what it stood for is gone (P8) */
		if (s->vectors[v].pending && s->vectors[v].pending_fire != TRUTH_NO_FIRE)
			TRUTH_FIRE(&s->truth, s->vectors[v].pending_fire)->fate = FATE_GAP;
		if (s->firing)
			s->vectors[v].pending = false;
		s->vectors[v].gap = false;
	}
	s->index = VFIO_PCI_NUM_IRQS;
	return 0;
}

static int set_block(struct sim *s, const struct vfio_irq_set *set)
{
	bool together = rng_u64(&s->rng) & 1;
	int32_t fd;

	if (s->index == VFIO_PCI_NUM_IRQS) {
		s->index = set->index;
		s->nvec = set->start + set->count;
	} else if (s->sc->noresize && set->start + set->count > s->nvec) {
		return -EINVAL;
	}
	for (uint32_t i = 0; i < set->count && together; i++)
		shut(s, set->start + i);
	if (together)
		sim_spend(s, s->sc->call_ns);
	for (uint32_t i = 0; i < set->count; i++) {
		memcpy(&fd, set->data + i * sizeof(fd), sizeof(fd));
		if (!together) {
			shut(s, set->start + i);
			sim_spend(s, s->sc->call_ns / 4);
		}
		set_up(s, set->start + i, fd);
	}
	return 0;
}

static int device_set_irqs(struct backend *be, const void *arg, size_t size)
{
	struct sim *s = sim_of(be);
	const struct vfio_irq_set *set = arg;
	int ret;

	(void)size;
	plan_begin(s);
	sim_spend(s, s->sc->call_ns);
	ret = set->flags & VFIO_IRQ_SET_DATA_NONE ? disable(s) : set_block(s, set);
	sim_spend(s, s->sc->call_ns);
	return ret;
}

/* Before the trigger of a live vector is replaced (swap-masked): part of the same resize. */
static int device_mask_entry(struct backend *be, uint32_t vector)
{
	struct sim *s = sim_of(be);

	plan_begin(s);
	touch(s, vector);
	s->vectors[vector].masked = true;
	sim_spend(s, s->sc->call_ns / 4);
	return 0;
}

static int device_irq_info(struct backend *be, struct vfio_irq_info *info)
{
	(void)be;
	(void)info;
	return -EINVAL;
}

static int device_reset_op(struct backend *be)
{
	(void)be;
	return 0;
}

static void device_close(struct backend *be)
{
	(void)be;
}

const struct backend_ops sim_device_ops = {
	.describe = device_describe,
	.irq_info = device_irq_info,
	.set_irqs = device_set_irqs,
	.fire = device_fire,
	.reset = device_reset_op,
	.mask_entry = device_mask_entry,
	.close = device_close,
};

void sim_device_reset(struct sim *s)
{
	memset(s->vectors, 0, s->sc->vectors * sizeof(*s->vectors));
	for (uint32_t v = 0; v < s->sc->vectors; v++) {
		s->vectors[v].fd = -1;
		s->vectors[v].pending = sim_chance(s, s->sc->stale);
		s->vectors[v].pending_fire = TRUTH_NO_FIRE;
	}
	s->index = VFIO_PCI_NUM_IRQS;
	s->nvec = 0;
	s->firing = false;
	s->planner = NULL;
	s->plan_end = 0;
	s->n_touched = 0;
}

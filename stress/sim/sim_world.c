/* SPDX-License-Identifier: MIT */
/*
 * The world of a simulation: virtual time and the tasks that share it. A task runs until it spends
 * time; then whatever is due first goes on, an event or another task, and time is what that says.
 * A switch between tasks takes a nanosecond at least, so that no two of them act in the same one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stress/sim/sim_private.h"

void *sim_list_add(struct truth_list *l, size_t size)
{
	if (l->n == l->room) {
		uint32_t room = l->room ? 2 * l->room : 64;
		void *at = realloc(l->at, room * size);

		if (!at)
			abort();
		l->at = at;
		l->room = room;
	}
	return memset((char *)l->at + l->n++ * size, 0, size);
}

uint64_t sim_cost(struct sim *s, uint64_t mean)
{
	/* figures are below 2^32 but for a few, which need no even spread */
	if (mean >> 31)
		return 1 + rng_u64(&s->rng) % (2 * mean);
	return 1 + rng_below(&s->rng, (uint32_t)(2 * mean) + 1);
}

bool sim_chance(struct sim *s, uint32_t chance)
{
	return chance && (rng_u64(&s->rng) & 65535) < chance;
}

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static struct sim_event *heap(struct sim *s)
{
	return s->events.at;
}

void sim_event_add(struct sim *s, struct sim_event ev)
{
	uint32_t i;

	ev.order = s->n_events++;
	sim_list_add(&s->events, sizeof(ev));
	i = s->events.n - 1;
	while (i && before(&ev, &heap(s)[(i - 1) / 2])) {
		heap(s)[i] = heap(s)[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	heap(s)[i] = ev;
}

static struct sim_event event_take(struct sim *s)
{
	struct sim_event first = heap(s)[0], last = heap(s)[--s->events.n];
	uint32_t i = 0, n = s->events.n;

	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child + 1 < n && before(&heap(s)[child + 1], &heap(s)[child]))
			child++;
		if (child >= n || !before(&heap(s)[child], &last))
			break;
		heap(s)[i] = heap(s)[child];
		i = child;
	}
	heap(s)[i] = last;
	return first;
}

static struct sim_task *due_next(struct sim *s)
{
	struct sim_task *best = NULL;

	for (uint32_t i = 0; i < SIM_TASKS; i++) {
		struct sim_task *t = &s->tasks[i];

		if (t->used && !t->done && t->wake != SIM_NEVER && (!best || t->wake < best->wake))
			best = t;
	}
	return best;
}

/* The task that runs has set its `wake`. */
static void schedule(struct sim *s)
{
	struct sim_task *self = s->current, *next;

	for (;;) {
		next = due_next(s);
		if (s->events.n && (!next || heap(s)[0].at <= next->wake)) {
			struct sim_event ev = event_take(s);

			if (ev.at > s->now)
				s->now = ev.at;
			sim_device_event(s, &ev);
			continue;
		}
		break;
	}
	if (!next)
		abort(); /* all wait for each other: a fault of the simulation or of the engine */
	s->now = next->wake > s->now ? next->wake : s->now + (next != self);
	if (next == self)
		return;
	s->current = next;
	fiber_switch(&self->fiber, &next->fiber);
}

void sim_until(struct sim *s, uint64_t when)
{
	s->current->wake = when;
	schedule(s);
}

static struct sim *sim_of(struct world *w)
{
	return (struct sim *)(void *)w;
}

static void note_stall(struct sim *s, uint64_t ns)
{
	if (ns > s->truth.worst_ns)
		s->truth.worst_ns = ns;
}

static void preempt(struct sim *s)
{
	uint64_t ns = sim_cost(s, s->sc->preempt_ns);

	s->preempt_in = 1 + rng_below(&s->rng, 2 * 65536 / s->sc->preempt);
	note_stall(s, ns);
	sim_until(s, s->now + ns);
}

static uint64_t sim_now(struct world *w)
{
	struct sim *s = sim_of(w);
	struct sim_task *t = s->current;

	if (s->sc->preempt && t->preemptible && !--s->preempt_in)
		preempt(s);
	if (!t->asked) {
		t->asked = true;
		t->first_now = s->now;
	}
	return s->now;
}

static void sim_sleep_until(struct world *w, uint64_t when)
{
	struct sim *s = sim_of(w);
	uint64_t over = sim_cost(s, s->sc->oversleep_ns);

	sim_device_idle(s);
	note_stall(s, over);
	sim_until(s, (when > s->now ? when : s->now) + over);
}

static void sim_relax(struct world *w, const struct placement *p)
{
	(void)p;
	sim_spend(sim_of(w), sim_of(w)->sc->relax_ns);
}

static void sim_pin(struct world *w, int cpu)
{
	(void)w;
	(void)cpu;
}

static void sim_plan_places(struct world *w, struct placement *p, uint32_t producers,
			    const struct placement_wish *wish)
{
	(void)w;
	(void)producers;
	(void)wish;
	memset(p, 0, sizeof(*p));
	p->cpus = 1;
}

static void task_main(void *data)
{
	struct sim_task *t = data;

	t->fn(t->arg);
	sim_device_idle(t->sim);
	t->done = true;
	if (t->joiner)
		t->joiner->wake = t->sim->now;
	sim_until(t->sim, SIM_NEVER);
	abort();
}

static int sim_start(struct world *w, struct world_thread *th, void *(*fn)(void *), void *arg)
{
	struct sim *s = sim_of(w);

	sim_device_idle(s);
	for (uint32_t i = 1; i < SIM_TASKS; i++) {
		struct sim_task *t = &s->tasks[i];

		if (t->used)
			continue;
		t->sim = s;
		t->fn = fn;
		t->arg = arg;
		t->used = true;
		t->done = t->asked = false;
		t->preemptible = true;
		t->fires = 0;
		t->joiner = NULL;
		t->wake = s->now + sim_cost(s, s->sc->wake_ns);
		fiber_prepare(&t->fiber, task_main, t);
		th->sim = t;
		return 0;
	}
	return -EAGAIN;
}

static void sim_join(struct world *w, struct world_thread *th)
{
	struct sim *s = sim_of(w);
	struct sim_task *t = th->sim;

	if (!t->done) {
		t->joiner = s->current;
		sim_until(s, SIM_NEVER);
	}
	t->used = false;
}

static void sim_lock(struct world *w, struct world_lock *l)
{
	struct sim *s = sim_of(w);

	while (l->held)
		sim_spend(s, s->sc->relax_ns);
	l->held = true;
}

static void sim_unlock(struct world *w, struct world_lock *l)
{
	(void)w;
	l->held = false;
}

static void sim_hold_signals(struct world *w, sigset_t *set)
{
	(void)w;
	memset(set, 0, sizeof(*set));
}

/* Only the main thread waits, and only in a segment of the storm. */
static int sim_wait(struct world *w, const sigset_t *set, uint64_t when)
{
	struct sim *s = sim_of(w);
	struct truth *t = &s->truth;
	uint64_t stop, over = sim_cost(s, s->sc->oversleep_ns);

	(void)set;
	if (!t->storm_begin)
		t->storm_begin = s->now;
	if (t->slices.n && !TRUTH_SLICE(t, t->slices.n - 1)->resume)
		TRUTH_SLICE(t, t->slices.n - 1)->resume = s->now;
	stop = t->storm_begin + s->sc->stop_ns;
	if (s->sc->stop_ns && stop <= when) {
		sim_until(s, (stop > s->now ? stop : s->now) + over);
		t->stopped = t->storm_end = s->now;
		return SIGINT;
	}
	note_stall(s, over);
	sim_until(s, (when > s->now ? when : s->now) + over);
	t->storm_end = s->now;
	return 0;
}

static int sim_fence(void *w)
{
	struct sim *s = sim_of(w);

	sim_spend(s, s->sc->call_ns);
	return 0;
}

/* What was sent before is taken: no message is under way. */
static int sim_visit(void *w)
{
	struct sim *s = sim_of(w);
	uint64_t last = s->now;

	for (uint32_t i = 0; i < s->events.n; i++) {
		if (heap(s)[i].at > last)
			last = heap(s)[i].at;
	}
	/* but not of one that a scenario delays by more than a flight */
	if (last > s->now + s->sc->flight_ns * 2 + 1)
		last = s->now + s->sc->flight_ns * 2 + 1;
	sim_until(s, last + sim_cost(s, s->sc->call_ns));
	return 0;
}

const struct world_ops sim_world_ops = {
	.now = sim_now,
	.sleep_until = sim_sleep_until,
	.relax = sim_relax,
	.pin = sim_pin,
	.plan_places = sim_plan_places,
	.start = sim_start,
	.join = sim_join,
	.lock = sim_lock,
	.unlock = sim_unlock,
	.hold_signals = sim_hold_signals,
	.wait = sim_wait,
	.open_eventfds = sim_open_eventfds,
	.close_eventfds = sim_close_eventfds,
	.take = sim_take,
	.signal = sim_signal_fd,
	.fence = sim_fence,
	.visit = sim_visit,
	.consumer = sim_consumer_create,
};

void sim_world_reset(struct sim *s)
{
	for (uint32_t i = 0; i < SIM_TASKS; i++)
		s->tasks[i].used = false;
	s->now = SIM_EPOCH;
	s->events.n = 0;
	s->n_events = 0;
	s->preempt_in = s->sc->preempt ? 1 + rng_below(&s->rng, 2 * 65536 / s->sc->preempt) : 1;
	s->current = &s->tasks[0];
	s->current->used = true;
	s->current->done = false;
	s->current->preemptible = false;
}

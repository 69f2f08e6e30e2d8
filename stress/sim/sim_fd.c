/* SPDX-License-Identifier: MIT */
/*
 * The eventfds of a simulation and who reads them. An eventfd is a list of signals, each of which
 * knows whose it is; the consumer is told only how many there were. A pass that has time waits for
 * a signal and may leave some of what is there for the next; one without is complete: what was in
 * an eventfd when it began has been reported when it ends. CONSUMER_READ has a thread that reports
 * some time after it has read, and passes that only sleep.
 */
#include <stdlib.h>
#include <string.h>

#include "stress/sim/sim_private.h"

struct sim_consumer {
	struct consumer c;
	struct sim *sim;
	struct truth_list ready; /* int32_t fds with signals, in the order in which they got some */
	struct sim_task *waiting;
	struct world_thread reader;
	bool stop;
	int reports; /* of the reader, since the last pass */
};

static struct sim *sim_of(struct world *w)
{
	return (struct sim *)(void *)w;
}

static int32_t *ready_at(struct sim_consumer *c, uint32_t i)
{
	return &((int32_t *)c->ready.at)[i];
}

void sim_fd_signal(struct sim *s, int32_t fd, struct sim_signal sig)
{
	struct sim_fd *f = &s->fds[fd];
	struct sim_signal *at = sim_list_add(&f->signals, sizeof(*at));
	struct sim_consumer *c = f->consumer;

	*at = sig;
	if (!c || f->ready)
		return;
	f->ready = true;
	*(int32_t *)sim_list_add(&c->ready, sizeof(int32_t)) = fd;
	if (c->waiting) {
		uint64_t wake = s->now + sim_cost(s, s->sc->wake_ns);

		if (wake < c->waiting->wake)
			c->waiting->wake = wake;
		c->waiting = NULL;
		s->woken = true;
	}
}

void sim_pay_for_waking(struct sim *s)
{
	if (s->woken && s->sc->waker_ns)
		sim_spend(s, s->sc->waker_ns);
	s->woken = false;
}

/* What the eventfd held is noted as read in report number @wakeup. */
static void note_read(struct sim *s, const struct sim_signal *sig, uint32_t wakeup)
{
	struct truth *t = &s->truth;

	if (sig->fire != TRUTH_NO_FIRE) {
		struct truth_fire *f = TRUTH_FIRE(t, sig->fire);

		f->read = s->now;
		f->wakeup = wakeup;
		if (f->read - f->sent > t->worst_ns)
			t->worst_ns = f->read - f->sent;
	} else {
		TRUTH_EXTRA(t, sig->extra)->read = s->now;
		t->lanes[TRUTH_EXTRA(t, sig->extra)->vector].extras++;
	}
}

/* Reads one eventfd and reports it. */
static void report(struct sim *s, struct sim_consumer *c, int32_t fd, bool later)
{
	struct sim_fd *f = &s->fds[fd];
	struct truth_list got = f->signals;

	sim_spend(s, s->sc->read_ns);
	got = f->signals;
	f->signals = (struct truth_list){0};
	f->ready = false;
	if (!got.n) {
		f->signals = got;
		return;
	}
	if (later)
		sim_spend(s, s->sc->read_ns);
	if (!f->control) {
		struct truth_wakeup *w = sim_list_add(&s->truth.wakeups, sizeof(*w));
		uint32_t number = s->truth.wakeups.n - 1;

		*w = (struct truth_wakeup){.at = s->now, .vector = f->vector, .count = got.n};
		for (uint32_t i = 0; i < got.n; i++)
			note_read(s, &((struct sim_signal *)got.at)[i], number);
	} else {
		struct truth_slice *slice = TRUTH_SLICE(&s->truth, s->truth.slices.n - 1);

		slice->signals += got.n;
	}
	c->c.signal(c->c.arg, f->slot, got.n, s->now);
	if (!f->signals.at) {
		got.n = 0;
		f->signals = got; /* its memory, for the next ones */
	} else {
		free(got.at);
	}
}

/* The first @n of the list, in any order. */
static int report_ready(struct sim *s, struct sim_consumer *c, uint32_t n)
{
	int reported = 0;

	for (; n && c->ready.n; n--) {
		uint32_t pick = rng_below(&s->rng, n < c->ready.n ? n : c->ready.n);
		int32_t fd = *ready_at(c, pick);

		/* the others keep their order, and the first n - 1 of them are still to be had */
		memmove(ready_at(c, pick), ready_at(c, pick + 1),
			(c->ready.n - pick - 1) * sizeof(int32_t));
		c->ready.n--;
		report(s, c, fd, false);
		reported++;
	}
	return reported;
}

static void wait_for_signal(struct sim *s, struct sim_consumer *c, uint64_t timeout_ns)
{
	if (c->ready.n)
		return;
	c->waiting = s->current;
	sim_until(s, s->now + timeout_ns + sim_cost(s, s->sc->wake_ns));
	c->waiting = NULL;
}

static int sim_pass(struct consumer *consumer, uint64_t timeout_ns)
{
	struct sim_consumer *c = (struct sim_consumer *)consumer;
	struct sim *s = c->sim;
	uint32_t n;

	sim_spend(s, s->sc->read_ns);
	if (timeout_ns) {
		wait_for_signal(s, c, timeout_ns);
		n = c->ready.n;
		if (n > 1 && sim_chance(s, s->sc->partial))
			n = 1 + rng_below(&s->rng, n - 1);
		return report_ready(s, c, n);
	}
	return report_ready(s, c, c->ready.n);
}

static void sim_consumer_destroy(struct consumer *consumer)
{
	struct sim_consumer *c = (struct sim_consumer *)consumer;

	if (c->c.threaded) {
		c->stop = true;
		if (c->waiting)
			c->waiting->wake = c->sim->now + 1;
		world_ops(&c->sim->world)->join(&c->sim->world, &c->reader);
	}
	for (uint32_t i = 0; i < c->sim->n_fds; i++) {
		if (c->sim->fds[i].consumer == c)
			c->sim->fds[i].consumer = NULL;
	}
	free(c->ready.at);
	free(c);
}

/* CONSUMER_READ */

static void *reader_main(void *arg)
{
	struct sim_consumer *c = arg;
	struct sim *s = c->sim;

	while (!c->stop) {
		if (!c->ready.n) {
			c->waiting = s->current;
			sim_until(s, SIM_NEVER);
			c->waiting = NULL;
			continue;
		}
		{
			int32_t fd = *ready_at(c, 0);

			memmove(ready_at(c, 0), ready_at(c, 1), (c->ready.n - 1) * sizeof(int32_t));
			c->ready.n--;
			report(s, c, fd, true);
			c->reports++;
		}
	}
	return NULL;
}

static int sleeping_pass(struct consumer *consumer, uint64_t timeout_ns)
{
	struct sim_consumer *c = (struct sim_consumer *)consumer;
	int reports;

	sim_until(c->sim, c->sim->now + timeout_ns + sim_cost(c->sim, c->sim->sc->read_ns));
	reports = c->reports;
	c->reports = 0;
	return reports;
}

static const struct consumer_ops pass_ops = {sim_pass, sim_consumer_destroy};
static const struct consumer_ops thread_ops = {sleeping_pass, sim_consumer_destroy};

int sim_consumer_create(struct world *w, enum consumer_kind kind, const int32_t *fds, uint32_t n,
			consumer_signal_fn signal, void *arg, struct consumer **out,
			struct errmsg *e)
{
	struct sim *s = sim_of(w);
	struct sim_consumer *c = calloc(1, sizeof(*c));

	if (!c)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	c->sim = s;
	c->c.ops = kind == CONSUMER_READ ? &thread_ops : &pass_ops;
	c->c.how = "simulated";
	c->c.threaded = kind == CONSUMER_READ;
	c->c.signal = signal;
	c->c.arg = arg;
	for (uint32_t i = 0; i < n; i++) {
		struct sim_fd *f = &s->fds[fds[i]];

		f->consumer = c;
		f->slot = i;
		f->ready = f->signals.n > 0;
		if (f->ready)
			*(int32_t *)sim_list_add(&c->ready, sizeof(int32_t)) = fds[i];
	}
	*out = &c->c;
	if (!c->c.threaded)
		return 0;
	return world_ops(w)->start(w, &c->reader, reader_main, c);
}

int sim_open_eventfds(struct world *w, int32_t *fds, uint32_t n, bool blocking, uint32_t more,
		      uint32_t *opened, struct errmsg *e)
{
	struct sim *s = sim_of(w);
	bool control = s->n_fds; /* the storm's are the first */

	(void)blocking;
	(void)more;
	(void)e;
	if (control) {
		struct truth_slice *slice = sim_list_add(&s->truth.slices, sizeof(*slice));

		slice->begin = s->now;
		slice->pause = s->truth.storm_end;
	}
	for (*opened = 0; *opened < n; ++*opened) {
		struct sim_fd *f = &s->fds[s->n_fds];

		f->ready = false;
		f->control = control;
		f->vector = *opened % s->sc->vectors;
		f->consumer = NULL;
		f->signals.n = 0;
		fds[*opened] = (int32_t)s->n_fds++;
	}
	return 0;
}

void sim_close_eventfds(struct world *w, const int32_t *fds, uint32_t n)
{
	struct sim *s = sim_of(w);

	/* control's are the last that were opened, and the first that are closed */
	if (n && s->fds[fds[0]].control)
		TRUTH_SLICE(&s->truth, s->truth.slices.n - 1)->end = s->now;
	s->n_fds -= n;
}

uint64_t sim_take(struct world *w, int32_t fd)
{
	struct sim *s = sim_of(w);
	uint64_t n = s->fds[fd].signals.n;

	s->fds[fd].signals.n = 0;
	return n;
}

bool sim_signal_fd(struct world *w, int32_t fd)
{
	struct sim *s = sim_of(w);
	struct truth_slice *slice = TRUTH_SLICE(&s->truth, s->truth.slices.n - 1);

	/* as a fire: the signal is there before the call is over */
	sim_spend(s, s->sc->write_ns / 2);
	if (!slice->from)
		slice->from = s->now;
	slice->to = s->now;
	sim_fd_signal(s, fd, (struct sim_signal){.fire = TRUTH_NO_FIRE, .extra = TRUTH_NO_FIRE});
	sim_pay_for_waking(s);
	sim_spend(s, s->sc->write_ns / 2);
	return true;
}

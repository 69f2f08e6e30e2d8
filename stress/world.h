/* SPDX-License-Identifier: MIT */
/*
 * world: where a storm takes place: its clock, its threads, its eventfds and what reads them. The
 * engine asks nobody else for the time and starts no thread of its own, so that the same code runs
 * on a machine (world_real: CLOCK_MONOTONIC, pthreads, eventfd(2)) and in a simulation
 * (stress/sim), where one thread plays them all in virtual time.
 *
 * Times are nanoseconds. Threading: every call may come from every thread of the world.
 */
#ifndef IRQSTORM_STRESS_WORLD_H
#define IRQSTORM_STRESS_WORLD_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "stress/consumer.h"
#include "stress/placement.h"
#include "support/clock.h"
#include "support/errmsg.h"

struct world;

struct world_thread {
	pthread_t thread;
	void *sim;
};

struct world_lock {
	pthread_mutex_t mutex;
	bool held; /* simulated */
};

struct world_ops {
	uint64_t (*now)(struct world *w);
	void (*sleep_until)(struct world *w, uint64_t when);
	/* A waiting thread's turn is over for a moment. */
	void (*relax)(struct world *w, const struct placement *p);
	/* The calling thread keeps to @cpu; -1: to none. */
	void (*pin)(struct world *w, int cpu);
	void (*plan_places)(struct world *w, struct placement *p, uint32_t producers,
			    const struct placement_wish *wish);

	/* 0 or -errno. */
	int (*start)(struct world *w, struct world_thread *t, void *(*fn)(void *), void *arg);
	void (*join)(struct world *w, struct world_thread *t);

	void (*lock)(struct world *w, struct world_lock *l);
	void (*unlock)(struct world *w, struct world_lock *l);

	/* From now on SIGINT and SIGTERM are for wait(). */
	void (*hold_signals)(struct world *w, sigset_t *set);
	/* 0 when @when came, or the signal that did. */
	int (*wait)(struct world *w, const sigset_t *set, uint64_t when);

	/* @n eventfds into @fds, which can be waited for (@blocking) or not; @more of other open
	 * files will be needed. *opened of them are open, also on failure: -errno with @e. */
	int (*open_eventfds)(struct world *w, int32_t *fds, uint32_t n, bool blocking,
			     uint32_t more, uint32_t *opened, struct errmsg *e);
	void (*close_eventfds)(struct world *w, const int32_t *fds, uint32_t n);
	/* What an eventfd holds, taken out without waiting. */
	uint64_t (*take)(struct world *w, int32_t fd);
	/* One signal; false when it is refused. */
	bool (*signal)(struct world *w, int32_t fd);

	/* A grace period; a visit to every CPU: performer_host. NULL: the machine's own. */
	int (*fence)(void *w);
	int (*visit)(void *w);

	/* As consumer_create(). */
	int (*consumer)(struct world *w, enum consumer_kind kind, const int32_t *fds, uint32_t n,
			consumer_signal_fn signal, void *arg, struct consumer **out,
			struct errmsg *e);
};

struct world {
	const struct world_ops *ops; /* NULL: this machine */
};

/* This machine. */
extern const struct world_ops world_real;

static inline const struct world_ops *world_ops(const struct world *w)
{
	return w->ops ? w->ops : &world_real;
}

/* On the way of every fire: no call where it can be had without. */
static inline uint64_t world_now(struct world *w)
{
	return w->ops ? w->ops->now(w) : clock_ns();
}

static inline void world_relax(struct world *w, const struct placement *p)
{
	if (w->ops)
		w->ops->relax(w, p);
	else
		placement_relax(p);
}

static inline void world_sleep_until(struct world *w, uint64_t when)
{
	world_ops(w)->sleep_until(w, when);
}

static inline void world_sleep(struct world *w, uint64_t ns)
{
	world_sleep_until(w, world_now(w) + ns);
}

#endif

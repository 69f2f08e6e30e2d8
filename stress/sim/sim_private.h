/* SPDX-License-Identifier: MIT */
/* sim_private: what the scheduler, the eventfds and the device of a simulation offer each other. */
#ifndef IRQSTORM_STRESS_SIM_SIM_PRIVATE_H
#define IRQSTORM_STRESS_SIM_SIM_PRIVATE_H

#include "backend/backend.h"
#include "stress/sim/sim.h"
#include "support/fiber.h"
#include "support/rng.h"

#define SIM_TASKS 12u
#define SIM_FDS   (3u * IRQ_MAX_VECTORS)
#define SIM_NEVER UINT64_MAX
#define SIM_EPOCH 1000000000000ULL /* when virtual time begins: no stamp is near 0 */

struct sim_task {
	struct fiber fiber;
	struct sim *sim;
	void *(*fn)(void *arg);
	void *arg;
	bool used, done;
	bool preemptible;
	uint64_t wake; /* SIM_NEVER: until somebody wakes it */
	struct sim_task *joiner;
	/* of a producer: its schedule, as its calls show it */
	uint64_t first_now;
	uint64_t fires;
	bool asked;
};

/* A signal in an eventfd: whose it is. */
struct sim_signal {
	uint32_t fire;  /* or TRUTH_NO_FIRE */
	uint32_t extra; /* then this */
};

struct sim_consumer;

struct sim_fd {
	bool ready;      /* on its consumer's list */
	bool control;    /* not the storm's */
	uint32_t vector; /* of the storm's */
	uint32_t slot;
	struct sim_consumer *consumer;
	struct truth_list signals; /* struct sim_signal, not read yet */
};

/* What happens by itself at a time: a message arrives. */
struct sim_event {
	uint64_t at;
	uint64_t order;
	uint32_t vector, generation;
	struct sim_signal signal;
};

struct sim_vector {
	int32_t fd; /* -1: no trigger */
	bool gap;   /* a call has taken its handler away, and not put the next one up */
	bool masked, pending;
	bool held;             /* a host vector is allocated */
	uint32_t pending_fire; /* whose bit it is, TRUTH_NO_FIRE for one of before the storm */
	uint32_t generation;   /* of its trigger */
	uint64_t set_up;       /* when that was put up */
	/* in the resize under way: as it began, and what happened */
	bool touched, was_live, torn;
	int32_t was_fd;
};

struct sim {
	struct world world;
	struct backend be;
	const struct sim_scenario *sc;
	struct truth truth;
	struct rng rng;
	uint64_t now;

	struct sim_task tasks[SIM_TASKS];
	struct sim_task *current;
	struct truth_list events; /* struct sim_event, a heap */
	uint64_t n_events;
	uint32_t preempt_in; /* questions for the time until the next preemption */

	struct sim_fd *fds;
	uint32_t n_fds;
	bool woken; /* the last signal woke the consumer */

	struct sim_vector *vectors;
	uint32_t index; /* that is enabled, or VFIO_PCI_NUM_IRQS */
	uint32_t nvec;  /* of the last enable */
	bool firing;    /* the storm has begun: before it only bits of before are purged */
	struct sim_task *planner; /* whose resize is under way; NULL: none is */
	struct truth_plan plan;
	uint64_t plan_end; /* of the last resize that has ended */
	uint32_t touched[IRQ_MAX_VECTORS], n_touched;

	struct stress_config cfg;
	struct stress_result result;
};

/* One more of @size bytes. Aborts when memory is short: a simulation is a test. */
void *sim_list_add(struct truth_list *l, size_t size);

/* From 1 to 2 * @mean; of nothing 1. */
uint64_t sim_cost(struct sim *s, uint64_t mean);
/* @chance in 65536. */
bool sim_chance(struct sim *s, uint32_t chance);
/* The task that runs is not heard of until @when, or until it is woken before. */
void sim_until(struct sim *s, uint64_t when);
static inline void sim_spend(struct sim *s, uint64_t mean)
{
	sim_until(s, s->now + sim_cost(s, mean));
}

/* sim_world.c */
extern const struct world_ops sim_world_ops;
void sim_world_reset(struct sim *s);

/* sim_fd.c: signals and who reads them. */
void sim_fd_signal(struct sim *s, int32_t fd, struct sim_signal sig);
/* Where the last signal of the calling thread woke somebody: what that costs it. */
void sim_pay_for_waking(struct sim *s);
int sim_consumer_create(struct world *w, enum consumer_kind kind, const int32_t *fds, uint32_t n,
			consumer_signal_fn signal, void *arg, struct consumer **out,
			struct errmsg *e);
int sim_open_eventfds(struct world *w, int32_t *fds, uint32_t n, bool blocking, uint32_t more,
		      uint32_t *opened, struct errmsg *e);
void sim_close_eventfds(struct world *w, const int32_t *fds, uint32_t n);
uint64_t sim_take(struct world *w, int32_t fd);
bool sim_signal_fd(struct world *w, int32_t fd);

/* sim_device.c */
extern const struct backend_ops sim_device_ops;
void sim_device_reset(struct sim *s);
/* The task that runs has time to spend: a resize of its own is over. */
void sim_device_idle(struct sim *s);
void sim_device_event(struct sim *s, const struct sim_event *ev);
/* The scheduler: @ev happens at its time. */
void sim_event_add(struct sim *s, struct sim_event ev);

#endif

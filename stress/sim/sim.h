/* SPDX-License-Identifier: MIT */
/*
 * sim: a storm in a box. The engine of stress/ runs as it is, with a world (stress/world.h) in
 * which one thread plays producers, device, resizer, consumer and control in virtual time, from a
 * seed, without sleeping and without a system call. The device does to any interrupt what the
 * scenario says; what really happened is written down (truth.h), for the accountant to check the
 * engine's books against.
 *
 * A run with the same scenario is the same to the last nanosecond. One thread owns a sim and what
 * it gives; several may be used by several threads.
 */
#ifndef IRQSTORM_STRESS_SIM_SIM_H
#define IRQSTORM_STRESS_SIM_SIM_H

#include "stress/engine.h"
#include "stress/sim/truth.h"

/* Chances are in 65536. */
struct sim_scenario {
	uint64_t seed; /* of everything that is left to chance */

	/* what is run: stress_config */
	uint32_t vectors, stable, producers;
	enum stress_mode mode;
	enum consumer_kind consumer; /* CONSUMER_READ: reports from threads; else a pass pattern */
	const struct strategy *strategy;
	const struct pattern *pattern;
	uint64_t rate_hz, resize_rate_hz, duration_ns, deadline_ns;
	bool control;
	uint64_t stop_ns; /* SIGINT this long after the storm began; 0: none */

	/* the machine: costs are from 1 to twice the figure */
	uint64_t fire_ns, call_ns, read_ns, wake_ns, relax_ns, write_ns;
	uint64_t waker_ns; /* whose signal wakes a thread; 0: nothing */
	uint64_t oversleep_ns;
	uint32_t preempt; /* a thread that asks for the time loses its CPU */
	uint64_t preempt_ns;
	uint32_t partial; /* a pass that waited leaves something for the next */

	/* the device */
	bool sync;          /* a signal is in the eventfd when fire() returns */
	bool noresize;      /* MSI-X cannot grow in place */
	uint64_t flight_ns; /* !sync: a message is under way for up to this long */
	uint32_t drop;      /* a live vector's interrupt vanishes */
	uint32_t twice;     /* comes twice */
	uint32_t misroute;  /* comes to another vector */
	uint32_t refuse;    /* fire() fails, and nothing comes */
	uint32_t delay;     /* comes up to delay_ns later */
	uint64_t delay_ns;
	uint32_t gap_drop; /* in a gap that has a pending bit, is dropped all the same */
	uint32_t stray;    /* !sync: comes to the newcomer of its slot */
	uint32_t stale;    /* a bit is pending before the storm */
};

/* A scenario from a seed, in which everything occurs sooner or later. */
void sim_scenario_random(struct sim_scenario *sc, uint64_t seed);
/* The same from any bytes: what is not said is as in scenario_random() of the rest's digest. */
void sim_scenario_decode(struct sim_scenario *sc, const uint8_t *data, size_t size);
/* One line that says all of it. Returns @buf. */
const char *sim_scenario_text(const struct sim_scenario *sc, char *buf, size_t size);

struct sim;

/* NULL: out of memory. */
struct sim *sim_new(void);
void sim_free(struct sim *s);

/*
 * Runs @sc. *cfg and *r are the engine's, *t what happened; all stay valid until the next run or
 * sim_free(). Returns what stress_run() returned, with @e.
 */
int sim_run(struct sim *s, const struct sim_scenario *sc, const struct stress_config **cfg,
	    const struct stress_result **r, const struct truth **t, struct errmsg *e);

#endif

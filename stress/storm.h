/* SPDX-License-Identifier: MIT */
/*
 * storm: what the threads of one run share. Private to stress/: engine.c owns it, producer.c,
 * resizer.c and judge.c work on it.
 */
#ifndef IRQSTORM_STRESS_STORM_H
#define IRQSTORM_STRESS_STORM_H

#include <pthread.h>

#include "stress/engine.h"
#include "stress/placement.h"
#include "stress/world.h"
#include "vmm/perform.h"

#define SWEEP_NS  (2 * NSEC_PER_MSEC) /* the consumer looks at every open vector this often */
#define SETTLE_NS NSEC_PER_MSEC       /* PHASE_SETTLE after a resize */

struct producer {
	struct storm *storm;
	struct world_thread thread;
	uint32_t id;
	uint32_t first, end; /* its vectors */
	uint64_t ring_full;
	uint64_t fire_errors;
};

struct resizer {
	struct vmm_state state;
	struct pattern_state pattern;
	uint8_t *live; /* what the device has armed: state.wanted as of the last finished resize */
	struct performer hands;
	struct hist *hist;
	uint64_t resizes;
	/* how long it has been at work, and how many vectors were live: the sum over time; and both
	 * when they were last asked for */
	uint64_t lived_ns, lived, lived_ns_seen, lived_seen;
	/* a plan that its strategy's promise forbids: what it would do, and to which vector */
	const char *broken;
	uint32_t broken_vector;
};

struct storm {
	const struct stress_config *cfg;
	struct world *world;
	struct backend *be;
	struct backend_desc desc;
	const struct strategy *strategy; /* as configured, or what `auto` came to */
	const struct pattern *pattern;   /* NULL: the strategy resizes by itself, or never */
	struct placement place;
	struct account_rules rules;
	_Atomic uint64_t stall_ns; /* the longest that the sleeper slept too long so far */
	_Atomic uint64_t slow_ns;  /* that, or the longest that a delivery took */
	struct ledger *ledgers;
	int32_t *fds; /* [0, vectors) side 0, [vectors, 2 * vectors) side 1 */
	uint32_t n_fds;
	struct series *series; /* the result's */
	struct producer *producers;
	struct resizer resizer;

	_Atomic bool stop_fire, stop_resize, stop_consume;
	/* intermission: producers and resizer stand still and have counted themselves */
	_Atomic bool pause;
	_Atomic uint32_t paused;
	/* phases: a resize is in flight; when the last one ended (ns) */
	_Atomic bool in_resize;
	_Atomic uint64_t resize_end;
	/* for the progress line: the consumer's and the resizer's counts, as the main thread sees
	 */
	_Atomic uint64_t live_delivered, live_lost_explained, live_lost_unexplained, live_extra;
	_Atomic uint64_t live_resizes;
	_Atomic uint64_t began; /* ns: the storm; 0: not yet */
	_Atomic bool consumer_ready;
	_Atomic int failed; /* -errno of a thread that had to give up */
};

void *producer_main(void *arg);

/* Stamps that a vector has room for; control's lanes have as many. */
uint32_t storm_ring_size(const struct stress_config *cfg);

/* Fires so far. */
uint64_t storm_fired(struct storm *s);

/* A producer or the resizer stands still while storm.pause is set; returns how long (ns). */
uint64_t storm_intermission(struct storm *s);

static inline uint64_t storm_now(struct storm *s)
{
	return world_now(s->world);
}

static inline bool storm_resizes(const struct storm *s)
{
	return s->strategy->next || s->pattern;
}

/* resizer.c: the first enable; the thread; the last disable. 0 or what the call returned. */
int resizer_init(struct storm *s);
void resizer_destroy(struct storm *s);
int resizer_start(struct storm *s);
void *resizer_main(void *arg);
int resizer_disable(struct storm *s);
/*
 * Vectors that were live, on average, since this was last asked for, while the resizer stands
 * still; before it began, as many as its plans will have.
 */
double resizer_live(struct storm *s);

#endif

/* SPDX-License-Identifier: MIT */
/* sim: a run of a scenario, from its parts. */
#include "stress/sim/sim.h"

#include <stdlib.h>
#include <string.h>

#include "stress/sim/sim_private.h"

/* A vector's ring is short, so that producers meet its end, too. */
#define RING 16u

struct sim *sim_new(void)
{
	struct sim *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->world.ops = &sim_world_ops;
	s->be.ops = &sim_device_ops;
	s->fds = calloc(SIM_FDS, sizeof(*s->fds));
	s->vectors = calloc(IRQ_MAX_VECTORS, sizeof(*s->vectors));
	s->truth.lanes = calloc(IRQ_MAX_VECTORS, sizeof(*s->truth.lanes));
	if (!s->fds || !s->vectors || !s->truth.lanes)
		goto fail;
	for (uint32_t i = 1; i < SIM_TASKS; i++) {
		if (fiber_init(&s->tasks[i].fiber))
			goto fail;
	}
	return s;
fail:
	sim_free(s);
	return NULL;
}

void sim_free(struct sim *s)
{
	struct truth_list *lists[] = {&s->truth.fires, &s->truth.extras, &s->truth.wakeups,
				      &s->truth.plans, &s->truth.slices, &s->events};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		free(lists[i]->at);
	for (uint32_t v = 0; s->truth.lanes && v < IRQ_MAX_VECTORS; v++)
		free(s->truth.lanes[v].covers.at);
	free(s->truth.lanes);
	for (uint32_t i = 0; s->fds && i < SIM_FDS; i++)
		free(s->fds[i].signals.at);
	for (uint32_t i = 1; i < SIM_TASKS; i++)
		fiber_fini(&s->tasks[i].fiber);
	free(s->fds);
	free(s->vectors);
	free(s);
}

static void truth_reset(struct truth *t, uint32_t vectors)
{
	struct truth_list *lists[] = {&t->fires, &t->extras, &t->wakeups, &t->plans, &t->slices};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		lists[i]->n = 0;
	for (uint32_t v = 0; v < vectors; v++) {
		struct truth_lane *l = &t->lanes[v];

		l->covers.n = l->extras = 0;
		l->changed = l->merges = l->doubtful = false;
	}
	t->youngest = UINT64_MAX;
	t->storm_begin = t->storm_end = t->unswapped = t->stale = t->worst_ns = t->stopped = 0;
}

static void configure(struct sim *s)
{
	const struct sim_scenario *sc = s->sc;

	s->cfg = (struct stress_config){
		.vectors = sc->vectors,
		.stable = sc->stable,
		.producers = sc->producers,
		.mode = sc->mode,
		.rate_hz = sc->rate_hz,
		.strategy = sc->strategy,
		.pattern = sc->pattern,
		.resize_rate_hz = sc->resize_rate_hz,
		.consumer = sc->consumer,
		.duration_ns = sc->duration_ns,
		.deadline_ns = sc->deadline_ns,
		.seed = sc->seed,
		.quiet = true,
		.no_control = !sc->control,
		.ring = sc->mode == STRESS_OPEN ? RING : 0,
		.world = &s->world,
	};
}

int sim_run(struct sim *s, const struct sim_scenario *sc, const struct stress_config **cfg,
	    const struct stress_result **r, const struct truth **t, struct errmsg *e)
{
	s->sc = sc;
	rng_init(&s->rng, sc->seed, 7);
	truth_reset(&s->truth, sc->vectors);
	s->n_fds = 0;
	sim_device_reset(s);
	sim_world_reset(s);
	configure(s);
	*cfg = &s->cfg;
	*r = &s->result;
	*t = &s->truth;
	return stress_run(&s->cfg, &s->be, &s->result, e);
}

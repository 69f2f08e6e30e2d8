/* SPDX-License-Identifier: MIT */
#include "stress/engine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stress/admit.h"
#include "stress/consume.h"
#include "stress/segments.h"
#include "support/log.h"
#include "support/units.h"

const char *const stress_mode_names[] = {"closed", "open", NULL};

static int open_eventfds(struct storm *s, struct errmsg *e)
{
	uint32_t want = s->cfg->vectors * (s->strategy->two_sides ? 2 : 1);

	s->fds = calloc(want, sizeof(*s->fds));
	if (!s->fds)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	/* besides ours the backend's references, and some for the rest */
	return world_ops(s->world)->open_eventfds(s->world, s->fds, want,
						  s->cfg->consumer == CONSUMER_READ, want + 128,
						  &s->n_fds, e);
}

uint32_t storm_ring_size(const struct stress_config *cfg)
{
	uint32_t size = 16;

	if (cfg->ring)
		return cfg->ring;
	if (cfg->mode == STRESS_CLOSED)
		return 4; /* one is outstanding */
	while (size < 65536 && size * cfg->vectors < 65536)
		size *= 2;
	return size;
}

static int storm_init(struct storm *s, struct stress_result *r, struct errmsg *e)
{
	const struct stress_config *cfg = s->cfg;
	bool sync = s->desc.caps & BACKEND_SYNC_FIRE;
	int err;

	s->rules = (struct account_rules){
		.timed = !sync || cfg->consumer == CONSUMER_READ,
		.sync_fire = sync,
		.deadline_ns = cfg->deadline_ns,
		.lost_after_ns = NSEC_PER_SEC,
		.flight_ns = 50 * NSEC_PER_MSEC,
	};
	world_ops(s->world)->plan_places(s->world, &s->place, cfg->producers, cfg->place);
	placement_format(&s->place, cfg->producers, r->placement, sizeof(r->placement));
	s->resizer.hist = &r->resize_ns;
	s->ledgers = aligned_alloc(64, cfg->vectors * sizeof(*s->ledgers));
	s->producers = calloc(cfg->producers, sizeof(*s->producers));
	if (!s->ledgers || !s->producers)
		goto nomem;
	memset(s->ledgers, 0, cfg->vectors * sizeof(*s->ledgers));
	for (uint32_t v = 0; v < cfg->vectors; v++) {
		if (ledger_init(&s->ledgers[v], v, storm_ring_size(cfg), VEC_DISARMED))
			goto nomem;
	}
	err = resizer_init(s);
	if (err)
		goto nomem;
	if (world_ops(s->world)->fence)
		s->resizer.hands.host = (struct performer_host){
			.fence = world_ops(s->world)->fence,
			.visit = world_ops(s->world)->visit,
			.data = s->world,
		};
	return open_eventfds(s, e);
nomem:
	return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
}

static void storm_destroy(struct storm *s)
{
	world_ops(s->world)->close_eventfds(s->world, s->fds, s->n_fds);
	free(s->fds);
	resizer_destroy(s);
	for (uint32_t v = 0; s->ledgers && v < s->cfg->vectors; v++)
		ledger_destroy(&s->ledgers[v]);
	free(s->ledgers);
	free(s->producers);
}

/* Wait until no fire is under way, or for as long as one may be. */
static void drain(struct storm *s, struct consume *c)
{
	uint64_t slow = atomic_load_explicit(&s->slow_ns, memory_order_relaxed);
	uint64_t patience =
		s->rules.timed ? 2 * s->rules.lost_after_ns + 4 * slow : NSEC_PER_SEC / 2;
	uint64_t grace = s->rules.timed ? 50 * NSEC_PER_MSEC : 5 * NSEC_PER_MSEC;
	uint64_t end = storm_now(s) + patience, quiet_since = 0, seen;

	seen = atomic_load_explicit(&c->sweeps, memory_order_acquire);
	while (storm_now(s) < end && !atomic_load_explicit(&s->failed, memory_order_acquire)) {
		uint64_t now, sweeps;

		world_sleep(s->world, NSEC_PER_MSEC);
		now = storm_now(s);
		sweeps = atomic_load_explicit(&c->sweeps, memory_order_acquire);
		if (sweeps < seen + 2)
			continue;
		if (atomic_load_explicit(&c->pending, memory_order_relaxed))
			quiet_since = 0;
		else if (!quiet_since)
			quiet_since = now;
		else if (now - quiet_since > grace)
			return;
	}
}

static int start_producers(struct storm *s, uint32_t *started, struct errmsg *e)
{
	uint32_t n = s->cfg->producers, vectors = s->cfg->vectors;

	for (*started = 0; *started < n; ++*started) {
		struct producer *p = &s->producers[*started];
		int err;

		p->storm = s;
		p->id = *started;
		p->first = (uint32_t)((uint64_t)vectors * p->id / n);
		p->end = (uint32_t)((uint64_t)vectors * (p->id + 1) / n);
		err = world_ops(s->world)->start(s->world, &p->thread, producer_main, p);
		if (err)
			return errmsg_set(e, err, EXIT_ENVIRONMENT, "producer thread: %s",
					  strerror(-err));
	}
	return 0;
}

#define PURGE_FLIGHTS 4 /* a run that has just ended on a busy machine, a warm-up, may be late */

/*
 * Pending bits that an earlier user of the device left behind would be replayed when their vectors
 * are armed (P8), as signals without a fire. Arm every vector once and throw away what comes.
 */
static void purge_pending(struct storm *s, struct stress_result *r)
{
	uint32_t n = s->cfg->vectors;
	struct irq_set_buf *buf = &s->resizer.hands.buf;
	int ret;

	ret = backend_set_irqs(s->be, irq_set_eventfds(buf, s->strategy->index, 0, n, s->fds));
	if (!ret && !(s->desc.caps & BACKEND_SYNC_FIRE))
		world_sleep(s->world, PURGE_FLIGHTS * s->rules.flight_ns);
	/* a device that cannot arm them all (R49) says so again when the run begins */
	resizer_disable(s);
	for (uint32_t v = 0; v < n; v++)
		r->self.stale += world_ops(s->world)->take(s->world, s->fds[v]);
}

/* From the first enable to the last disable. */
static int storm_run(struct storm *s, struct consume *c, struct segments *run,
		     struct stress_result *r, const sigset_t *signals, struct errmsg *e)
{
	bool resizing = storm_resizes(s), enabled = false;
	struct world_thread resizer_thread;
	uint32_t started = 0;
	int err, ret;

	err = world_ops(s->world)->start(s->world, &c->thread, consume_main, c);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "consumer thread: %s", strerror(-err));
	while (!atomic_load_explicit(&s->consumer_ready, memory_order_acquire))
		world_sleep(s->world, 50 * NSEC_PER_USEC);
	err = atomic_load_explicit(&s->failed, memory_order_acquire);
	if (err)
		goto stop_consumer;
	ret = resizer_start(s);
	if (ret) {
		err = admit_enable_error(s, ret, e);
		goto stop_consumer;
	}
	enabled = true;
	atomic_store_explicit(&s->began, storm_now(s), memory_order_release);
	err = start_producers(s, &started, e);
	if (err)
		goto stop_producers;
	if (resizing) {
		err = world_ops(s->world)->start(s->world, &resizer_thread, resizer_main, s);
		if (err) {
			errmsg_set(e, err, EXIT_ENVIRONMENT, "resizer thread: %s", strerror(-err));
			resizing = false;
			goto stop_producers;
		}
	}
	err = segments_blow(s, run, r, signals, e);
	atomic_store_explicit(&s->stop_resize, true, memory_order_relaxed);
	if (resizing)
		world_ops(s->world)->join(s->world, &resizer_thread);
stop_producers:
	atomic_store_explicit(&s->stop_fire, true, memory_order_relaxed);
	for (uint32_t i = 0; i < started; i++)
		world_ops(s->world)->join(s->world, &s->producers[i].thread);
	drain(s, c);
	if (s->be->ops->taken)
		r->taken_known = !s->be->ops->taken(s->be, r->taken);
stop_consumer:
	/* R69: when disable returns nothing more may come; the consumer's last pass would see it */
	if (enabled)
		resizer_disable(s);
	atomic_store_explicit(&s->stop_consume, true, memory_order_release);
	world_ops(s->world)->join(s->world, &c->thread);
	return err ? err : c->err;
}

static void judge(struct storm *s, struct consume *c, struct stress_result *r)
{
	uint64_t window = s->rules.timed ? 2 * s->rules.lost_after_ns : NSEC_PER_SEC;
	uint64_t slow = atomic_load_explicit(&s->slow_ns, memory_order_relaxed);
	struct tally_pairs pairs;

	for (uint32_t v = 0; v < s->cfg->vectors; v++)
		account_finish(&s->ledgers[v], &c->tally, &s->rules, storm_now(s));
	r->fired = storm_fired(s);
	tally_pair(&c->tally, window, 2 * (s->rules.flight_ns + slow), &pairs);
	tally_settle(&c->tally, &pairs);
	series_finish(&c->series, &c->tally,
		      &(struct series_counts){.fired = r->fired, .resizes = s->resizer.resizes},
		      storm_now(s));
	r->tally = c->tally;
	r->misrouted = pairs.misrouted;
	r->strays = pairs.strays;
	r->spurious = r->tally.extra - r->misrouted - r->strays;
	r->resizes = s->resizer.resizes;
	r->resize_calls = s->resizer.hands.calls;
	r->host_vectors = s->resizer.state.most_held;
	r->refusals = s->resizer.state.refusals;
	r->call_error = s->resizer.hands.error;
	memcpy(r->call_text, s->resizer.hands.text, sizeof(r->call_text));
	r->consumer_how = c->how;
	r->self.cq_overflows = c->stats.cq_overflows;
	r->self.rearms = c->stats.rearms;
	r->self.held_enters = c->stats.held_enters;
	for (uint32_t i = 0; i < s->cfg->producers; i++) {
		r->self.ring_full += s->producers[i].ring_full;
		r->self.fire_errors += s->producers[i].fire_errors;
	}
}

bool stress_adds_up(const struct stress_result *r)
{
	const struct tally *t = &r->tally;

	return r->fired == t->delivered + t->coalesced + t->unarmed + t->lost_explained +
				   t->lost_unexplained &&
	       t->signals == t->delivered + t->extra &&
	       t->extra == r->spurious + r->misrouted + r->strays && r->strays <= t->unarmed;
}

/* The identity of docs/accounting.md, asserted in every run. */
static int check_identity(const struct stress_result *r, struct errmsg *e)
{
	const struct tally *t = &r->tally;

	if (stress_adds_up(r))
		return 0;
	return errmsg_set(e, -EPROTO, EXIT_ENVIRONMENT,
			  "accounting does not add up (a bug in irqstorm): fired %" PRIu64
			  ", delivered %" PRIu64 ", coalesced %" PRIu64 ", unarmed %" PRIu64
			  ", lost %" PRIu64 " and %" PRIu64 "; signals %" PRIu64 ", extra %" PRIu64
			  " = %" PRIu64 " + %" PRIu64 " + %" PRIu64,
			  r->fired, t->delivered, t->coalesced, t->unarmed, t->lost_explained,
			  t->lost_unexplained, t->signals, t->extra, r->spurious, r->misrouted,
			  r->strays);
}

static int check_promise(const struct storm *s, struct errmsg *e)
{
	const struct resizer *z = &s->resizer;

	if (!z->broken)
		return 0;
	return errmsg_set(e, -EPROTO, EXIT_ENVIRONMENT,
			  "--resize %s would %s vector %u, which it promises not to (a bug in "
			  "irqstorm): no loss could be judged",
			  s->strategy->name, z->broken, z->broken_vector);
}

int stress_run(const struct stress_config *cfg, struct backend *be, struct stress_result *r,
	       struct errmsg *e)
{
	struct segments *run = calloc(1, sizeof(*run));
	struct consume *consume = calloc(1, sizeof(*consume));
	struct world here = {0};
	struct storm storm = {.cfg = cfg, .world = cfg->world ? cfg->world : &here, .be = be};
	sigset_t signals;
	int err;

	world_ops(storm.world)->hold_signals(storm.world, &signals);
	memset(r, 0, sizeof(*r));
	tally_init(&r->tally);
	hist_init(&r->resize_ns);
	hist_init(&r->self.stalls);
	series_init(&r->series, cfg->duration_ns);
	storm.series = &r->series;
	if (!run || !consume) {
		err = errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
		goto out;
	}
	hist_init(&run->control.latency);
	segments_plan(cfg, run);
	err = backend_describe(be, &r->desc);
	if (err) {
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot describe the device: %s",
			   strerror(-err));
		goto out;
	}
	storm.desc = r->desc;
	admit_choose(&storm, r);
	err = admit_check(&storm, e);
	if (err)
		goto out;
	if (cfg->say_seed)
		log_note("seed 0x%" PRIx64, cfg->seed);
	err = storm_init(&storm, r, e);
	if (err)
		goto destroy;
	if (consume_init(consume, &storm, e)) {
		err = errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
		goto destroy_consume;
	}
	err = segments_control(&storm, run, e);
	if (!err) {
		purge_pending(&storm, r);
		err = storm_run(&storm, consume, run, r, &signals, e);
	}
	if (err)
		goto destroy_consume;
	judge(&storm, consume, r);
	err = check_promise(&storm, e);
	if (!err)
		err = check_identity(r, e);
	if (!err && !r->interrupted)
		err = segments_control(&storm, run, e);
	control_result(&run->control, run->segments, run->n_segments, &r->control);
destroy_consume:
	consume_destroy(consume);
destroy:
	storm_destroy(&storm);
out:
	free(consume);
	free(run);
	return err;
}

void stress_response(const struct stress_result *r, struct hist *all)
{
	hist_init(all);
	for (int i = 0; i < PHASES; i++)
		hist_merge(all, &r->tally.response[i]);
}

/* What a well-formed call may answer on a host that has run out of something (R49). */
static bool is_shortage(int call_error)
{
	return call_error == -ENOSPC || call_error == -ENOMEM || call_error == -EMFILE;
}

enum exit_code stress_verdict(const struct stress_result *r)
{
	if (r->tally.lost_unexplained || r->spurious || r->misrouted || r->self.fire_errors ||
	    (r->call_error && !is_shortage(r->call_error)))
		return EXIT_FINDING;
	return r->call_error ? EXIT_ENVIRONMENT : EXIT_PASS;
}

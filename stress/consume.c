/* SPDX-License-Identifier: MIT */
#include "stress/consume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int consume_init(struct consume *c, struct storm *s, struct errmsg *e)
{
	uint32_t n = s->cfg->vectors;

	c->storm = s;
	c->e = e;
	pthread_mutex_init(&c->lock.mutex, NULL);
	tally_init(&c->tally);
	c->dirty = calloc(n, sizeof(*c->dirty));
	c->touched = calloc(n, sizeof(*c->touched));
	c->is_touched = calloc(n, 1);
	c->marks = calloc(n, sizeof(*c->marks));
	return c->dirty && c->touched && c->is_touched && c->marks ? 0 : -ENOMEM;
}

void consume_destroy(struct consume *c)
{
	free(c->dirty);
	free(c->touched);
	free(c->is_touched);
	free(c->marks);
	pthread_mutex_destroy(&c->lock.mutex);
}

static void lock(struct consume *c)
{
	if (c->threaded)
		world_ops(c->storm->world)->lock(c->storm->world, &c->lock);
}

static void unlock(struct consume *c)
{
	if (c->threaded)
		world_ops(c->storm->world)->unlock(c->storm->world, &c->lock);
}

static void on_signal(void *arg, uint32_t slot, uint64_t count, uint64_t now)
{
	struct consume *c = arg;
	struct storm *s = c->storm;
	uint32_t v = slot < s->cfg->vectors ? slot : slot - s->cfg->vectors;
	struct ledger *l = &s->ledgers[v];

	lock(c);
	account_read(l, &c->tally, &s->rules, count, now);
	if (!s->rules.timed && account_open(l) && !c->is_touched[v]) {
		c->is_touched[v] = 1;
		c->touched[c->n_touched++] = v;
	}
	unlock(c);
}

static void publish(struct consume *c)
{
	struct storm *s = c->storm;
	const struct tally *t = &c->tally;

	atomic_store_explicit(&s->live_delivered, t->delivered, memory_order_relaxed);
	atomic_store_explicit(&s->live_lost_explained, t->lost_explained, memory_order_relaxed);
	atomic_store_explicit(&s->live_lost_unexplained, t->lost_unexplained, memory_order_relaxed);
	atomic_store_explicit(&s->live_extra, t->extra, memory_order_relaxed);
}

static void take_series(struct consume *c, uint64_t now)
{
	struct storm *s = c->storm;
	uint64_t began = atomic_load_explicit(&s->began, memory_order_acquire);

	if (!c->series.s && began)
		series_begin(&c->series, s->series, began);
	if (series_due(&c->series, now))
		series_take(&c->series, &c->tally,
			    &(struct series_counts){
				    .fired = storm_fired(s),
				    .resizes = atomic_load_explicit(&s->live_resizes,
								    memory_order_relaxed),
			    },
			    now);
}

/* Every vector with an open fire becomes dirty. */
static void sweep(struct consume *c)
{
	struct storm *s = c->storm;
	uint32_t pending = 0;

	c->n_dirty = 0;
	for (uint32_t v = 0; v < s->cfg->vectors; v++) {
		struct ledger *l = &s->ledgers[v];
		uint64_t word = atomic_load_explicit(&l->word, memory_order_relaxed);

		if (!account_open(l))
			continue;
		c->dirty[c->n_dirty++] = v;
		/* what a removed vector holds comes when it is added again, or never */
		pending += word_state(word) == VEC_ARMED || account_queued(l);
	}
	publish(c);
	atomic_store_explicit(&c->pending, pending, memory_order_relaxed);
	/* release: whoever sees the new count sees the pending of that sweep */
	atomic_fetch_add_explicit(&c->sweeps, 1, memory_order_release);
}

static void forget_touched(struct consume *c)
{
	for (uint32_t i = 0; i < c->n_touched; i++)
		c->is_touched[c->touched[i]] = 0;
	c->n_touched = 0;
}

static void take_touched(struct consume *c)
{
	memcpy(c->dirty, c->touched, c->n_touched * sizeof(*c->dirty));
	c->n_dirty = c->n_touched;
	forget_touched(c);
}

/*
 * How long an interrupt can be under way is what the machine shows: a sleeper that woke late, or
 * one that was delivered late. On real hardware both are far below the flight that is allowed
 * anyhow.
 */
static struct account_rules rules_now(struct consume *c)
{
	uint64_t stall = atomic_load_explicit(&c->storm->stall_ns, memory_order_relaxed);
	uint64_t slow = c->tally.slowest_ns > stall ? c->tally.slowest_ns : stall;
	struct account_rules r = c->storm->rules;

	r.flight_ns += slow;
	r.lost_after_ns += 4 * slow;
	atomic_store_explicit(&c->storm->slow_ns, slow, memory_order_relaxed);
	return r;
}

static int pass(struct consume *c, struct consumer *consumer, uint64_t timeout_ns)
{
	struct storm *s = c->storm;
	struct account_rules rules;
	uint64_t now;
	int got;

	lock(c);
	for (uint32_t i = 0; i < c->n_dirty; i++)
		account_mark(&s->ledgers[c->dirty[i]], &c->marks[i]);
	unlock(c);
	got = consumer_pass(consumer, c->n_dirty ? 0 : timeout_ns);
	if (got < 0 || !c->n_dirty)
		return got;
	lock(c);
	now = storm_now(s);
	rules = rules_now(c);
	for (uint32_t i = 0; i < c->n_dirty; i++)
		account_resolve(&s->ledgers[c->dirty[i]], &c->tally, &rules, &c->marks[i], now);
	unlock(c);
	c->n_dirty = 0;
	return got;
}

static int consume_loop(struct consume *c, struct consumer *consumer)
{
	struct storm *s = c->storm;
	uint64_t next_sweep = storm_now(s) + SWEEP_NS;
	bool last = false;
	int got = 0;

	while (!last && got >= 0) {
		uint64_t now = storm_now(s);

		last = atomic_load_explicit(&s->stop_consume, memory_order_acquire);
		if (now >= next_sweep || last) {
			forget_touched(c);
			lock(c);
			sweep(c);
			take_series(c, now);
			unlock(c);
			next_sweep = now + SWEEP_NS;
		} else if (c->n_touched) {
			take_touched(c);
		}
		got = pass(c, consumer, last ? 0 : next_sweep > now ? next_sweep - now : 0);
	}
	return got < 0 ? got : 0;
}

void *consume_main(void *arg)
{
	struct consume *c = arg;
	struct storm *s = c->storm;
	struct consumer *consumer;

	world_ops(s->world)->pin(s->world, s->place.consumer);
	c->threaded = s->cfg->consumer == CONSUMER_READ;
	/* created here: an io_uring with a single issuer belongs to the thread that made it */
	c->err = world_ops(s->world)->consumer(s->world, s->cfg->consumer, s->fds, s->n_fds,
					       on_signal, c, &consumer, c->e);
	if (c->err) {
		atomic_store_explicit(&s->failed, c->err, memory_order_release);
		atomic_store_explicit(&s->consumer_ready, true, memory_order_release);
		return NULL;
	}
	c->how = consumer->how;
	atomic_store_explicit(&s->consumer_ready, true, memory_order_release);
	c->err = consume_loop(c, consumer);
	if (c->err) {
		errmsg_set(c->e, c->err, EXIT_ENVIRONMENT, "consumer (%s) failed: %s", c->how,
			   strerror(-c->err));
		atomic_store_explicit(&s->failed, c->err, memory_order_release);
	}
	c->stats = consumer->stats;
	consumer_destroy(consumer);
	return NULL;
}

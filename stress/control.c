/* SPDX-License-Identifier: MIT */
#include "stress/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/stats.h"

struct lane {
	_Alignas(64) _Atomic uint64_t fired; /* writer: announced, then written */
	uint64_t acked_seen;                 /* writer's copy of acked, maybe old */
	_Atomic uint64_t *stamps;
	_Alignas(64) _Atomic uint64_t acked; /* reader: signals read */
};

struct writer {
	struct control *control;
	struct world_thread thread;
	uint32_t id, first, end; /* its lanes */
};

struct control {
	const struct stress_config *cfg;
	struct world *world;
	const struct placement *place;
	struct lane *lanes;
	_Atomic uint64_t *stamps; /* of all lanes */
	uint32_t mask;            /* of a lane's stamps */
	struct writer *writers;
	int32_t *fds;
	struct control_sum *sum;
	bool timed;  /* the storm's passes are by age: nothing follows a signal */
	bool locked; /* CONSUMER_READ alone reports from several threads */
	struct world_lock lock;
	_Atomic uint32_t ready;
	_Atomic uint64_t schedule; /* ns: where the schedule began, as if there were one slice; 0:
				    * not yet */
	_Atomic bool stop_write, stop_read;
	double live;  /* vectors that the storm has in use, on average */
	bool touched; /* reader: a signal was read where more stands */
	uint64_t signals;
	struct errmsg *e;
	int err;
};

static bool is_open(struct lane *lane)
{
	return atomic_load_explicit(&lane->fired, memory_order_acquire) !=
	       atomic_load_explicit(&lane->acked, memory_order_relaxed);
}

static void on_signal(void *arg, uint32_t slot, uint64_t count, uint64_t now)
{
	struct control *c = arg;
	struct lane *lane = &c->lanes[slot];
	uint64_t acked = atomic_load_explicit(&lane->acked, memory_order_relaxed) + count;
	/* of the newest that was read, which is not always the newest that was written */
	uint64_t stamp =
		atomic_load_explicit(&lane->stamps[(acked - 1) & c->mask], memory_order_relaxed);

	if (c->locked)
		world_ops(c->world)->lock(c->world, &c->lock);
	hist_record(&c->sum->latency, now > stamp ? now - stamp : 0);
	c->signals += count;
	if (c->locked)
		world_ops(c->world)->unlock(c->world, &c->lock);
	/* release: the writer may have the stamps again */
	atomic_store_explicit(&lane->acked, acked, memory_order_release);
	if (!c->timed && is_open(lane))
		c->touched = true;
}

static bool stopped(struct control *c)
{
	return atomic_load_explicit(&c->stop_write, memory_order_relaxed);
}

/* As producers wait for the time of the next fire; false when the slice is over first. */
static bool wait_until(struct control *c, uint64_t due)
{
	for (;;) {
		uint64_t now = world_now(c->world);

		if (stopped(c))
			return false;
		if (now >= due)
			return true;
		if (due - now > 200 * NSEC_PER_USEC)
			world_sleep_until(c->world, due - 100 * NSEC_PER_USEC < now + NSEC_PER_MSEC
							    ? due - 100 * NSEC_PER_USEC
							    : now + NSEC_PER_MSEC);
		else
			world_relax(c->world, c->place);
	}
}

/* Room for a stamp, as in a ledger; false when the slice is over first. */
static bool wait_for_room(struct control *c, struct lane *lane, uint64_t n)
{
	while (n - lane->acked_seen > c->mask) {
		lane->acked_seen = atomic_load_explicit(&lane->acked, memory_order_acquire);
		if (n - lane->acked_seen <= c->mask)
			break;
		world_relax(c->world, c->place);
		if (stopped(c))
			return false;
	}
	return true;
}

static bool write_one(struct control *c, uint32_t v)
{
	struct lane *lane = &c->lanes[v];
	uint64_t n = atomic_load_explicit(&lane->fired, memory_order_relaxed);

	if (!wait_for_room(c, lane, n))
		return false;
	atomic_store_explicit(&lane->stamps[n & c->mask], world_now(c->world),
			      memory_order_relaxed);
	atomic_store_explicit(&lane->fired, n + 1, memory_order_release);
	return world_ops(c->world)->signal(c->world, c->fds[v]);
}

/* What producer_main() does, without a device, a ledger and a resizer. */
static void *writer_main(void *arg)
{
	struct writer *w = arg;
	struct control *c = w->control;
	bool closed = c->cfg->mode == STRESS_CLOSED;
	uint64_t rate = c->cfg->rate_hz / c->cfg->producers, start;
	uint64_t *n = &c->sum->written[w->id];
	uint32_t idle = 0;

	world_ops(c->world)->pin(c->world, c->place->producer[w->id % 64]);
	if (c->cfg->rate_hz && !rate)
		rate = 1;
	atomic_fetch_add_explicit(&c->ready, 1, memory_order_acq_rel);
	while (!(start = atomic_load_explicit(&c->schedule, memory_order_acquire)) && !stopped(c))
		world_relax(c->world, c->place);
	for (uint32_t v = w->first; !stopped(c); v = v + 1 < w->end ? v + 1 : w->first) {
		struct lane *lane = &c->lanes[v];

		if (closed && atomic_load_explicit(&lane->acked, memory_order_acquire) !=
				      atomic_load_explicit(&lane->fired, memory_order_relaxed)) {
			if (++idle >= w->end - w->first) {
				world_relax(c->world, c->place);
				idle = 0;
			}
			continue;
		}
		idle = 0;
		if (rate &&
		    !wait_until(c, start + (uint64_t)((__uint128_t)*n * NSEC_PER_SEC / rate)))
			break;
		if (!write_one(c, v))
			break;
		++*n;
	}
	return NULL;
}

static bool any_open(struct control *c)
{
	for (uint32_t v = 0; v < c->cfg->vectors; v++) {
		if (is_open(&c->lanes[v]))
			return true;
	}
	return false;
}

/*
 * What the consumer's loop in consume.c does, without a ledger: it sleeps where that one sleeps,
 * and makes a complete pass, which does not sleep, where that one makes one. A reader that slept
 * after each signal would have the writer pay for waking it, and would be no limit.
 */
static int read_all(struct control *c, struct consumer *consumer)
{
	uint64_t next_sweep = world_now(c->world) + SWEEP_NS;
	bool last = false;
	int got = 0;

	while (got >= 0 && !last) {
		uint64_t now = world_now(c->world);
		bool dirty = false;

		last = atomic_load_explicit(&c->stop_read, memory_order_acquire);
		if (now >= next_sweep || last) {
			dirty = any_open(c);
			next_sweep = now + SWEEP_NS;
		} else if (c->touched) {
			dirty = true;
		}
		if (!c->timed)
			c->touched = false;
		got = consumer_pass(consumer, last || dirty ? 0 : next_sweep - now);
	}
	return got < 0 ? got : 0;
}

static void *reader_main(void *arg)
{
	struct control *c = arg;
	struct consumer *consumer;
	int err;

	world_ops(c->world)->pin(c->world, c->place->consumer);
	c->err = world_ops(c->world)->consumer(c->world, c->cfg->consumer, c->fds, c->cfg->vectors,
					       on_signal, c, &consumer, c->e);
	atomic_fetch_add_explicit(&c->ready, 1, memory_order_acq_rel);
	if (c->err)
		return NULL;
	err = read_all(c, consumer);
	if (err)
		c->err = errmsg_set(c->e, err, EXIT_ENVIRONMENT, "control: consumer failed: %s",
				    strerror(-err));
	consumer_destroy(consumer);
	return NULL;
}

static void wait_for_ready(struct control *c, uint32_t threads)
{
	while (atomic_load_explicit(&c->ready, memory_order_acquire) < threads)
		world_sleep(c->world, 50 * NSEC_PER_USEC);
}

/* A part of a lane is one: with fewer than the storm had control would be no limit. */
static uint32_t whole_lanes(double n)
{
	uint32_t whole = (uint32_t)n;

	return whole < n || !whole ? whole + 1 : whole;
}

static int start_writers(struct control *c, uint32_t *started)
{
	uint32_t n = c->cfg->producers, vectors = c->cfg->vectors;

	for (*started = 0; *started < n; ++*started) {
		struct writer *w = &c->writers[*started];
		int err;

		w->control = c;
		w->id = *started;
		w->first = (uint32_t)((uint64_t)vectors * w->id / n);
		w->end = (uint32_t)((uint64_t)vectors * (w->id + 1) / n);
		/* of each share as much as the storm had */
		w->end = w->first + whole_lanes((w->end - w->first) * c->live / vectors);
		err = world_ops(c->world)->start(c->world, &w->thread, writer_main, w);
		if (err)
			return errmsg_set(c->e, err, EXIT_ENVIRONMENT, "control: thread: %s",
					  strerror(-err));
	}
	return 0;
}

static int run_threads(struct control *c, uint64_t duration_ns)
{
	const struct world_ops *ops = world_ops(c->world);
	struct world_thread reader;
	uint64_t start, elapsed;
	uint32_t writers = 0;
	int err;

	err = ops->start(c->world, &reader, reader_main, c);
	if (err)
		return errmsg_set(c->e, err, EXIT_ENVIRONMENT, "control: thread: %s",
				  strerror(-err));
	wait_for_ready(c, 1);
	err = c->err ? c->err : start_writers(c, &writers);
	/* that threads have to be started is no part of the slice */
	if (!err)
		wait_for_ready(c, 1 + writers);
	start = world_now(c->world);
	/* release: one schedule for all slices, as the storm's is one for all segments */
	atomic_store_explicit(&c->schedule, start - c->sum->elapsed_ns, memory_order_release);
	if (!err)
		world_sleep_until(c->world, start + duration_ns);
	atomic_store_explicit(&c->stop_write, true, memory_order_relaxed);
	for (uint32_t i = 0; i < writers; i++)
		ops->join(c->world, &c->writers[i].thread);
	elapsed = world_now(c->world) - start;
	atomic_store_explicit(&c->stop_read, true, memory_order_release);
	ops->join(c->world, &reader);
	c->sum->signals += c->signals;
	c->sum->elapsed_ns += elapsed;
	if (c->sum->n < CONTROL_SLICES)
		c->sum->per_s[c->sum->n++] = (double)c->signals * 1e9 / (double)elapsed;
	return err ? err : c->err;
}

static int make_lanes(struct control *c)
{
	uint32_t n = c->cfg->vectors, ring = storm_ring_size(c->cfg);

	c->mask = ring - 1;
	c->lanes = aligned_alloc(64, n * sizeof(*c->lanes));
	c->stamps = calloc((size_t)n * ring, sizeof(*c->stamps));
	c->writers = calloc(c->cfg->producers, sizeof(*c->writers));
	c->fds = calloc(n, sizeof(*c->fds));
	if (!c->lanes || !c->stamps || !c->writers || !c->fds)
		return errmsg_set(c->e, -ENOMEM, EXIT_ENVIRONMENT, "control: out of memory");
	memset(c->lanes, 0, n * sizeof(*c->lanes));
	for (uint32_t v = 0; v < n; v++)
		c->lanes[v].stamps = &c->stamps[(size_t)v * ring];
	return 0;
}

int control_run(struct storm *s, uint64_t duration_ns, struct control_sum *sum, struct errmsg *e)
{
	const struct stress_config *cfg = s->cfg;
	struct control c = {
		.cfg = cfg,
		.world = s->world,
		.place = &s->place,
		.sum = sum,
		.timed = s->rules.timed,
		.live = resizer_live(s),
		.locked = cfg->consumer == CONSUMER_READ,
		.lock = {.mutex = PTHREAD_MUTEX_INITIALIZER},
		.e = e,
	};
	uint32_t opened = 0;
	int err = make_lanes(&c);

	if (err)
		goto out;
	err = world_ops(s->world)->open_eventfds(s->world, c.fds, cfg->vectors, c.locked,
						 128 + s->n_fds, &opened, e);
	if (!err)
		err = run_threads(&c, duration_ns);
out:
	world_ops(s->world)->close_eventfds(s->world, c.fds, opened);
	free(c.fds);
	free(c.writers);
	free(c.stamps);
	free(c.lanes);
	return err;
}

/* The median of @n ratios, which it sorts. */
static double median(double *ratios, uint32_t n)
{
	if (!n)
		return 0;
	stats_sort(ratios, n);
	return n % 2 ? ratios[n / 2] : (ratios[n / 2 - 1] + ratios[n / 2]) / 2;
}

void control_result(const struct control_sum *sum, const double *segments, uint32_t n,
		    struct stress_control *out)
{
	double ratios[CONTROL_SLICES];
	uint32_t used = 0;

	for (uint32_t i = 0; i < n && i + 1 < sum->n; i++) {
		double limit = (sum->per_s[i] + sum->per_s[i + 1]) / 2;

		if (limit > 0)
			ratios[used++] = segments[i] / limit;
	}
	*out = (struct stress_control){
		.throughput_per_s =
			sum->elapsed_ns ? (double)sum->signals * 1e9 / (double)sum->elapsed_ns : 0,
		.ratio = median(ratios, used),
		.n_ratios = used,
		.p50_ns = hist_quantile(&sum->latency, 0.5),
		.p99_ns = hist_quantile(&sum->latency, 0.99),
		.n = sum->signals,
		.n_segments = n,
	};
	if (used) {
		struct stats_interval i = stats_median(ratios, used);

		out->ratio_lo = i.lo;
		out->ratio_hi = i.hi;
	}
	memcpy(out->slice_per_s, sum->per_s, sizeof(out->slice_per_s));
	memcpy(out->segment_per_s, segments, n * sizeof(*segments));
}

/* SPDX-License-Identifier: MIT */
#include "stress/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct lane {
	_Alignas(64) _Atomic uint64_t stamp;
	uint64_t fired;
	_Alignas(64) _Atomic uint64_t acked;
};

struct control {
	const struct stress_config *cfg;
	struct world *world;
	const struct placement *place;
	struct lane *lanes;
	int32_t *fds;
	struct control_sum *sum;
	bool locked;
	struct world_lock lock; /* CONSUMER_READ alone reports from several threads */
	_Atomic bool ready, stop_write, stop_read;
	uint64_t signals;
	struct errmsg *e;
	int err;
};

static void on_signal(void *arg, uint32_t slot, uint64_t count, uint64_t now)
{
	struct control *c = arg;
	struct lane *lane = &c->lanes[slot];
	uint64_t stamp = atomic_load_explicit(&lane->stamp, memory_order_acquire);
	uint64_t acked = atomic_load_explicit(&lane->acked, memory_order_relaxed);

	if (c->locked)
		world_ops(c->world)->lock(c->world, &c->lock);
	hist_record(&c->sum->latency, now > stamp ? now - stamp : 0);
	c->signals += count;
	if (c->locked)
		world_ops(c->world)->unlock(c->world, &c->lock);
	atomic_store_explicit(&lane->acked, acked + count, memory_order_release);
}

static void *writer_main(void *arg)
{
	struct control *c = arg;
	bool closed = c->cfg->mode == STRESS_CLOSED;
	uint64_t period = c->cfg->rate_hz ? NSEC_PER_SEC / c->cfg->rate_hz : 0;
	uint32_t n = c->cfg->vectors, idle = 0;
	uint64_t due;

	world_ops(c->world)->pin(c->world, c->place->producer[0]);
	due = world_now(c->world);
	for (uint32_t v = 0; !atomic_load_explicit(&c->stop_write, memory_order_relaxed);
	     v = v + 1 < n ? v + 1 : 0) {
		struct lane *lane = &c->lanes[v];

		if (closed &&
		    atomic_load_explicit(&lane->acked, memory_order_acquire) != lane->fired) {
			if (++idle >= n) {
				world_relax(c->world, c->place);
				idle = 0;
			}
			continue;
		}
		while (period && world_now(c->world) < due &&
		       !atomic_load_explicit(&c->stop_write, memory_order_relaxed))
			world_relax(c->world, c->place);
		due += period;
		lane->fired++;
		atomic_store_explicit(&lane->stamp, world_now(c->world), memory_order_release);
		if (!world_ops(c->world)->signal(c->world, c->fds[v]))
			break;
	}
	return NULL;
}

static void *reader_main(void *arg)
{
	struct control *c = arg;
	struct consumer *consumer;
	bool last = false;
	int got = 0;

	world_ops(c->world)->pin(c->world, c->place->consumer);
	c->err = world_ops(c->world)->consumer(c->world, c->cfg->consumer, c->fds, c->cfg->vectors,
					       on_signal, c, &consumer, c->e);
	atomic_store_explicit(&c->ready, true, memory_order_release);
	if (c->err)
		return NULL;
	while (got >= 0 && !last) {
		last = atomic_load_explicit(&c->stop_read, memory_order_acquire);
		got = consumer_pass(consumer, last ? 0 : 2 * NSEC_PER_MSEC);
	}
	if (got < 0)
		c->err = errmsg_set(c->e, got, EXIT_ENVIRONMENT, "control: consumer failed: %s",
				    strerror(-got));
	consumer_destroy(consumer);
	return NULL;
}

static int run_threads(struct control *c, uint64_t duration_ns)
{
	const struct world_ops *ops = world_ops(c->world);
	struct world_thread reader, writer;
	uint64_t start, elapsed;
	int err;

	err = ops->start(c->world, &reader, reader_main, c);
	if (err)
		return errmsg_set(c->e, err, EXIT_ENVIRONMENT, "control: thread: %s",
				  strerror(-err));
	while (!atomic_load_explicit(&c->ready, memory_order_acquire))
		world_sleep(c->world, 50 * NSEC_PER_USEC);
	start = world_now(c->world);
	err = c->err ? c->err : ops->start(c->world, &writer, writer_main, c);
	if (!err) {
		world_sleep_until(c->world, start + duration_ns);
		atomic_store_explicit(&c->stop_write, true, memory_order_relaxed);
		ops->join(c->world, &writer);
	}
	elapsed = world_now(c->world) - start;
	atomic_store_explicit(&c->stop_read, true, memory_order_release);
	ops->join(c->world, &reader);
	c->sum->signals += c->signals;
	c->sum->elapsed_ns += elapsed;
	if (c->sum->n < CONTROL_SLICES)
		c->sum->per_s[c->sum->n++] = (double)c->signals * 1e9 / (double)elapsed;
	return err ? err : c->err;
}

int control_run(struct storm *s, uint64_t duration_ns, struct control_sum *sum, struct errmsg *e)
{
	const struct stress_config *cfg = s->cfg;
	struct control c = {
		.cfg = cfg,
		.world = s->world,
		.place = &s->place,
		.sum = sum,
		.locked = cfg->consumer == CONSUMER_READ,
		.lock = {.mutex = PTHREAD_MUTEX_INITIALIZER},
		.e = e,
	};
	uint32_t n = cfg->vectors, opened = 0;
	int err;

	c.lanes = aligned_alloc(64, n * sizeof(*c.lanes));
	c.fds = calloc(n, sizeof(*c.fds));
	if (!c.lanes || !c.fds) {
		err = errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "control: out of memory");
		goto out;
	}
	memset(c.lanes, 0, n * sizeof(*c.lanes));
	err = world_ops(s->world)->open_eventfds(s->world, c.fds, n, c.locked, 128 + s->n_fds,
						 &opened, e);
	if (!err)
		err = run_threads(&c, duration_ns);
out:
	world_ops(s->world)->close_eventfds(s->world, c.fds, opened);
	free(c.fds);
	free(c.lanes);
	return err;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median of @n ratios, which it sorts. */
static double median(double *ratios, uint32_t n)
{
	if (!n)
		return 0;
	qsort(ratios, n, sizeof(*ratios), by_size);
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
		.p50_ns = hist_quantile(&sum->latency, 0.5),
		.p99_ns = hist_quantile(&sum->latency, 0.99),
		.n = sum->signals,
		.n_segments = n,
	};
	memcpy(out->slice_per_s, sum->per_s, sizeof(out->slice_per_s));
	memcpy(out->segment_per_s, segments, n * sizeof(*segments));
}

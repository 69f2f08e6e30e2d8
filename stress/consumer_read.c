/* SPDX-License-Identifier: MIT */
/*
 * consumer_read: a thread blocked in read() for each eventfd, as drivers with an interrupt thread a
 * vector do it. A pass only waits: whether a thread that returned from read() has reported yet
 * can't be known from outside, so with this consumer fires are resolved by age
 * (account_rules.timed).
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stress/consumer.h"
#include "support/clock.h"

#define WAKE_SIGNAL SIGUSR1

struct reader {
	struct consumer_read *owner;
	pthread_t thread;
	uint32_t slot;
	int32_t fd;
	_Atomic bool gone;
};

struct consumer_read {
	struct consumer c;
	_Atomic bool stop;
	_Atomic uint64_t reports;
	uint64_t reports_seen;
	uint32_t started;
	struct reader readers[];
};

static void *reader_main(void *arg)
{
	struct reader *r = arg;
	struct consumer_read *o = r->owner;
	uint64_t count;

	while (!atomic_load_explicit(&o->stop, memory_order_acquire)) {
		ssize_t got = read(r->fd, &count, sizeof(count));

		if (got != (ssize_t)sizeof(count))
			continue; /* the wake signal of destroy */
		o->c.signal(o->c.arg, r->slot, count, clock_ns());
		atomic_fetch_add_explicit(&o->reports, 1, memory_order_relaxed);
	}
	atomic_store_explicit(&r->gone, true, memory_order_release);
	return NULL;
}

static int read_pass(struct consumer *c, uint64_t timeout_ns)
{
	struct consumer_read *o = (struct consumer_read *)c;
	uint64_t n, seen = o->reports_seen;

	if (timeout_ns)
		clock_sleep_until(clock_ns() + timeout_ns);
	n = atomic_load_explicit(&o->reports, memory_order_relaxed);
	o->reports_seen = n;
	return (int)(n - seen);
}

static void read_destroy(struct consumer *c)
{
	struct consumer_read *o = (struct consumer_read *)c;

	atomic_store_explicit(&o->stop, true, memory_order_release);
	for (uint32_t i = 0; i < o->started; i++) {
		/* again until it is seen: a signal just before read() begins would be missed */
		while (!atomic_load_explicit(&o->readers[i].gone, memory_order_acquire)) {
			pthread_kill(o->readers[i].thread, WAKE_SIGNAL);
			clock_sleep_until(clock_ns() + 100 * NSEC_PER_USEC);
		}
		pthread_join(o->readers[i].thread, NULL);
	}
	free(o);
}

static const struct consumer_ops read_ops = {read_pass, read_destroy};

static void on_wake(int sig)
{
	(void)sig; /* its delivery alone interrupts read() */
}

int consumer_read_create(const int32_t *fds, uint32_t n, consumer_signal_fn signal, void *arg,
			 struct consumer **out, struct errmsg *e)
{
	struct sigaction sa = {.sa_handler = on_wake}; /* no SA_RESTART */
	struct consumer_read *o;
	int err;

	if (n > CONSUMER_READ_MAX)
		return errmsg_set(
			e, -EINVAL, EXIT_USAGE,
			"--consumer read takes a thread for each of %u eventfds, at most %u: "
			"use fewer --vectors or --consumer epoll",
			n, CONSUMER_READ_MAX);
	o = calloc(1, sizeof(*o) + n * sizeof(o->readers[0]));
	if (!o)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "read consumer: out of memory");
	sigaction(WAKE_SIGNAL, &sa, NULL);
	o->c.ops = &read_ops;
	o->c.how = "blocking read(), a thread each";
	o->c.threaded = true;
	o->c.signal = signal;
	o->c.arg = arg;
	for (uint32_t i = 0; i < n; i++) {
		struct reader *r = &o->readers[i];

		r->owner = o;
		r->slot = i;
		r->fd = fds[i];
		err = pthread_create(&r->thread, NULL, reader_main, r);
		if (err) {
			read_destroy(&o->c);
			return errmsg_set(e, -err, EXIT_ENVIRONMENT, "read consumer: thread %u: %s",
					  i, strerror(err));
		}
		o->started++;
	}
	*out = &o->c;
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* world_real: this machine. */
#include "stress/world.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "support/rlimit.h"
#include "support/sigstop.h"

static uint64_t real_now(struct world *w)
{
	(void)w;
	return clock_ns();
}

static void real_sleep_until(struct world *w, uint64_t when)
{
	(void)w;
	clock_sleep_until(when);
}

static void real_relax(struct world *w, const struct placement *p)
{
	(void)w;
	placement_relax(p);
}

static void real_pin(struct world *w, int cpu)
{
	(void)w;
	placement_pin(cpu);
}

static void real_plan_places(struct world *w, struct placement *p, uint32_t producers,
			     const struct placement_wish *wish)
{
	(void)w;
	placement_plan(p, producers, wish);
}

static int real_start(struct world *w, struct world_thread *t, void *(*fn)(void *), void *arg)
{
	(void)w;
	return -pthread_create(&t->thread, NULL, fn, arg);
}

static void real_join(struct world *w, struct world_thread *t)
{
	(void)w;
	pthread_join(t->thread, NULL);
}

static void real_lock(struct world *w, struct world_lock *l)
{
	(void)w;
	pthread_mutex_lock(&l->mutex);
}

static void real_unlock(struct world *w, struct world_lock *l)
{
	(void)w;
	pthread_mutex_unlock(&l->mutex);
}

static void real_hold_signals(struct world *w, sigset_t *set)
{
	(void)w;
	sigstop_block(set);
}

static int real_wait(struct world *w, const sigset_t *set, uint64_t when)
{
	(void)w;
	return sigstop_wait_until(set, when);
}

static int real_open_eventfds(struct world *w, int32_t *fds, uint32_t n, bool blocking,
			      uint32_t more, uint32_t *opened, struct errmsg *e)
{
	int flags = EFD_CLOEXEC | (blocking ? 0 : EFD_NONBLOCK);
	int err = rlimit_nofile(n + more, "--vectors", e);

	(void)w;
	for (*opened = 0; !err && *opened < n; ++*opened) {
		fds[*opened] = eventfd(0, flags);
		if (fds[*opened] < 0)
			return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "eventfd %u of %u: %s",
					  *opened, n, strerror(errno));
	}
	return err;
}

static void real_close_eventfds(struct world *w, const int32_t *fds, uint32_t n)
{
	(void)w;
	while (n)
		close(fds[--n]);
}

static uint64_t real_take(struct world *w, int32_t fd)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	uint64_t count;

	(void)w;
	if (poll(&pfd, 1, 0) != 1 || read(fd, &count, sizeof(count)) != (ssize_t)sizeof(count))
		return 0;
	return count;
}

static bool real_signal(struct world *w, int32_t fd)
{
	uint64_t one = 1;

	(void)w;
	return write(fd, &one, sizeof(one)) == (ssize_t)sizeof(one);
}

static int real_consumer(struct world *w, enum consumer_kind kind, const int32_t *fds, uint32_t n,
			 consumer_signal_fn signal, void *arg, struct consumer **out,
			 struct errmsg *e)
{
	(void)w;
	return consumer_create(kind, fds, n, signal, arg, out, e);
}

const struct world_ops world_real = {
	.now = real_now,
	.sleep_until = real_sleep_until,
	.relax = real_relax,
	.pin = real_pin,
	.plan_places = real_plan_places,
	.start = real_start,
	.join = real_join,
	.lock = real_lock,
	.unlock = real_unlock,
	.hold_signals = real_hold_signals,
	.wait = real_wait,
	.open_eventfds = real_open_eventfds,
	.close_eventfds = real_close_eventfds,
	.take = real_take,
	.signal = real_signal,
	.consumer = real_consumer,
};

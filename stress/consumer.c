/* SPDX-License-Identifier: MIT */
/* The choice of a consumer, and the two plain ones: epoll and spin. */
#include "stress/consumer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "support/clock.h"

const char *const consumer_names[] = {"uring", "uring-poll", "epoll", "read", "spin", NULL};

#define EPOLL_BATCH 256

struct consumer_poll {
	struct consumer c;
	const int32_t *fds;
	uint32_t n;
	int epfd;
	struct epoll_event events[EPOLL_BATCH];
};

/* 1 when the eventfd held something, 0 when not, or -errno. */
static int read_slot(struct consumer_poll *p, uint32_t slot)
{
	uint64_t count;
	ssize_t got = read(p->fds[slot], &count, sizeof(count));

	if (got == (ssize_t)sizeof(count)) {
		p->c.signal(p->c.arg, slot, count, clock_ns());
		return 1;
	}
	return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -EIO;
}

static int epoll_pass(struct consumer *c, uint64_t timeout_ns)
{
	struct consumer_poll *p = (struct consumer_poll *)c;
	struct timespec ts = {
		.tv_sec = (time_t)(timeout_ns / NSEC_PER_SEC),
		.tv_nsec = (long)(timeout_ns % NSEC_PER_SEC),
	};
	int total = 0, n;
	uint32_t seen = 0;

	/*
	 * Level triggered, and the kernel moves what it reported to the end of its ready list:
	 * after as many reports as there are eventfds each one that was ready has had its turn.
	 */
	do {
		n = epoll_pwait2(p->epfd, p->events, EPOLL_BATCH, &ts, NULL);
		if (n < 0)
			return errno == EINTR ? total : -errno;
		for (int i = 0; i < n; i++) {
			int got = read_slot(p, p->events[i].data.u32);

			if (got < 0)
				return got;
			total += got;
		}
		seen += (uint32_t)n;
		ts = (struct timespec){0};
	} while (n == EPOLL_BATCH && seen < p->n);
	return total;
}

static int spin_pass(struct consumer *c, uint64_t timeout_ns)
{
	struct consumer_poll *p = (struct consumer_poll *)c;
	uint64_t end = timeout_ns ? clock_ns() + timeout_ns : 0;
	int total = 0;

	do {
		for (uint32_t i = 0; i < p->n; i++) {
			int got = read_slot(p, i);

			if (got < 0)
				return got;
			total += got;
		}
	} while (!total && end && clock_ns() < end);
	return total;
}

static void poll_destroy(struct consumer *c)
{
	struct consumer_poll *p = (struct consumer_poll *)c;

	if (p->epfd >= 0)
		close(p->epfd);
	free(p);
}

static const struct consumer_ops epoll_ops = {epoll_pass, poll_destroy};
static const struct consumer_ops spin_ops = {spin_pass, poll_destroy};

static struct consumer_poll *poll_new(const struct consumer_ops *ops, const char *how,
				      const int32_t *fds, uint32_t n)
{
	struct consumer_poll *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->c.ops = ops;
	p->c.how = how;
	p->fds = fds;
	p->n = n;
	p->epfd = -1;
	return p;
}

int consumer_spin_create(const int32_t *fds, uint32_t n, struct consumer **out, struct errmsg *e)
{
	struct consumer_poll *p = poll_new(&spin_ops, "spinning read()", fds, n);

	if (!p)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "spin consumer: out of memory");
	*out = &p->c;
	return 0;
}

int consumer_epoll_create(const int32_t *fds, uint32_t n, struct consumer **out, struct errmsg *e)
{
	struct consumer_poll *p = poll_new(&epoll_ops, "epoll and read()", fds, n);
	int err = -ENOMEM;

	if (!p)
		goto fail;
	p->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (p->epfd < 0) {
		err = -errno;
		goto fail;
	}
	for (uint32_t i = 0; i < n; i++) {
		struct epoll_event ev = {.events = EPOLLIN, .data.u32 = i};

		if (epoll_ctl(p->epfd, EPOLL_CTL_ADD, fds[i], &ev)) {
			err = -errno;
			goto fail;
		}
	}
	*out = &p->c;
	return 0;
fail:
	if (p)
		poll_destroy(&p->c);
	return errmsg_set(e, err, EXIT_ENVIRONMENT, "epoll consumer: %s", strerror(-err));
}

int consumer_create(enum consumer_kind kind, const int32_t *fds, uint32_t n,
		    consumer_signal_fn signal, void *arg, struct consumer **out, struct errmsg *e)
{
	int err;

	switch (kind) {
	case CONSUMER_URING:
	case CONSUMER_URING_POLL:
		err = consumer_uring_create(fds, n, kind == CONSUMER_URING, out, e);
		break;
	case CONSUMER_EPOLL:
		err = consumer_epoll_create(fds, n, out, e);
		break;
	case CONSUMER_READ:
		return consumer_read_create(fds, n, signal, arg, out, e);
	default:
		err = consumer_spin_create(fds, n, out, e);
		break;
	}
	if (err)
		return err;
	(*out)->signal = signal;
	(*out)->arg = arg;
	return 0;
}

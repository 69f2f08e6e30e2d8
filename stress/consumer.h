/* SPDX-License-Identifier: MIT */
/*
 * consumer: reads eventfds and reports, for each, how many signals it held. It counts what read()
 * returns, never wake-ups. It knows nothing of vectors or fires: slot i is the i-th eventfd it was
 * given. The engine and the control use the same code, so that their ratio compares the rest.
 *
 * A pass is complete when every signal that was in an eventfd before the pass began has been
 * reported by its end: what the accounting's resolution stands on.
 *
 * Threading: one thread creates, passes and destroys, except CONSUMER_READ, which has a thread an
 * eventfd of its own and reports from there (see `threaded`).
 */
#ifndef IRQSTORM_STRESS_CONSUMER_H
#define IRQSTORM_STRESS_CONSUMER_H

#include <stdbool.h>
#include <stdint.h>

#include "support/errmsg.h"

enum consumer_kind {
	CONSUMER_URING,      /* io_uring multishot read (6.7+), else as CONSUMER_URING_POLL */
	CONSUMER_URING_POLL, /* io_uring multishot poll, then read() */
	CONSUMER_EPOLL,
	CONSUMER_READ, /* a thread blocked in read() for each eventfd */
	CONSUMER_SPIN, /* reads all eventfds round and round, never sleeps */
};

extern const char *const consumer_names[]; /* in enum order, NULL-terminated */

#define CONSUMER_READ_MAX 256u /* eventfds, thus threads, of CONSUMER_READ */

/* @count signals were read from eventfd @slot at @now (ns). */
typedef void (*consumer_signal_fn)(void *arg, uint32_t slot, uint64_t count, uint64_t now);

struct consumer_stats {
	uint64_t cq_overflows; /* completion queue was full: entries delayed, none lost */
	uint64_t rearms;       /* multishot requests that ended and were started again */
	uint64_t held_enters;  /* of an io_uring, that brought nothing while work stood */
	uint64_t passes;
};

struct consumer;

struct consumer_ops {
	/* With @timeout_ns 0 one complete pass; otherwise waits that long at most for a first event
	 * and reports what there is. Returns the number of reports made, or -errno. */
	int (*pass)(struct consumer *c, uint64_t timeout_ns);
	void (*destroy)(struct consumer *c);
};

struct consumer {
	const struct consumer_ops *ops;
	const char *how; /* what it really does: "io_uring multishot read" */
	bool threaded;   /* reports come from other threads; slot i always from the same one */
	consumer_signal_fn signal;
	void *arg;
	struct consumer_stats stats;
};

/*
 * @fds (O_NONBLOCK, except for CONSUMER_READ) stay the caller's and must outlive the consumer; a
 * consumer may hold references on the files, gone after destroy. -errno with @e on failure.
 */
int consumer_create(enum consumer_kind kind, const int32_t *fds, uint32_t n,
		    consumer_signal_fn signal, void *arg, struct consumer **out, struct errmsg *e);

static inline int consumer_pass(struct consumer *c, uint64_t timeout_ns)
{
	c->stats.passes++;
	return c->ops->pass(c, timeout_ns);
}

static inline void consumer_destroy(struct consumer *c)
{
	if (c)
		c->ops->destroy(c);
}

/* The kinds; each fills what it adds to struct consumer. For consumer.c alone. */
int consumer_uring_create(const int32_t *fds, uint32_t n, bool want_read, struct consumer **out,
			  struct errmsg *e);
int consumer_epoll_create(const int32_t *fds, uint32_t n, struct consumer **out, struct errmsg *e);
int consumer_spin_create(const int32_t *fds, uint32_t n, struct consumer **out, struct errmsg *e);
int consumer_read_create(const int32_t *fds, uint32_t n, consumer_signal_fn signal, void *arg,
			 struct consumer **out, struct errmsg *e);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * consumer_uring: io_uring in its two forms. Multishot read (opcode 49, kernel 6.7+; the liburing
 * of Debian 12 has no helper, so the request is filled by hand) brings the exact count in a
 * provided buffer with each completion. Multishot poll posts one completion per task-work run,
 * however many signals came, and the count is read() then. With DEFER_TASKRUN completions appear
 * only inside io_uring_enter() of the one issuer, so an enter that asks for events and a drained
 * queue make a complete pass.
 */
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stress/consumer.h"
#include "support/clock.h"

#define OP_READ_MULTISHOT 49 /* IORING_OP_READ_MULTISHOT */
#define BUFFER_GROUP      0

#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#endif
#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)
#endif

struct consumer_uring {
	struct consumer c;
	struct io_uring ring;
	const int32_t *fds;
	uint32_t n;
	bool multishot_read;
	uint32_t buf_mask;
	struct io_uring_buf_ring *buf_ring;
	uint64_t *bufs;
	size_t buf_ring_size;
};

static int arm(struct consumer_uring *u, uint32_t slot)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

	if (!sqe) {
		int err = io_uring_submit(&u->ring);

		if (err < 0)
			return err;
		sqe = io_uring_get_sqe(&u->ring);
		if (!sqe)
			return -EBUSY;
	}
	if (u->multishot_read) {
		memset(sqe, 0, sizeof(*sqe));
		sqe->opcode = OP_READ_MULTISHOT;
		sqe->fd = u->fds[slot];
		sqe->flags = IOSQE_BUFFER_SELECT;
		sqe->buf_group = BUFFER_GROUP;
	} else {
		io_uring_prep_poll_multishot(sqe, u->fds[slot], POLLIN);
	}
	io_uring_sqe_set_data64(sqe, slot);
	return 0;
}

static void give_back(struct consumer_uring *u, uint32_t bid)
{
	io_uring_buf_ring_add(u->buf_ring, &u->bufs[bid], sizeof(uint64_t), (unsigned short)bid,
			      (int)u->buf_mask, 0);
	io_uring_buf_ring_advance(u->buf_ring, 1);
}

/* One completion. 1 when it brought signals, 0 when not, or -errno. */
static int handle(struct consumer_uring *u, const struct io_uring_cqe *cqe)
{
	uint32_t slot = (uint32_t)cqe->user_data;
	uint64_t count = 0;
	int reported = 0;

	if (u->multishot_read && cqe->res == (int)sizeof(count)) {
		uint32_t bid = cqe->flags >> IORING_CQE_BUFFER_SHIFT;

		count = u->bufs[bid];
		give_back(u, bid);
	} else if (!u->multishot_read && cqe->res > 0) {
		if (read(u->fds[slot], &count, sizeof(count)) != (ssize_t)sizeof(count))
			count = 0; /* a second completion for what was read already */
	} else if (cqe->res != -ENOBUFS && cqe->res != -ECANCELED) {
		return cqe->res < 0 ? cqe->res : -EIO;
	}
	if (count) {
		u->c.signal(u->c.arg, slot, count, clock_ns());
		reported = 1;
	}
	if (!(cqe->flags & IORING_CQE_F_MORE)) {
		/* the eventfd keeps its count meanwhile: nothing is lost */
		int err = arm(u, slot);

		u->c.stats.rearms++;
		if (err)
			return err;
	}
	return reported;
}

static int drain(struct consumer_uring *u)
{
	struct io_uring_cqe *cqe;
	unsigned int head, seen = 0;
	int total = 0, got = 0;

	io_uring_for_each_cqe(&u->ring, head, cqe)
	{
		seen++;
		got = handle(u, cqe);
		if (got < 0)
			break;
		total += got;
	}
	io_uring_cq_advance(&u->ring, seen);
	return got < 0 ? got : total;
}

/*
 * An enter runs a limited number of the task work items that stand ready (20 in 6.13 and later),
 * first come first served. At most one stands for each eventfd, so after this many enters each that
 * was ready when the pass began has had its turn; usually the queue is dry much sooner.
 */
static unsigned int enters_a_pass(const struct consumer_uring *u)
{
	return u->n / 16 + 2;
}

static int uring_pass(struct consumer *c, uint64_t timeout_ns)
{
	struct consumer_uring *u = (struct consumer_uring *)c;
	struct __kernel_timespec ts = {
		.tv_sec = (long long)(timeout_ns / NSEC_PER_SEC),
		.tv_nsec = (long long)(timeout_ns % NSEC_PER_SEC),
	};
	struct io_uring_cqe *cqe;
	int err, got, total;

	if (timeout_ns) {
		err = io_uring_submit_and_wait_timeout(&u->ring, &cqe, 1, &ts, NULL);
		if (err < 0 && err != -ETIME && err != -EINTR && err != -EAGAIN)
			return err;
		return drain(u);
	}
	err = io_uring_submit(&u->ring);
	if (err < 0)
		return err;
	total = drain(u);
	for (unsigned int i = 0; i < enters_a_pass(u) && total >= 0; i++) {
		bool overflow = io_uring_cq_has_overflow(&u->ring);

		/* entries that found the queue full are flushed by the next enter */
		u->c.stats.cq_overflows += overflow;
		/* what was armed again by drain() is read by its submission */
		err = io_uring_sq_ready(&u->ring) ? io_uring_submit(&u->ring) : 0;
		if (err >= 0)
			err = io_uring_get_events(&u->ring);
		if (err < 0)
			return err;
		got = drain(u);
		if (got < 0)
			return got;
		total += got;
		if (!got && !overflow && !io_uring_sq_ready(&u->ring))
			break;
	}
	return total;
}

static void uring_destroy(struct consumer *c)
{
	struct consumer_uring *u = (struct consumer_uring *)c;

	io_uring_queue_exit(&u->ring);
	if (u->buf_ring)
		free(u->buf_ring);
	free(u->bufs);
	free(u);
}

static const struct consumer_ops uring_ops = {uring_pass, uring_destroy};

static bool has_multishot_read(struct io_uring *ring)
{
	struct io_uring_probe *probe = io_uring_get_probe_ring(ring);
	bool has = probe && io_uring_opcode_supported(probe, OP_READ_MULTISHOT);

	io_uring_free_probe(probe);
	return has;
}

static uint32_t pow2_at_least(uint32_t n)
{
	uint32_t p = 64;

	while (p < n)
		p *= 2;
	return p;
}

static int setup_buffers(struct consumer_uring *u)
{
	uint32_t entries = pow2_at_least(2 * u->n);
	struct io_uring_buf_reg reg = {.ring_entries = entries, .bgid = BUFFER_GROUP};
	int err;

	u->buf_mask = entries - 1;
	u->buf_ring_size = entries * sizeof(struct io_uring_buf);
	u->bufs = calloc(entries, sizeof(*u->bufs));
	u->buf_ring = aligned_alloc(4096, (u->buf_ring_size + 4095) & ~(size_t)4095);
	if (!u->bufs || !u->buf_ring)
		return -ENOMEM;
	io_uring_buf_ring_init(u->buf_ring);
	reg.ring_addr = (uint64_t)(uintptr_t)u->buf_ring;
	err = io_uring_register_buf_ring(&u->ring, &reg, 0);
	if (err)
		return err;
	for (uint32_t i = 0; i < entries; i++)
		give_back(u, i);
	return 0;
}

int consumer_uring_create(const int32_t *fds, uint32_t n, bool want_read, struct consumer **out,
			  struct errmsg *e)
{
	struct consumer_uring *u = calloc(1, sizeof(*u));
	struct io_uring_params params = {
		.flags = IORING_SETUP_CQSIZE | IORING_SETUP_SINGLE_ISSUER |
			 IORING_SETUP_DEFER_TASKRUN,
		.cq_entries = 2 * pow2_at_least(2 * n),
	};
	uint32_t sq = pow2_at_least(n) > 1024 ? 1024 : pow2_at_least(n);
	int err = -ENOMEM;

	if (!u)
		goto fail;
	err = io_uring_queue_init_params(sq, &u->ring, &params);
	if (err == -EINVAL) {
		/* before 6.1: completions come by themselves, which costs an interrupt of the
		 * thread */
		params.flags = IORING_SETUP_CQSIZE;
		err = io_uring_queue_init_params(sq, &u->ring, &params);
	}
	if (err)
		goto fail;
	u->c.ops = &uring_ops;
	u->fds = fds;
	u->n = n;
	u->multishot_read = want_read && has_multishot_read(&u->ring);
	u->c.how = u->multishot_read ? "io_uring multishot read"
				     : "io_uring multishot poll and read()";
	if (u->multishot_read)
		err = setup_buffers(u);
	for (uint32_t i = 0; i < n && !err; i++)
		err = arm(u, i);
	if (!err)
		err = io_uring_submit(&u->ring);
	if (err < 0) {
		uring_destroy(&u->c);
		u = NULL;
		goto fail;
	}
	*out = &u->c;
	return 0;
fail:
	free(u);
	return errmsg_set(e, err, EXIT_ENVIRONMENT, "io_uring consumer: %s%s", strerror(-err),
			  err == -ENOSYS || err == -EPERM
				  ? " (io_uring is disabled here: try --consumer epoll)"
				  : "");
}

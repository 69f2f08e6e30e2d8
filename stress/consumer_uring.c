/* SPDX-License-Identifier: MIT */
/*
 * consumer_uring: io_uring in its two forms. Multishot read (opcode 49, kernel 6.7+; the liburing
 * of Debian 12 has no helper, so the request is filled by hand) brings the exact count in a
 * provided buffer with each completion. Multishot poll posts one completion per task-work run,
 * however many signals came, and the count is read() then. With DEFER_TASKRUN completions appear
 * only inside io_uring_enter() of the one issuer; consumer_ring.h tells when a pass is complete.
 */
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stress/consumer.h"
#include "stress/consumer_ring.h"
#include "support/clock.h"
#include "support/log.h"

#define OP_READ_MULTISHOT 49 /* IORING_OP_READ_MULTISHOT */
#define BUFFER_GROUP      0

#ifndef IORING_SETUP_TASKRUN_FLAG
#define IORING_SETUP_TASKRUN_FLAG (1U << 9)
#define IORING_SQ_TASKRUN         (1U << 2)
#endif
#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#endif
#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)
#endif

struct consumer_uring {
	struct consumer c;
	struct ring pass;
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

static int drain(struct consumer_uring *u, uint32_t *completions)
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
	*completions = seen;
	return got < 0 ? got : total;
}

static struct consumer_uring *of_ring(struct ring *r)
{
	return (struct consumer_uring *)((char *)r - offsetof(struct consumer_uring, pass));
}

static bool ring_has_to_submit(struct ring *r)
{
	return io_uring_sq_ready(&of_ring(r)->ring);
}

static int ring_submit(struct ring *r)
{
	int err = ring_has_to_submit(r) ? io_uring_submit(&of_ring(r)->ring) : 0;

	return err < 0 ? err : 0;
}

static int ring_get_events(struct ring *r)
{
	int err = io_uring_get_events(&of_ring(r)->ring);

	return err < 0 ? err : 0;
}

static int ring_drain(struct ring *r, uint32_t *completions)
{
	return drain(of_ring(r), completions);
}

static bool ring_has_overflow(struct ring *r)
{
	return io_uring_cq_has_overflow(&of_ring(r)->ring);
}

/* Acquire: what the queue held before the kernel set it is there. */
static bool ring_taskrun(struct ring *r)
{
	return __atomic_load_n(of_ring(r)->ring.sq.kflags, __ATOMIC_ACQUIRE) & IORING_SQ_TASKRUN;
}

/* The kernel sets and clears its bits of this shared word one by one, atomically, too. */
static void ring_clear_taskrun(struct ring *r)
{
	if (ring_taskrun(r))
		__atomic_fetch_and(of_ring(r)->ring.sq.kflags, ~IORING_SQ_TASKRUN,
				   __ATOMIC_SEQ_CST);
}

static void ring_pause(struct ring *r, uint32_t held)
{
	(void)r;
	if (held > RING_HELD_SPIN)
		clock_sleep_until(clock_ns() + NSEC_PER_MSEC);
}

static const struct ring_ops uring_ring_ops = {
	.submit = ring_submit,
	.has_to_submit = ring_has_to_submit,
	.get_events = ring_get_events,
	.drain = ring_drain,
	.has_overflow = ring_has_overflow,
	.taskrun = ring_taskrun,
	.clear_taskrun = ring_clear_taskrun,
	.pause = ring_pause,
};

static int uring_pass(struct consumer *c, uint64_t timeout_ns)
{
	struct consumer_uring *u = (struct consumer_uring *)c;
	struct __kernel_timespec ts = {
		.tv_sec = (long long)(timeout_ns / NSEC_PER_SEC),
		.tv_nsec = (long long)(timeout_ns % NSEC_PER_SEC),
	};
	struct io_uring_cqe *cqe;
	uint32_t completions;
	int err;

	if (timeout_ns) {
		err = io_uring_submit_and_wait_timeout(&u->ring, &cqe, 1, &ts, NULL);
		if (err < 0 && err != -ETIME && err != -EINTR && err != -EAGAIN)
			return err;
		return drain(u, &completions);
	}
	err = ring_pass(&u->pass, &c->stats);
	if (err == -ETIME)
		log_error("io_uring has work pending and did not bring it in %u calls: what was "
			  "lost cannot be told; try --consumer epoll",
			  RING_HELD_MAX);
	return err;
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

/*
 * Oldest last. Before 6.1 completions come by themselves, which costs an interrupt of the thread.
 * The flag (5.19) is only for rings whose work is deferred.
 */
static int open_ring(struct consumer_uring *u, uint32_t n)
{
	static const uint32_t setups[] = {
		IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
		0,
	};
	uint32_t sq = pow2_at_least(n) > 1024 ? 1024 : pow2_at_least(n);
	int err = -EINVAL;

	for (uint32_t i = 0; err == -EINVAL && i < sizeof(setups) / sizeof(setups[0]); i++) {
		struct io_uring_params params = {
			.flags = IORING_SETUP_CQSIZE | setups[i],
			.cq_entries = 2 * pow2_at_least(2 * n),
		};

		err = io_uring_queue_init_params(sq, &u->ring, &params);
	}
	return err;
}

int consumer_uring_create(const int32_t *fds, uint32_t n, bool want_read, struct consumer **out,
			  struct errmsg *e)
{
	struct consumer_uring *u = calloc(1, sizeof(*u));
	int err = -ENOMEM;

	if (!u)
		goto fail;
	err = open_ring(u, n);
	if (err)
		goto fail;
	u->c.ops = &uring_ops;
	u->pass = (struct ring){.ops = &uring_ring_ops, .requests = n};
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

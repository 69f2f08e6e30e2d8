/* SPDX-License-Identifier: MIT */
#include "guest_check.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum verdict fail(struct state *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->why, sizeof(s->why), fmt, ap);
	va_end(ap);
	return FAILED;
}

enum verdict skip(struct state *s, const char *why)
{
	snprintf(s->why, sizeof(s->why), "%s", why);
	return SKIPPED;
}

void state_init(struct state *s)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	memset(s, 0, sizeof(*s));
	for (int v = 0; v < VECTORS; v++)
		s->fd[v] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

int state_end(struct state *s)
{
	backend_close(s->be);
	for (int v = 0; v < VECTORS; v++)
		close(s->fd[v]);
	printf("%u passed, %u failed, %u skipped\n", s->count[OK], s->count[FAILED],
	       s->count[SKIPPED]);
	return s->count[FAILED] ? 1 : 0;
}

/* The next check shall not fail for what this one left behind. */
static void recover(struct state *s)
{
	backend_device(s->be, BACKEND_DEV_REOPEN, 0);
	for (int v = 0; v < VECTORS; v++)
		wait_count(s->fd[v], v ? 0 : IDLE_MS);
}

bool run_checks(const struct check *c, struct state *s)
{
	static const char *const words[] = {"ok", "not ok", "skip"};

	for (; c->name; c++) {
		enum verdict r = c->run(s);

		s->count[r]++;
		printf("%s %s%s%s%s%s\n", words[r], s->device ? s->device : "",
		       s->device ? ": " : "", c->name, r == OK ? "" : ": ", r == OK ? "" : s->why);
		if (r == FAILED && !s->be)
			return false;
		if (r == FAILED && s->recover)
			recover(s);
	}
	return true;
}

int open_device(struct state *s, const char *bdf, const char *trigger)
{
	struct vfio_config cfg = {.bdf = bdf, .trigger = trigger};

	memset(&s->e, 0, sizeof(s->e));
	return vfio_open(&cfg, &s->be, &s->e);
}

void close_device(struct state *s)
{
	backend_close(s->be);
	s->be = NULL;
}

int arm(struct state *s, uint32_t index, uint32_t start, uint32_t count, const int32_t *fds)
{
	return backend_set_irqs(s->be, irq_set_eventfds(&s->buf, index, start, count, fds));
}

int disarm(struct state *s, uint32_t index, uint32_t vector)
{
	const int32_t none = -1;

	return arm(s, index, vector, 1, &none);
}

int disable(struct state *s, uint32_t index)
{
	return backend_set_irqs(s->be, irq_set_disable(&s->buf, index));
}

int loopback(struct state *s, uint32_t index, uint32_t vector)
{
	return backend_set_irqs(s->be, irq_set_loopback(&s->buf, index, vector));
}

int set_intx_mask(struct state *s, bool mask)
{
	const struct vfio_irq_set set = {
		.argsz = IRQ_SET_HDR_SIZE,
		.flags = VFIO_IRQ_SET_DATA_NONE |
			 (mask ? VFIO_IRQ_SET_ACTION_MASK : VFIO_IRQ_SET_ACTION_UNMASK),
		.index = INTX,
		.count = 1,
	};

	return backend_set_irqs(s->be, &set);
}

uint64_t wait_count(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint64_t n = 0;

	if (poll(&p, 1, ms) == 1 && read(fd, &n, sizeof(n)) != (ssize_t)sizeof(n))
		n = 0;
	return n;
}

enum verdict expect_quiet(struct state *s)
{
	for (int v = 0; v < VECTORS; v++) {
		uint64_t n = wait_count(s->fd[v], v ? 0 : IDLE_MS);

		if (n)
			return fail(s, "vector %d signalled %llu times unasked", v,
				    (unsigned long long)n);
	}
	return OK;
}

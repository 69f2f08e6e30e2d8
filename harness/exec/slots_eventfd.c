/* SPDX-License-Identifier: MIT */
/*
 * slots_eventfd: slots on real eventfds. A counter is looked at through /proc/self/fdinfo, which
 * does not change it: what a read would take can matter to the kernel (R37).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "exec/fdinfo.h"
#include "exec/slots.h"
#include "program/program.h"

/* Above any limit on open files: never a descriptor. */
#define NO_DESCRIPTOR 0x7ffffff0

struct slots_eventfd {
	struct slots slots;
	int fd[PROGRAM_SLOTS];      /* -1: closed */
	int info[PROGRAM_SLOTS];    /* /proc/self/fdinfo/N, -1: not open yet */
	int info_of[PROGRAM_SLOTS]; /* that N */
	uint32_t dirty;
	int file;
};

static int32_t event_fd(struct slots *s, int32_t code)
{
	struct slots_eventfd *e = (struct slots_eventfd *)s;

	if (code == PROGRAM_FD_FILE)
		return e->file;
	if (code >= (int32_t)PROGRAM_SLOTS || e->fd[code] < 0)
		return NO_DESCRIPTOR;
	return e->fd[code];
}

static int open_info(struct slots_eventfd *e, uint32_t slot)
{
	if (e->info[slot] >= 0 && e->info_of[slot] == e->fd[slot])
		return 0;
	if (e->info[slot] >= 0)
		close(e->info[slot]);
	e->info[slot] = fdinfo_open(e->fd[slot]);
	e->info_of[slot] = e->fd[slot];
	return e->info[slot] < 0 ? e->info[slot] : 0;
}

static int event_peek(struct slots *s, uint32_t slot, uint64_t *value)
{
	struct slots_eventfd *e = (struct slots_eventfd *)s;
	int err;

	*value = 0;
	if (e->fd[slot] < 0)
		return 0;
	err = open_info(e, slot);
	return err ? err : fdinfo_read(e->info[slot], "eventfd-count", 16, value);
}

static int event_peek_all(struct slots *s, uint64_t values[])
{
	int err = 0;

	for (uint32_t slot = 0; slot < PROGRAM_SLOTS && !err; slot++)
		err = event_peek(s, slot, &values[slot]);
	return err;
}

static int event_read(struct slots *s, uint32_t slot, uint64_t *value)
{
	struct slots_eventfd *e = (struct slots_eventfd *)s;

	*value = 0;
	return read(e->fd[slot], value, sizeof(*value)) < 0 ? -errno : 0;
}

static int event_write(struct slots *s, uint32_t slot, uint64_t value)
{
	struct slots_eventfd *e = (struct slots_eventfd *)s;

	return write(e->fd[slot], &value, sizeof(value)) < 0 ? -errno : 0;
}

static int event_close(struct slots *s, uint32_t slot)
{
	struct slots_eventfd *e = (struct slots_eventfd *)s;
	int fd = e->fd[slot];

	e->dirty |= 1u << slot;
	e->fd[slot] = -1;
	return close(fd) ? -errno : 0;
}

static int event_open(struct slots *s, uint32_t slot, bool semaphore)
{
	struct slots_eventfd *e = (struct slots_eventfd *)s;

	if (e->fd[slot] >= 0)
		event_close(s, slot);
	e->dirty |= 1u << slot;
	e->fd[slot] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC | (semaphore ? EFD_SEMAPHORE : 0));
	return e->fd[slot] < 0 ? -errno : 0;
}

static int event_dup(struct slots *s, uint32_t from, uint32_t to)
{
	struct slots_eventfd *e = (struct slots_eventfd *)s;
	int fd;

	if (e->fd[from] < 0)
		return -EBADF;
	if (from == to)
		return 0;
	fd = fcntl(e->fd[from], F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (e->fd[to] >= 0)
		event_close(s, to);
	e->dirty |= 1u << to;
	e->fd[to] = fd;
	return 0;
}

static int event_reset(struct slots *s)
{
	struct slots_eventfd *e = (struct slots_eventfd *)s;
	uint64_t value;
	int err;

	for (uint32_t slot = 0; slot < PROGRAM_SLOTS; slot++) {
		if (!(e->dirty >> slot & 1)) {
			event_read(s, slot, &value);
			continue;
		}
		err = event_open(s, slot, false);
		if (err)
			return err;
	}
	e->dirty = 0;
	return 0;
}

static void event_destroy(struct slots *s)
{
	struct slots_eventfd *e = (struct slots_eventfd *)s;

	for (uint32_t slot = 0; slot < PROGRAM_SLOTS; slot++) {
		if (e->fd[slot] >= 0)
			close(e->fd[slot]);
		if (e->info[slot] >= 0)
			close(e->info[slot]);
	}
	if (e->file >= 0)
		close(e->file);
	free(e);
}

static const struct slots_ops event_ops = {
	.fd = event_fd,
	.read = event_read,
	.write = event_write,
	.close = event_close,
	.open = event_open,
	.dup = event_dup,
	.peek = event_peek,
	.peek_all = event_peek_all,
	.reset = event_reset,
	.destroy = event_destroy,
};

int slots_eventfd_create(struct slots **out)
{
	struct slots_eventfd *e = calloc(1, sizeof(*e));
	int err;

	if (!e)
		return -ENOMEM;
	e->slots.ops = &event_ops;
	for (uint32_t slot = 0; slot < PROGRAM_SLOTS; slot++)
		e->fd[slot] = e->info[slot] = -1;
	e->dirty = (1u << PROGRAM_SLOTS) - 1;
	e->file = open("/dev/null", O_RDWR | O_CLOEXEC);
	err = e->file < 0 ? -errno : event_reset(&e->slots);
	if (err) {
		event_destroy(&e->slots);
		return err;
	}
	*out = &e->slots;
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* Where interrupts end: real eventfds, and the counters in memory that stand in for them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fixture.h"

static struct backend *open_real(uint32_t vectors)
{
	struct emu_config cfg;
	struct backend *be;

	emu_config_default(&cfg);
	cfg.msix_vectors = vectors;
	cr_assert_eq(emulator_open(&cfg, &be, NULL), 0, "open");
	return be;
}

static uint64_t counter(int fd)
{
	uint64_t count = 0;

	if (read(fd, &count, sizeof(count)) != sizeof(count))
		return 0;
	return count;
}

/* The next fd number that would be given: tells whether fds leaked. */
static int lowest_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

Test(eventfd, a_fire_can_be_read)
{
	int fd = eventfd(0, EFD_NONBLOCK);
	struct backend *be = open_real(64);

	cr_assert_eq(set_fd(be, MSIX, 0, fd), 0, "enable");
	for (int i = 0; i < 5; i++)
		cr_assert_eq(backend_fire(be, MSIX, 0), 0, "fire");
	cr_assert_eq(counter(fd), 5, "five");
	cr_assert_eq(loopback(be, MSIX, 0), 0, "loopback");
	cr_assert_eq(counter(fd), 1, "one");
	backend_close(be);
	close(fd);
}

Test(eventfd, anything_else_is_refused)
{
	struct backend *be = open_real(64);
	int pipes[2], fd;

	cr_assert_eq(pipe(pipes), 0, "pipe");
	fd = lowest_fd();
	cr_assert_eq(set_fd(be, MSIX, 0, pipes[1]), -EINVAL, "a pipe");
	cr_assert_eq(set_fd(be, INTX, 0, 0), -EINVAL, "stdin");
	cr_assert_eq(set_fd(be, REQ, 0, fd), -EBADF, "a closed fd");
	cr_assert_eq(set_fd(be, REQ, 0, INT32_MAX), -EBADF, "a number no fd has");
	cr_assert_eq(lowest_fd(), fd, "and nothing is left behind");
	backend_close(be);
}

Test(eventfd, the_users_close_is_not_the_end)
{
	int fd = eventfd(0, EFD_NONBLOCK), other = dup(fd);
	struct backend *be = open_real(64);

	cr_assert_eq(set_fd(be, MSIX, 0, fd), 0, "enable");
	close(fd);
	cr_assert_eq(backend_fire(be, MSIX, 0), 0, "fire");
	cr_assert_eq(counter(other), 1, "R65");
	backend_close(be);
	close(other);
}

Test(eventfd, saturation_blocks_nobody, .timeout = 10)
{
	uint64_t nearly = UINT64_MAX - 1;

	for (int flags = 0; flags <= EFD_NONBLOCK; flags += EFD_NONBLOCK) {
		int fd = eventfd(0, flags);
		struct backend *be = open_real(64);

		cr_assert_eq(set_fd(be, MSIX, 0, fd), 0, "enable");
		cr_assert_eq(write(fd, &nearly, sizeof(nearly)), sizeof(nearly), "fill");
		cr_assert_eq(backend_fire(be, MSIX, 0), 0, "fire, flags %#x", flags);
		cr_assert_eq(counter(fd), nearly, "the signal vanished");
		cr_assert_eq(backend_fire(be, MSIX, 0), 0, "fire");
		cr_assert_eq(counter(fd), 1, "and the next did not");
		backend_close(be);
		close(fd);
	}
}

Test(eventfd, no_fd_is_left_after_close)
{
	int fd = eventfd(0, EFD_NONBLOCK), before = lowest_fd();
	struct backend *be = open_real(64);

	for (uint32_t v = 0; v < 64; v++)
		cr_assert_eq(set_fd(be, MSIX, v, fd), 0, "set %u", v);
	cr_assert_eq(set_fd(be, MSIX, 7, -1), 0, "disarm");
	cr_assert_eq(set_fd(be, ERR, 0, fd), 0, "ERR");
	cr_assert_eq(state_of(be).references, 64, "63 vectors and ERR");
	backend_close(be);
	cr_assert_eq(lowest_fd(), before, "R21");
	close(fd);
}

Test(eventfd, two_thousand_and_forty_eight_vectors, .timeout = 60)
{
	struct rlimit limit;
	struct backend *be;
	int32_t *fds;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0, "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0, "setrlimit");
	if (limit.rlim_cur < 5000)
		cr_skip_test("RLIMIT_NOFILE is too low for 4096 eventfds");

	fds = calloc(IRQ_MAX_VECTORS, sizeof(*fds));
	for (uint32_t v = 0; v < IRQ_MAX_VECTORS; v++)
		fds[v] = eventfd(0, EFD_NONBLOCK);
	be = open_real(IRQ_MAX_VECTORS);
	cr_assert_eq(set_fds(be, MSIX, 0, IRQ_MAX_VECTORS, fds), 0, "enable all");
	for (uint32_t v = 0; v < IRQ_MAX_VECTORS; v++)
		cr_assert_eq(backend_fire(be, MSIX, v), 0, "fire %u", v);
	for (uint32_t v = 0; v < IRQ_MAX_VECTORS; v++)
		cr_assert_eq(counter(fds[v]), 1, "vector %u", v);
	cr_assert_eq(state_of(be).sent, IRQ_MAX_VECTORS, "sent");
	backend_close(be);
	for (uint32_t v = 0; v < IRQ_MAX_VECTORS; v++)
		close(fds[v]);
	free(fds);
}

Test(signal_mem, a_context_lives_as_long_as_its_last_reference)
{
	const struct signal_provider *p;
	struct signal_ref *ref;
	struct signal_mem *mem;

	cr_assert_eq(signal_mem_create(4, &mem), 0, "create");
	p = signal_mem_provider(mem);
	cr_assert_eq(signal_mem_open(mem, 1, SIGNAL_MEM_EVENTFD), 0, "open");
	cr_assert_eq(signal_mem_open(mem, 1, SIGNAL_MEM_EVENTFD), -EBUSY, "open twice");
	cr_assert_eq(signal_mem_open(mem, 4, SIGNAL_MEM_EVENTFD), -EINVAL, "no such slot");
	cr_assert_eq(p->get(p, 1, &ref), 0, "get");
	cr_assert_eq(signal_mem_references(mem, 1), 1, "held");
	cr_assert_eq(signal_mem_close(mem, 1), 0, "close");
	cr_assert_eq(signal_mem_close(mem, 1), -EBADF, "close twice");
	cr_assert_eq(signal_mem_total_references(mem), 1, "still held");
	p->signal(ref);
	p->put(ref);
	cr_assert_eq(signal_mem_total_references(mem), 0, "gone");
	signal_mem_destroy(mem);
}

Test(signal_mem, lookup_tells_closed_from_other)
{
	const struct signal_provider *p;
	struct signal_ref *ref;
	struct signal_mem *mem;

	cr_assert_eq(signal_mem_create(4, &mem), 0, "create");
	p = signal_mem_provider(mem);
	cr_assert_eq(signal_mem_open(mem, 2, SIGNAL_MEM_OTHER), 0, "open");
	cr_assert_eq(p->get(p, 0, &ref), -EBADF, "closed");
	cr_assert_eq(p->get(p, 4, &ref), -EBADF, "beyond");
	cr_assert_eq(p->get(p, -1, &ref), -EBADF, "negative");
	cr_assert_eq(p->get(p, 2, &ref), -EINVAL, "other");
	cr_assert_eq(signal_mem_write(mem, 2, 1), -EINVAL, "write of other");
	cr_assert_eq(signal_mem_write(mem, 0, 1), -EBADF, "write of closed");
	signal_mem_destroy(mem);
}

Test(signal_mem, counters_saturate_as_an_eventfd_does)
{
	const struct signal_provider *p;
	struct signal_ref *ref;
	struct signal_mem *mem;

	cr_assert_eq(signal_mem_create(1, &mem), 0, "create");
	p = signal_mem_provider(mem);
	cr_assert_eq(signal_mem_open(mem, 0, SIGNAL_MEM_EVENTFD), 0, "open");
	cr_assert_eq(p->get(p, 0, &ref), 0, "get");
	cr_assert_eq(signal_mem_write(mem, 0, UINT64_MAX), -EINVAL, "R67");
	cr_assert_eq(signal_mem_write(mem, 0, UINT64_MAX - 2), 0, "write");
	cr_assert_eq(signal_mem_write(mem, 0, 2), -EAGAIN, "one too many");
	cr_assert_eq(signal_mem_write(mem, 0, 1), 0, "to the user's limit");
	p->signal(ref);
	cr_assert_eq(signal_mem_peek(mem, 0), UINT64_MAX, "to the kernel's");
	p->signal(ref);
	cr_assert_eq(signal_mem_read(mem, 0), UINT64_MAX, "and no further");
	cr_assert_eq(signal_mem_read(mem, 0), 0, "a read empties it");
	p->put(ref);
	signal_mem_destroy(mem);
}

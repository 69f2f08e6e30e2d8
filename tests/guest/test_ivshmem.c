/* SPDX-License-Identifier: MIT */
/* The ivshmem server, seen from QEMU's end of the socket. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/ivshmem.h"

/* One message; *@fd is what rode with it or -1. False: nothing there now. */
static bool receive(int sock, int64_t *value, int *fd)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {.iov_base = value, .iov_len = sizeof(*value)};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(sock, &msg, MSG_DONTWAIT);
	struct cmsghdr *c;

	*fd = -1;
	if (n < 0) {
		cr_assert_eq(errno, EAGAIN);
		return false;
	}
	cr_assert_eq(n, (ssize_t)sizeof(*value));
	c = CMSG_FIRSTHDR(&msg);
	if (c)
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return true;
}

static void expect(int sock, int64_t want, bool want_fd, int *fd)
{
	int64_t value;

	cr_assert(receive(sock, &value, fd), "a message is missing");
	cr_assert_eq(value, want, "%lld, not %lld", (long long)value, (long long)want);
	cr_assert_eq(*fd >= 0, want_fd);
}

Test(ivshmem, the_whole_conversation)
{
	struct ivshmem_server s;
	struct stat st;
	int64_t value;
	int peer, fd;

	cr_assert_eq(ivshmem_open(&s, 3, &peer), 0);
	cr_assert_eq(ivshmem_pump(&s), 0);
	expect(peer, 0, false, &fd);
	expect(peer, 0, false, &fd);
	expect(peer, -1, true, &fd);
	cr_assert_eq(fstat(fd, &st), 0);
	cr_assert_eq(st.st_size, IVSHMEM_MEMORY);
	close(fd);
	for (unsigned int v = 0; v < 3; v++) {
		eventfd_t n = 0;

		expect(peer, 0, true, &fd);
		/* The host can ring it too: it is the same eventfd. */
		cr_assert_eq(eventfd_write(s.eventfds[v], v + 1), 0);
		cr_assert_eq(eventfd_read(fd, &n), 0);
		cr_assert_eq(n, v + 1);
		close(fd);
	}
	cr_assert(!receive(peer, &value, &fd), "nothing follows");
	cr_assert_eq(ivshmem_pump(&s), 0, "done stays done");
	ivshmem_close(&s);
	close(peer);
}

Test(ivshmem, a_slow_peer_gets_every_vector)
{
	struct ivshmem_server s;
	unsigned int got = 0, waits = 0;
	int peer, err;

	cr_assert_eq(ivshmem_raise_limit(IVSHMEM_VECTORS_MAX), 0);
	cr_assert_eq(ivshmem_open(&s, IVSHMEM_VECTORS_MAX, &peer), 0);
	/* A small buffer and a reader of a few messages at a time: the server has to wait often. */
	setsockopt(s.fd, SOL_SOCKET, SO_SNDBUF, &(int){4096}, sizeof(int));
	do {
		int64_t value;
		int fd;

		err = ivshmem_pump(&s);
		cr_assert(!err || err == -EAGAIN || err == -ETOOMANYREFS, "%s", strerror(-err));
		waits += err != 0;
		for (int i = 0; i < 5 && receive(peer, &value, &fd); i++) {
			got++;
			if (fd >= 0)
				close(fd);
		}
	} while (err || got < IVSHMEM_VECTORS_MAX + 3);
	cr_assert_gt(waits, 0);
	cr_assert_eq(got, IVSHMEM_VECTORS_MAX + 3);
	ivshmem_close(&s);
	close(peer);
}

Test(ivshmem, a_peer_that_leaves)
{
	struct ivshmem_server s;
	int peer;

	cr_assert_eq(ivshmem_open(&s, 4, &peer), 0);
	close(peer);
	cr_assert_eq(ivshmem_pump(&s), -EPIPE, "and no SIGPIPE");
	ivshmem_close(&s);
}

Test(ivshmem, bad_numbers_and_few_files)
{
	struct rlimit few = {64, 64};
	struct ivshmem_server s;
	int peer;

	cr_assert_eq(ivshmem_open(&s, 0, &peer), -EINVAL);
	cr_assert_eq(ivshmem_open(&s, IVSHMEM_VECTORS_MAX + 1, &peer), -EINVAL);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	cr_assert_eq(ivshmem_raise_limit(1024), -EMFILE);
	cr_assert_eq(ivshmem_open(&s, 1024, &peer), -EMFILE);
}

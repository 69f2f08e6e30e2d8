/* SPDX-License-Identifier: MIT */
/*
 * signal_eventfd: triggers that are real eventfds. A reference is a duplicate of the caller's fd,
 * which keeps the eventfd alive after the caller closed his (R65).
 *
 * Where a process cannot do what the kernel does: the counter stops at 2^64-2, one below the
 * kernel's own signal (R67), and a reference costs a file descriptor (-EMFILE).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emulator/signal.h"

#define EVENTFD_LINK "anon_inode:[eventfd]"

struct signal_ref {
	int fd;
	bool blocking;
};

/* 0, -EINVAL when @fd is something else, -errno when /proc cannot tell. */
static int check_eventfd(int fd)
{
	char path[32], link[sizeof(EVENTFD_LINK) + 1];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, link, sizeof(link));
	if (len < 0)
		return -errno;
	if ((size_t)len != strlen(EVENTFD_LINK) || memcmp(link, EVENTFD_LINK, (size_t)len))
		return -EINVAL;
	return 0;
}

static int eventfd_get(const struct signal_provider *p, int32_t fd, struct signal_ref **out)
{
	struct signal_ref *ref;
	int flags, err;

	(void)p;
	ref = malloc(sizeof(*ref));
	if (!ref)
		return -ENOMEM;

	/* Duplicated first: what is checked is what is kept, whatever the caller does to @fd. */
	ref->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (ref->fd < 0) {
		err = -errno;
		goto err_free;
	}
	err = check_eventfd(ref->fd);
	if (err)
		goto err_close;
	flags = fcntl(ref->fd, F_GETFL);
	if (flags < 0) {
		err = -errno;
		goto err_close;
	}

	ref->blocking = !(flags & O_NONBLOCK);
	*out = ref;
	return 0;

err_close:
	close(ref->fd);
err_free:
	free(ref);
	return err;
}

/* A blocking eventfd at saturation would hold up the device; the kernel's signal never does. */
static bool saturated(const struct signal_ref *ref)
{
	struct pollfd pfd = {.fd = ref->fd, .events = POLLOUT};

	return poll(&pfd, 1, 0) != 1 || !(pfd.revents & POLLOUT);
}

static void eventfd_signal(struct signal_ref *ref)
{
	const uint64_t one = 1;
	ssize_t ret;

	if (ref->blocking && saturated(ref))
		return;
	/* EAGAIN is the only failure left, and means saturated: the signal vanishes (R59). */
	ret = write(ref->fd, &one, sizeof(one));
	(void)ret;
}

static void eventfd_put(struct signal_ref *ref)
{
	close(ref->fd);
	free(ref);
}

const struct signal_provider signal_eventfd = {
	.get = eventfd_get,
	.signal = eventfd_signal,
	.put = eventfd_put,
};

/* SPDX-License-Identifier: MIT */
#include "guest/ivshmem.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest/send_fd.h"

#define PEER_ID  0
#define GREETING 3 /* messages before the vectors */

/* What QEMU and we hold open beside the eventfds. */
#define OTHER_FILES 128

int ivshmem_open(struct ivshmem_server *s, unsigned int vectors, int *peer)
{
	int pair[2], err;

	memset(s, 0, sizeof(*s));
	s->fd = s->memory = -1;
	if (!vectors || vectors > IVSHMEM_VECTORS_MAX)
		return -EINVAL;
	s->eventfds = calloc(vectors, sizeof(*s->eventfds));
	if (!s->eventfds)
		return -ENOMEM;
	for (; s->vectors < vectors; s->vectors++) {
		s->eventfds[s->vectors] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (s->eventfds[s->vectors] < 0)
			goto fail;
	}
	s->memory = memfd_create("irqstorm-ivshmem", MFD_CLOEXEC);
	if (s->memory < 0 || ftruncate(s->memory, IVSHMEM_MEMORY))
		goto fail;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		goto fail;
	s->fd = pair[0];
	*peer = pair[1];
	return 0;
fail:
	err = -errno;
	ivshmem_close(s);
	return err;
}

static int send_message(int sock, int64_t value, int fd)
{
	int64_t wire = (int64_t)htole64((uint64_t)value);
	ssize_t n = send_with_fd(sock, &wire, sizeof(wire), fd);

	if (n < 0)
		return (int)n;
	/* Eight bytes are one buffer of a Unix stream: they go whole or not at all. */
	return n == (ssize_t)sizeof(wire) ? 0 : -EPROTO;
}

int ivshmem_pump(struct ivshmem_server *s)
{
	while (s->sent < GREETING + s->vectors) {
		int err;

		switch (s->sent) {
		case 0: /* protocol version */
			err = send_message(s->fd, 0, -1);
			break;
		case 1:
			err = send_message(s->fd, PEER_ID, -1);
			break;
		case 2:
			err = send_message(s->fd, -1, s->memory);
			break;
		default:
			err = send_message(s->fd, PEER_ID, s->eventfds[s->sent - GREETING]);
		}
		if (err)
			return err;
		s->sent++;
	}
	return 0;
}

void ivshmem_close(struct ivshmem_server *s)
{
	for (unsigned int i = 0; i < s->vectors; i++)
		close(s->eventfds[i]);
	free(s->eventfds);
	if (s->memory >= 0)
		close(s->memory);
	if (s->fd >= 0)
		close(s->fd);
	memset(s, 0, sizeof(*s));
	s->fd = s->memory = -1;
}

int ivshmem_raise_limit(unsigned int extra)
{
	struct rlimit lim;
	rlim_t want = (rlim_t)extra + OTHER_FILES;

	if (getrlimit(RLIMIT_NOFILE, &lim))
		return -errno;
	if (lim.rlim_cur >= want)
		return 0;
	if (lim.rlim_max < want)
		return -EMFILE;
	lim.rlim_cur = want;
	return setrlimit(RLIMIT_NOFILE, &lim) ? -errno : 0;
}

/* SPDX-License-Identifier: MIT */
#include "guest/session_peer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "guest/send_fd.h"

ssize_t packet_receive(int fd, uint8_t *buf, size_t size, int *rides)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = buf, .iov_len = size};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control.space,
			   .msg_controllen = sizeof(control.space)};
	struct cmsghdr *c;
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*rides = -1;
	/* Whoever went away had not read all: told once; what he wrote before is still to come. */
	if (n < 0 && errno == ECONNRESET)
		n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -errno;
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
		    c->cmsg_len == CMSG_LEN(sizeof(int)))
			memcpy(rides, CMSG_DATA(c), sizeof(int));
	}
	return n;
}

static int send_packet(int fd, const void *data, size_t len, int rides)
{
	ssize_t n = send_with_fd(fd, data, len, rides);

	return n < 0 ? (int)n : 0;
}

int packet_send(int fd, uint8_t *seq, uint8_t type, const void *data, size_t len, int rides)
{
	uint8_t out[FRAME_SIZE_MAX];

	return send_packet(fd, out, frame_encode(out, type, (*seq)++, data, len), rides);
}

bool packet_frame(const uint8_t *buf, size_t len, struct frame *f)
{
	static const size_t head = 6;

	if (len < FRAME_OVERHEAD || len != FRAME_OVERHEAD + (size_t)buf[4] + ((size_t)buf[5] << 8))
		return false;
	*f = (struct frame){.type = buf[2], .data = buf + head, .len = len - FRAME_OVERHEAD};
	return true;
}

void peer_init(struct peer *p, int fd)
{
	*p = (struct peer){.fd = fd, .request = -1};
}

void peer_close(struct peer *p)
{
	if (p->fd >= 0)
		close(p->fd);
	if (p->request >= 0)
		close(p->request);
	bytes_free(&p->out);
	peer_init(p, -1);
}

size_t peer_waiting(const struct peer *p)
{
	return p->out.len - p->sent;
}

void peer_flush(struct peer *p)
{
	while (p->fd >= 0 && peer_waiting(p)) {
		uint32_t len = get_le32(p->out.data + p->sent);
		int err = send_packet(p->fd, p->out.data + p->sent + 4, len, -1);

		if (err == -EAGAIN || err == -EINTR || err == -ENOBUFS)
			return;
		if (err) {
			peer_close(p);
			return;
		}
		p->sent += 4 + len;
	}
	p->out.len = p->sent = 0;
}

void peer_send(struct peer *p, uint8_t type, const void *data, size_t len, int fd)
{
	uint8_t out[4 + FRAME_SIZE_MAX];
	size_t size;
	int err = -EAGAIN;

	if (p->fd < 0)
		return;
	size = frame_encode(out + 4, type, p->seq++, data, len);
	if (!peer_waiting(p))
		err = send_packet(p->fd, out + 4, size, fd);
	if (!err)
		return;
	put_le32(out, (uint32_t)size);
	if ((err != -EAGAIN && err != -ENOBUFS) || fd >= 0 || bytes_append(&p->out, out, 4 + size))
		peer_close(p);
}

void peer_send_all(struct peer *p, uint8_t type, const void *data, size_t len)
{
	for (size_t at = 0; at < len; at += FRAME_PAYLOAD_MAX)
		peer_send(p, type, (const uint8_t *)data + at,
			  len - at < FRAME_PAYLOAD_MAX ? len - at : FRAME_PAYLOAD_MAX, -1);
}

bool peer_receive(struct peer *p, struct frame *f, uint8_t *buf, int *fd)
{
	ssize_t n = packet_receive(p->fd, buf, FRAME_SIZE_MAX, fd);

	if (n == -EAGAIN || n == -EINTR)
		return false;
	if (n > 0 && packet_frame(buf, (size_t)n, f))
		return true;
	if (*fd >= 0)
		close(*fd);
	peer_close(p);
	return false;
}

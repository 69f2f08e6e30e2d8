/* SPDX-License-Identifier: MIT */
/*
 * ivshmem: the server side of QEMU's ivshmem-doorbell device, for a single peer that rings its own
 * doorbell. Protocol 0: little-endian int64 messages on a Unix stream, some with a file descriptor:
 * version 0; the peer's id; -1 with the shared memory; then the id with one eventfd per vector.
 * Nothing follows, but the connection stays open as long as the device is wanted.
 */
#ifndef IRQSTORM_GUEST_IVSHMEM_H
#define IRQSTORM_GUEST_IVSHMEM_H

#include <stdbool.h>

#define IVSHMEM_VECTORS_MAX 2048
#define IVSHMEM_MEMORY      (1U << 20)

struct ivshmem_server {
	int fd;     /* our end, non-blocking */
	int memory; /* memfd */
	int *eventfds;
	unsigned int vectors;
	unsigned int sent; /* messages, of vectors + 3 */
};

/* 0, with QEMU's end of the connection in *@peer; or -errno, nothing left open. */
int ivshmem_open(struct ivshmem_server *s, unsigned int vectors, int *peer);

/*
 * Send what fits. 0: all is sent; -EAGAIN: go on when .fd is writable; -ETOOMANYREFS: too many
 * descriptors are on their way, go on a moment later; other -errno: the peer is gone.
 */
int ivshmem_pump(struct ivshmem_server *s);

void ivshmem_close(struct ivshmem_server *s);

/* Raise the soft limit of open files so that @extra more fit. 0 or -EMFILE. */
int ivshmem_raise_limit(unsigned int extra);

#endif

/* SPDX-License-Identifier: MIT */
/* send_fd: bytes over a Unix socket, and a descriptor that rides along. Does not wait. */
#ifndef IRQSTORM_GUEST_SEND_FD_H
#define IRQSTORM_GUEST_SEND_FD_H

#include <stddef.h>
#include <sys/types.h>

/* @fd -1: none. How many bytes went, or -errno; -EAGAIN: there is no room. */
ssize_t send_with_fd(int sock, const void *data, size_t len, int fd);

#endif

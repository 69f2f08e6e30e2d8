/* SPDX-License-Identifier: MIT */
/*
 * session_peer: the connection of a session's keeper to one of its callers: frames, one a packet,
 * kept while the caller does not take them. Nothing here blocks. Part of the keeper: one thread.
 */
#ifndef IRQSTORM_GUEST_SESSION_PEER_H
#define IRQSTORM_GUEST_SESSION_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "guest/bytes.h"
#include "guest/frame.h"

/* More than that waits for the caller: nothing more is taken from the guest. */
#define PEER_BACKLOG (1u << 20)

struct peer {
	int fd;          /* a SOCK_SEQPACKET; -1: gone */
	int request;     /* its command (initramfs_request()), -1: none yet */
	uint64_t ticket; /* its place in the queue */
	uint8_t seq;
	struct bytes out; /* u32 length and packet, again and again */
	size_t sent;      /* of .out */
};

void peer_init(struct peer *p, int fd);
void peer_close(struct peer *p);

/* @fd rides along unless it is -1; then nothing may be waiting. */
void peer_send(struct peer *p, uint8_t type, const void *data, size_t len, int fd);
/* In frames of a frame's size. */
void peer_send_all(struct peer *p, uint8_t type, const void *data, size_t len);
/* What waits, as far as the caller takes it. */
void peer_flush(struct peer *p);
size_t peer_waiting(const struct peer *p);

/* The frame at @p, with its data in @buf (FRAME_SIZE_MAX); closes @p when the caller has gone. */
bool peer_receive(struct peer *p, struct frame *f, uint8_t *buf, int *fd);

/* One packet from @fd, with a descriptor in *@rides or -1. Its length, 0 at the end, or -errno. */
ssize_t packet_receive(int fd, uint8_t *buf, size_t size, int *rides);
/* 0 or -errno. */
int packet_send(int fd, uint8_t *seq, uint8_t type, const void *data, size_t len, int rides);
/* The frame in a packet. */
bool packet_frame(const uint8_t *buf, size_t len, struct frame *f);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * machine: QEMU as it runs: its process, its two serial lines, what it says, and the servers of its
 * ivshmem devices. Who owns a machine polls its descriptors; what comes out of them is his. It dies
 * with the process that started it.
 */
#ifndef IRQSTORM_GUEST_MACHINE_H
#define IRQSTORM_GUEST_MACHINE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "guest/bytes.h"
#include "guest/guest.h"
#include "guest/ivshmem.h"

enum machine_slot {
	MACHINE_PID,
	MACHINE_CHANNEL,
	MACHINE_CONSOLE,
	MACHINE_ERR,
	MACHINE_DEVICES,
	MACHINE_SLOTS = MACHINE_DEVICES + DEVICES_MAX,
};

struct machine {
	const struct devices *devices;
	struct ivshmem_server servers[DEVICES_MAX];
	int server_state[DEVICES_MAX]; /* what ivshmem_pump() said last */
	int channel, console, err_fd;  /* our ends; -1 once they ended */
	int pidfd;
	pid_t pid;
	int last;    /* the memory that survives (last.h): taken by who wants to keep it */
	int mailbox; /* of a session's guest (mailbox.h), else -1 */
	uint64_t start;
	struct bytes err; /* what QEMU said */
};

/* Nothing runs yet; machine_end() is safe. */
void machine_init(struct machine *m);

/* Boot @c. 0, or -errno with @e; end in any case. */
int machine_start(struct machine *m, const struct guest_config *c, struct errmsg *e);

/* Fill MACHINE_SLOTS entries; returns how many. */
nfds_t machine_poll(const struct machine *m, struct pollfd *p);
/* At most @ms, less where a server waits for its turn. */
int machine_poll_time(const struct machine *m, int ms);
/* What is the machine's own business of what poll() told: servers, and QEMU's messages. */
void machine_serve(struct machine *m, const struct pollfd *p);

/* Returns the bytes read, 0 at the end of the stream (then closed), -EAGAIN for nothing now. */
ssize_t machine_take(int *fd, uint8_t *buf, size_t size);

/* Kill it if it runs. *@status is of waitpid(). What is in the serial lines can still be taken. */
void machine_kill(struct machine *m, int *status);
/* Close everything. */
void machine_end(struct machine *m);

#endif

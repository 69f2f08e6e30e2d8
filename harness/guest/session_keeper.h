/* SPDX-License-Identifier: MIT */
/*
 * session_keeper: the process that owns a session's guest. It boots it, passes one caller's command
 * in after the other and what comes out back, watches the kernel's log all the time, and ends with
 * its guest: when told to, when idle for long, when its folder is gone, when the kernel reports a
 * problem, and when the guest cannot be put back as it was. QEMU dies with it.
 */
#ifndef IRQSTORM_GUEST_SESSION_KEEPER_H
#define IRQSTORM_GUEST_SESSION_KEEPER_H

#include "guest/bytes.h"
#include "guest/guest.h"

struct keeper_config {
	const struct guest_config *guest; /* of the session's guest */
	const struct bytes *about;        /* what callers are told of it */
	const char *dir;                  /* absolute */
	int dir_fd, listen;
	uint64_t idle_ns;
};

/* In a process of its own, with nothing open but what is here. Does not return. */
_Noreturn void keeper_run(const struct keeper_config *c);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * sigstop: SIGINT and SIGTERM as a question that the main thread asks, not as an interruption.
 * Block them before any thread starts; a run then sleeps in sigstop_wait_until() and ends cleanly
 * when it returns a signal.
 */
#ifndef IRQSTORM_SUPPORT_SIGSTOP_H
#define IRQSTORM_SUPPORT_SIGSTOP_H

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

#include "support/clock.h"

static inline void sigstop_block(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, set, NULL);
}

/* For as long as something may wait that only a signal ends, such as the end of stdin. */
static inline void sigstop_allow(const sigset_t *set)
{
	pthread_sigmask(SIG_UNBLOCK, set, NULL);
}

/* 0 when @deadline came, or the signal that did. */
static inline int sigstop_wait_until(const sigset_t *set, uint64_t deadline)
{
	for (;;) {
		uint64_t now = clock_ns();
		uint64_t left = deadline > now ? deadline - now : 0;
		struct timespec ts = {
			.tv_sec = (time_t)(left / NSEC_PER_SEC),
			.tv_nsec = (long)(left % NSEC_PER_SEC),
		};
		int sig = sigtimedwait(set, NULL, &ts);

		if (sig > 0)
			return sig;
		if (errno != EINTR)
			return 0;
	}
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * run: one command of a guest as the host sees it, whoever owns the guest: what the guest says
 * becomes our output, files and a result; our signals go in. Part of guest.c and session.c.
 */
#ifndef IRQSTORM_GUEST_RUN_H
#define IRQSTORM_GUEST_RUN_H

#include "guest/frame.h"
#include "guest/guest.h"
#include "guest/incoming.h"
#include "guest/silence.h"
#include "support/progress.h"

#define RUN_SILENCE_BOOT (60 * NSEC_PER_SEC) /* no console output and no frame while booting */
#define RUN_SILENCE      (30 * NSEC_PER_SEC) /* no frame from a guest that sends one a second */

struct run {
	const struct guest_config *c;
	struct guest_result *r;
	struct frame_decoder dec;
	int channel; /* to the guest, or to the keeper of its session; -1 once it ended */
	uint8_t seq;
	bool session;  /* the last word of the command is the last that comes */
	bool stopping; /* a signal was passed on already */
	bool over;
	uint64_t start, life, exit_at;
	struct silence silence;
	struct incoming incoming;
	struct progress progress; /* of the boot, and of a subcommand that says nothing */
	struct errmsg why;        /* a session's: over before the command had its turn */
	bool failed;              /* and so would be another one */
};

void run_init(struct run *run, const struct guest_config *c, struct guest_result *r);

/* Take what is there on .channel. False: nothing. */
bool run_channel(struct run *run);
/* What waits at the signalfd of .c. */
void run_signal(struct run *run);
void run_finish(struct run *run, enum guest_end end);
/* Say what is waited for, if it is time to. */
void run_show(struct run *run);
/*
 * Ends a run that is over its time, or that nothing is heard of: for @silence_run ns once it is
 * ready, without what its QEMU, @pid, waited for a CPU; 0 where QEMU is another's.
 */
void run_check_time(struct run *run, uint64_t silence_run, pid_t pid);

#endif

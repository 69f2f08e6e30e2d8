/* SPDX-License-Identifier: MIT */
/*
 * init_run: one command inside the guest: starts it, passes on what it prints and the signals that
 * the host sends, and delivers its files. Part of the guest's init: one thread.
 */
#ifndef IRQSTORM_GUEST_INIT_RUN_H
#define IRQSTORM_GUEST_INIT_RUN_H

#include <stdbool.h>
#include <sys/types.h>

#include "guest/bytes.h"
#include "guest/frame.h"
#include "guest/init_files.h"
#include "support/errmsg.h"

struct init {
	struct bytes cmd; /* the command file */
	struct frame_decoder dec;
	struct link link;
	struct outgoing files;
	int out, err; /* the subcommand's, -1 at their end */
	int handover; /* our end of its line to us (support/handover.h) */
	int sigfd, timer;
	pid_t child;
	bool reaped;
	int status;    /* of waitpid() */
	int code, sig; /* how the last command ended */
};

/* Run the command of .cmd to its end: .code and .sig. 0, or -errno with @e when none was started.
 */
int init_run(struct init *in, struct errmsg *e);

/* The last word of a command. */
void init_exit(struct init *in);

/* A line for the user's stderr. */
void init_log(struct init *in, const char *text);

/* What waits at .sigfd and .timer. */
void init_reap(struct init *in);
void init_beat(struct init *in);

#endif

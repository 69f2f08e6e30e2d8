/* SPDX-License-Identifier: MIT */
/*
 * guest_session: irqstorm guest --session: the subcommand runs in a guest that stays. A finding is
 * repeated in a fresh guest before the verdict is told.
 */
#ifndef IRQSTORM_CLI_GUEST_SESSION_H
#define IRQSTORM_CLI_GUEST_SESSION_H

#include "cli/guest_setup.h"

/* The exit code, or -errno with @e. */
int guest_session(struct guest_options *o, const struct guest_job *job, int sigfd,
		  struct errmsg *e);

/* --end: the same. */
int guest_session_end(const struct guest_options *o, int sigfd, struct errmsg *e);

#endif

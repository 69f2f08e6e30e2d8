/* SPDX-License-Identifier: MIT */
/*
 * init_session: a guest that stays: takes one command after the other out of the mailbox, runs it,
 * and leaves the guest as it was: no process, file or open device of the command stays, and what it
 * changed in the kernel is put back or told (init_state.h). Part of the guest's init: one thread.
 */
#ifndef IRQSTORM_GUEST_INIT_SESSION_H
#define IRQSTORM_GUEST_INIT_SESSION_H

#include "guest/init_run.h"

struct session;

/* Note down what the guest is like before the first command. 0, or -errno with @e. Never freed. */
int init_session_prepare(struct init *in, struct session **s, struct errmsg *e);

/* Serves until the host ends the guest. */
_Noreturn void init_session(struct session *s);

#endif

/* SPDX-License-Identifier: MIT */
/* run: one step as a child process, and what its end and its result make of it. */
#ifndef IRQSTORM_NIGHTLY_RUN_H
#define IRQSTORM_NIGHTLY_RUN_H

#include <signal.h>

#include "gate/launch.h"
#include "nightly/doc.h"

/*
 * Runs @step of the night in @folder and sets state, why, exit_code, seconds, findings and figures;
 * its folder is cleared before unless it goes on with what is there. 0; a signal: it came, and a
 * step that found nothing is pending again; -errno with @e when it could not be started.
 */
int run_step(const char *root, const char *folder, json_t *step, const sigset_t *signals,
	     const struct launch_tick *tick, struct errmsg *e);

#endif

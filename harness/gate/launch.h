/* SPDX-License-Identifier: MIT */
/*
 * launch: one child from its start to its end: its output in a file, a limit to its time, and a
 * signal to us passed on to it, once; what it still delivers then counts.
 */
#ifndef IRQSTORM_GATE_LAUNCH_H
#define IRQSTORM_GATE_LAUNCH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "campaign/child.h"

struct launch_end {
	int code;        /* exit code, or 128 + the signal that ended it */
	bool timed_out;  /* and was killed */
	bool stopped;    /* a signal to us came meanwhile */
	int stop_signal; /* this one; 0: none */
	uint64_t ns;
	char why[400]; /* the most telling line of what it printed */
};

/* What is called about once a second while a child runs: to say what is waited for. */
struct launch_tick {
	void (*show)(void *data);
	void *data;
};

/*
 * @signals (blocked in the caller, with SIGCHLD among them) end the wait. @log is written anew; it
 * gets stdout and stderr. 0, or -errno when it could not be started.
 */
int launch(const struct words *argv, const char *log, uint64_t timeout_ns, const sigset_t *signals,
	   const struct launch_tick *tick, struct launch_end *end);

/*
 * The same; after @limit_ns (0: none) the child is told to end, and has the rest of its time for
 * that: the exit code of an irqstorm that was stopped so is 0. @tick: NULL, or told of time.
 */
int launch_for(const struct words *argv, const char *log, uint64_t limit_ns, uint64_t timeout_ns,
	       const sigset_t *signals, const struct launch_tick *tick, struct launch_end *end);

/*
 * The first line of what @binary --version prints. 0 when it is an irqstorm; -ENOEXEC when it is
 * something else, or -errno when it cannot be started.
 */
int launch_version(const char *binary, char *version, size_t size);

/* What a kernel or a sanitizer says before all else, in the output of a child: its line, or "". */
void launch_why(const char *log, char *why, size_t size);

#endif
